//! `magistrala-users migrate`: the store's schema.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use time::format_description::well_known::Rfc3339;

use crate::cli::MigrateArguments;
use crate::config::Config;
use crate::wiring;

/// Brings the schema up to date, or lists where it is.
pub(super) fn run(
    config: &Config,
    arguments: &MigrateArguments,
    out: &mut dyn Write,
) -> Result<ExitCode> {
    let store = &config.store;
    if arguments.list {
        for migration in wiring::store::migrations(store)? {
            let state = match migration.applied_at {
                Some(at) => format!("applied {}", at.format(&Rfc3339)?),
                None => "pending".to_owned(),
            };
            writeln!(out, "{:<24} {state}", migration.name)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let taken = wiring::store::migrate(store)?;
    for name in &taken {
        writeln!(out, "applied {name}")?;
    }
    if taken.is_empty() {
        writeln!(out, "the schema is up to date")?;
    }
    Ok(ExitCode::SUCCESS)
}
