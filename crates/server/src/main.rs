//! The binary: reads the command line, does what it says, ends with its exit code.

use std::process::ExitCode;

use clap::Parser as _;
use magistrala_users::cli::Cli;
use magistrala_users::commands;

fn main() -> ExitCode {
    commands::run(&Cli::parse())
}
