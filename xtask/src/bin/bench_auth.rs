//! What runs beside the service for `cargo xtask bench http --auth`, which says on standard input what
//! to do: a program of its own, so that it is built with the same optimisations as the service.

#![expect(clippy::print_stderr, reason = "a program tells why it failed")]

use std::io;
use std::process::ExitCode;

use tracing_subscriber::filter::LevelFilter;

fn main() -> ExitCode {
    // What adapters say of their troubles stands nowhere else.
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::WARN)
        .with_writer(io::stderr)
        .init();
    match xtask::auth_bench::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
