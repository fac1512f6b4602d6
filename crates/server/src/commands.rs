//! What each command does, and how it ends: exit code 0 if it did, 1 if it could not, 2 if the
//! settings are wrong. Where 1 says something else, of an import, 2 says both.

mod banner;
mod config;
mod dev;
mod doctor;
mod health;
mod migrate;
mod openapi;
mod output;
mod serve;
mod users;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use tokio::runtime::Runtime;

use crate::cli::{Cli, Command};
use crate::config::{Config, ProcessEnvironment};

use output::{Output, complain};

/// The settings are wrong.
const USAGE: u8 = 2;
/// A transfer of accounts did not come to its end: 1 says that it did, but for some accounts.
const UNFINISHED: u8 = 2;

/// What is said of [`Config::is_default_admin_password`].
const DOCUMENTED_PASSWORD: &str = "MG_USERS_ADMIN_PASSWORD is the documented default, which \
     everybody knows: set another, and change the password of an administrator that was made with \
     it";

/// Does what the command line says, with the settings of this process's environment.
pub fn run(cli: &Cli) -> ExitCode {
    let command = cli.selected();
    let config = match Config::load(cli.profile(), &ProcessEnvironment, &cli.command_line()) {
        Ok(config) => config,
        Err(problems) => {
            complain(format_args!("{problems}"));
            return ExitCode::from(USAGE);
        }
    };
    // Settings that cannot run may be shown and examined all the same.
    let must_run = match command {
        Command::Dev(_) | Command::Serve | Command::Users(_) => true,
        // The schema needs the store alone, which every version has.
        Command::Migrate(_)
        | Command::Doctor(_)
        | Command::Config(_)
        | Command::Health(_)
        | Command::Openapi => false,
    };
    if let (true, Err(problems)) = (must_run, config.check_supported()) {
        complain(format_args!("{problems}"));
        return ExitCode::from(USAGE);
    }
    // A service tells its log, and `doctor` has a line for them.
    if matches!(
        command,
        Command::Migrate(_) | Command::Users(_) | Command::Config(_)
    ) {
        for notice in config.notices() {
            complain(format_args!("warning: {notice}"));
        }
    }
    let failure = match &command {
        Command::Users(arguments) if arguments.command.is_bulk() => ExitCode::from(UNFINISHED),
        _ => ExitCode::FAILURE,
    };
    let outcome = match command {
        Command::Dev(_) => dev::run(config),
        Command::Serve => serve::run(config),
        Command::Migrate(arguments) => migrate::run(&config, &arguments, &mut Output::lock()),
        Command::Doctor(_) => doctor::run(&config, &mut Output::lock()),
        Command::Config(_) => config::run(&config, &mut Output::lock()),
        Command::Users(arguments) => users::run(&config, &arguments.command, &mut Output::lock()),
        Command::Health(arguments) => health::run(&config, &arguments, &mut Output::lock()),
        Command::Openapi => openapi::run(&mut Output::lock()),
    };
    outcome.unwrap_or_else(|error| {
        complain(format_args!("error: {}", with_causes(&error)));
        failure
    })
}

/// Where a command waits for what is elsewhere.
fn runtime() -> Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).enable_all().build();
    runtime.context("cannot start the runtime")
}

/// An error and its causes, leaving out a cause that the text before tells already.
fn with_causes(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |told, cause| {
        let cause = cause.to_string();
        if told.is_empty() {
            cause
        } else if told.contains(&cause) {
            told
        } else {
            format!("{told}: {cause}")
        }
    })
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let error = anyhow!("no such file").context("cannot read x: no such file");
        assert_eq!(with_causes(&error), "cannot read x: no such file");
        let error = anyhow!("refused").context("cannot connect");
        assert_eq!(with_causes(&error), "cannot connect: refused");
    }
}
