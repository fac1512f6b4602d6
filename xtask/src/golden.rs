//! `cargo xtask golden`: what was recorded of the deployed service, held against ours.
//!
//! A record and our answer go through the same `describe` function, which leaves of them what must
//! be equal; [`comparison`] compares the descriptions and knows the list of [`differences`] that
//! are meant.
//!
//! Tokens come from the service as a user starts it. Events are told to a broker, which that
//! service has not: an example of the HTTP crate replays their requests on fakes.

mod account;
mod answers;
mod calls;
mod comparison;
mod databases;
mod differences;
mod events;
mod jwt;
mod key_documents;
mod records;
mod signing_key;
mod validation;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::process::build;
use crate::running_service::RunningService;

use comparison::Comparison;
use records::Records;
use signing_key::SigningKey;

/// Replays every record of `folder`; the exit code says whether all fit.
pub(crate) fn run(root: &Path, folder: &Path) -> Result<ExitCode> {
    let records = Records::open(folder)?;
    let [binary] = build(root, ["magistrala-users"], &[])?;
    let data = tempfile::tempdir()?;
    let service = RunningService::start(&binary, data.path())?;

    let mut comparison = Comparison::new(&[
        differences::INTENDED,
        calls::ANSWERS,
        calls::MESSAGES,
        calls::OURS,
        calls::REQUESTS,
    ]);
    let session = answers::replay(&records, &service, &mut comparison)?;
    let verifying_key = key_documents::replay(&records, &service, &session, &mut comparison)?;
    answers::signatures(&records, &session, &verifying_key, &mut comparison)?;
    let signing_key = SigningKey::read(&service.data().join("auth-key.pem"))?;
    validation::replay(&records, &service, &session, &signing_key, &mut comparison)?;
    events::replay(root, &records, &mut comparison)?;
    databases::replay(&records, &binary, &mut comparison)?;
    calls::replay(root, &records, &mut comparison)?;
    Ok(comparison.finish())
}

/// Takes over the databases of this repository, which were written from what is documented of the
/// deployed service; fails where anything is not as it should be.
pub(crate) fn take_over(root: &Path) -> Result<()> {
    let records = Records::with(&root.join("xtask/takeover"), &["database"])?;
    let [binary] = build(root, ["magistrala-users"], &[])?;
    let mut comparison = Comparison::new(&[]);
    databases::replay(&records, &binary, &mut comparison)?;
    if comparison.finish() != ExitCode::SUCCESS {
        bail!("a database was not taken over as it should be");
    }
    Ok(())
}
