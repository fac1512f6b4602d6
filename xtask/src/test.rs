//! `cargo xtask test`: every test of the workspace.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;

use crate::process::{cargo, exit_code, status};

/// Runs the tests that `filter` names, or all; passes the exit code of `cargo test` on.
///
/// Always the whole workspace: `-p` would unify features differently and build much of it anew.
pub(crate) fn run(root: &Path, filter: &[String]) -> Result<ExitCode> {
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
