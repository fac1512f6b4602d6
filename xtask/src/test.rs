//! `cargo xtask test`: every test of the workspace.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;

use crate::debian::{install, on_path};
use crate::process::{cargo, exit_code, status};

/// What the README's commands are pasted into, and what they run; Debian's packages have the same
/// names.
const PROGRAMS: [&str; 2] = ["bash", "curl"];

/// Runs the tests that `filter` names, or all; passes the exit code of `cargo test` on.
///
/// Always the whole workspace: `-p` would unify features differently and build much of it anew.
pub(crate) fn run(root: &Path, filter: &[String]) -> Result<ExitCode> {
    find_or_install_programs()?;
    let started = Instant::now();
    let mut command = cargo(root, &["test", "--workspace", "--no-fail-fast"]);
    if !filter.is_empty() {
        command.arg("--").args(filter);
    }
    let status = status(&mut command)?;
    let outcome = if status.success() { "passed" } else { "FAILED" };
    println!(
        "tests {outcome} in {:.0} s",
        started.elapsed().as_secs_f64()
    );
    Ok(exit_code(status))
}

fn find_or_install_programs() -> Result<()> {
    let missing: Vec<&str> = PROGRAMS
        .into_iter()
        .filter(|name| on_path(name).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!(
        "the tests need {}, which is not there; installing it",
        missing.join(" and ")
    );
    install(&missing)
}
