//! `magistrala-users migrate`: the store's schema.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use time::format_description::well_known::Rfc3339;

use crate::cli::MigrateArguments;
use crate::config::Config;
use crate::wiring;

/// Brings the schema up to date, or says where it is, or what that would do.
pub(super) fn run(
    config: &Config,
    arguments: &MigrateArguments,
    out: &mut dyn Write,
) -> Result<ExitCode> {
    let runtime = super::runtime()?;
    if arguments.list {
        for migration in runtime.block_on(wiring::store::migrations(config))? {
            let state = match migration.applied_at {
                Some(at) => format!("applied {}", at.format(&Rfc3339)?),
                None => "pending".to_owned(),
            };
            writeln!(out, "{:<24} {state}", migration.name)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let (steps, what) = if arguments.dry_run {
        (
            runtime.block_on(wiring::store::dry_run(config))?,
            "would apply",
        )
    } else {
        (runtime.block_on(wiring::store::migrate(config))?, "applied")
    };
    for step in &steps {
        writeln!(out, "{what} {step}")?;
    }
    if steps.is_empty() {
        writeln!(out, "the schema is up to date")?;
    }
    Ok(ExitCode::SUCCESS)
}
