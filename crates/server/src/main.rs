//! The binary: reads the command line, does what it says, ends with its exit code.

use std::process::ExitCode;

use clap::Parser as _;
use magistrala_users::cli::Cli;
use magistrala_users::commands;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    commands::run(&Cli::parse())
}
