//! Measures the stores for `cargo xtask bench store`, which says on standard input what to do: a program
//! of its own, so that it is built with the same optimisations as the service.

#![expect(clippy::print_stderr, reason = "a program tells why it failed")]

use std::io;
use std::process::ExitCode;

use anyhow::{Context, Result};
use tracing_subscriber::filter::LevelFilter;
use xtask::store_bench::{self, Job};

fn main() -> ExitCode {
    // What a store says of its troubles stands nowhere else.
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::WARN)
        .with_writer(io::stderr)
        .init();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let job: Job = serde_json::from_reader(io::stdin()).context("no job on standard input")?;
    store_bench::run(&job)
}
