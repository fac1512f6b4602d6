//! `magistrala-users openapi`: the HTTP API for programs that make clients and tests.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;

/// Prints the document.
pub(super) fn run(out: &mut dyn Write) -> Result<ExitCode> {
    writeln!(out, "{}", users_http::openapi())?;
    Ok(ExitCode::SUCCESS)
}
