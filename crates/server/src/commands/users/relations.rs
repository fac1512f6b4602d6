//! `magistrala-users users relations`: the platform is told again what every account is.

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use users_domain::Users;
use users_domain::model::Caller;

use crate::commands::UNFINISHED;
use crate::commands::output::complain;
use crate::lifecycle::{Shutdown, listen_for_signals};

/// Accounts queued in one step.
const BATCH: u32 = 1000;

/// Queues every account. The relay of the running service writes what each is.
pub(super) async fn run(users: &Users) -> Result<ExitCode> {
    if !users.relations.are_kept() {
        bail!("there is nowhere to write relations to: set MG_USERS_POLICIES=spicedb");
    }
    let shutdown = Shutdown::new();
    let _signals = listen_for_signals(&shutdown).context("cannot listen for signals")?;
    let (mut queued, mut after) = (0, None);
    loop {
        let page = users
            .relations
            .queue(&Caller::Operator, after, BATCH)
            .await?;
        queued += page.accounts;
        after = page.next;
        if after.is_none() || shutdown.is_requested() {
            break;
        }
    }
    complain(format_args!(
        "queued the relations of {queued} accounts; the running service writes them, or its next start"
    ));
    if after.is_some() {
        complain(format_args!("the others are not queued: run it again"));
        return Ok(ExitCode::from(UNFINISHED));
    }
    Ok(ExitCode::SUCCESS)
}
