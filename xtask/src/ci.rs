//! `cargo xtask ci`: what continuous integration runs, run here.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use crate::process::{exit_code, program, status};

/// Runs `.ci/run` and passes its exit code on.
pub(crate) fn run(root: &Path) -> Result<ExitCode> {
    Ok(exit_code(status(&mut program("./.ci/run", root))?))
}
