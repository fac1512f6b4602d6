//! What each command does, and how it ends: exit code 0 if it did, 1 if it could not, 2 if the
//! settings are wrong.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what a command prints is its result"
)]

mod banner;
mod config;
mod dev;
mod doctor;
mod health;
mod migrate;
mod serve;

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::config::{Config, ProcessEnvironment};

/// The settings are wrong.
const USAGE: u8 = 2;

/// Does what the command line says, with the settings of this process's environment.
pub fn run(cli: &Cli) -> ExitCode {
    let command = cli.selected();
    let config = match Config::load(cli.profile(), &ProcessEnvironment, &cli.command_line()) {
        Ok(config) => config,
        Err(problems) => {
            eprintln!("{problems}");
            return ExitCode::from(USAGE);
        }
    };
    let starts = matches!(command, Command::Dev(_) | Command::Serve);
    if !starts && !matches!(command, Command::Health(_)) {
        for notice in config.notices() {
            eprintln!("warning: {notice}");
        }
    }
    // Settings that cannot run may be shown and examined all the same.
    let must_run = starts || matches!(command, Command::Migrate(_));
    if let (true, Err(problems)) = (must_run, config.check_supported()) {
        eprintln!("{problems}");
        return ExitCode::from(USAGE);
    }
    let outcome = match command {
        Command::Dev(_) => dev::run(config),
        Command::Serve => serve::run(config),
        Command::Migrate(arguments) => migrate::run(&config, &arguments),
        Command::Doctor => Ok(doctor::run(&config)),
        Command::Config(_) => {
            config::run(&config);
            Ok(ExitCode::SUCCESS)
        }
        Command::Health(arguments) => health::run(&config, &arguments),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
