//! The commands and flags, and their help.

mod users;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::{CommandLine, Profile};

pub use users::{
    CreateAdminArguments, ExportArguments, ImportArguments, ListArguments, PurgeArguments,
    SetPasswordArguments, UsersArguments, UsersCommand,
};

/// Keeps the user accounts of the Magistrala platform: register, log in, manage.
///
/// Settings are environment variables; `magistrala-users config` shows them all. Any of them may be
/// given as NAME_FILE=PATH instead, so that secrets stay in files.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "magistrala-users",
    bin_name = "magistrala-users",
    version,
    disable_help_subcommand = true,
    after_long_help = "Examples:
  magistrala-users dev                  try it out, nothing else needed
  magistrala-users                      run as the environment says (the same as `serve`)
  magistrala-users config               see every setting and where it came from"
)]
pub struct Cli {
    /// Read settings from a TOML file of `NAME = value` lines too; the environment overrides it
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// What to do; `serve` if nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the program can do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Run with everything embedded: SQLite, own tokens, reachable from this machine only
    ///
    /// The first start makes the data folder, a signing key and an administrator, and shows his
    /// password once. Ctrl-C stops the service; the data stays.
    #[command(after_long_help = "Examples:
  magistrala-users dev
  magistrala-users dev --data /tmp/users --port 9100")]
    Dev(DevArguments),

    /// Run with the operator's settings (the default)
    ///
    /// A wrong setting stops the start with one line for each problem and exit code 2. SIGTERM and
    /// Ctrl-C let requests in flight finish; a second one ends at once.
    #[command(after_long_help = "Examples:
  magistrala-users serve
  MG_USERS_STORE=sqlite MG_USERS_AUTH=embedded magistrala-users serve
  magistrala-users serve --config /etc/magistrala/users.toml")]
    Serve,

    /// Bring the store's schema up to date, or show where it is
    ///
    /// `serve` and `dev` do this at their start; several at once wait for each other.
    #[command(after_long_help = "Examples:
  magistrala-users migrate
  magistrala-users migrate --list
  magistrala-users migrate --dry-run
  magistrala-users migrate --list --data ./data")]
    Migrate(MigrateArguments),

    /// Check settings, store, platform, signing key and mails, and say how to mend what is wrong
    ///
    /// Changes nothing. The exit code is 0 if all is well, 1 if something is wrong and 2 if the
    /// settings cannot be read.
    #[command(after_long_help = "Examples:
  magistrala-users doctor
  magistrala-users doctor --dev")]
    Doctor(DoctorArguments),

    /// Show every setting with its value and where it came from; secrets stay hidden
    #[command(after_long_help = "Examples:
  magistrala-users config
  magistrala-users config --dev
  magistrala-users config --data /tmp/users")]
    Config(ConfigArguments),

    /// Look after accounts from the command line, whether the service runs or not
    ///
    /// Goes through the same rules as the API. Events and mails that follow are carried out by the
    /// running service, or by the next start.
    #[command(after_long_help = "Examples:
  magistrala-users users --data ./data list
  magistrala-users users --data ./data create-admin --email grace@example.com --username grace
  magistrala-users users --data ./data export users.ndjson
  echo 'a new password' | magistrala-users users --data ./data set-password ada")]
    Users(UsersArguments),

    /// Print the HTTP API as an OpenAPI 3.1 document, as `/openapi.json` shows it
    #[command(after_long_help = "Examples:
  magistrala-users openapi > openapi.json")]
    Openapi,

    /// Ask a running service how it is; for containers without curl
    ///
    /// The exit code is 0 if the service answers that it is well, otherwise 1.
    #[command(after_long_help = "Examples:
  magistrala-users health
  magistrala-users health --url http://localhost:9100/health")]
    Health(HealthArguments),
}

/// Flags of `dev`.
#[derive(Args, Clone, Debug)]
pub struct DevArguments {
    /// Folder of the database and the signing key, made if it is not there [default: ./data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Port to listen on, 0 for any free one [default: 9002]
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
}

/// Flags that say whose settings are meant; without them those of `serve` are.
#[derive(Args, Clone, Debug)]
pub struct PlaceArguments {
    /// Take the settings of `dev` instead of those of `serve`
    #[arg(long)]
    pub dev: bool,

    /// Take the settings of `dev` with its data in this folder [of --dev alone: ./data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// Flags of `migrate`.
#[derive(Args, Clone, Debug)]
pub struct MigrateArguments {
    /// Only list what is applied and what is pending; write nothing
    #[arg(long)]
    pub list: bool,

    /// Only say what would be done, step by step; write nothing
    #[arg(long, conflicts_with = "list")]
    pub dry_run: bool,

    /// Where.
    #[command(flatten)]
    pub place: PlaceArguments,
}

/// Flags of `doctor`.
#[derive(Args, Clone, Debug)]
pub struct DoctorArguments {
    /// What to examine.
    #[command(flatten)]
    pub place: PlaceArguments,
}

/// Flags of `config`.
#[derive(Args, Clone, Debug)]
pub struct ConfigArguments {
    /// Whose settings to show.
    #[command(flatten)]
    pub place: PlaceArguments,
}

/// Flags of `health`.
#[derive(Args, Clone, Debug)]
pub struct HealthArguments {
    /// Where to ask [default: /health at the host and port of the settings]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
}

impl Cli {
    /// The command that was given, or `serve`.
    pub fn selected(&self) -> Command {
        self.command.clone().unwrap_or(Command::Serve)
    }

    /// The profile whose defaults hold for that command.
    pub fn profile(&self) -> Profile {
        let is_dev = match &self.command {
            Some(Command::Dev(_)) => true,
            _ => self
                .place()
                .is_some_and(|place| place.dev || place.data.is_some()),
        };
        if is_dev { Profile::Dev } else { Profile::Serve }
    }

    fn place(&self) -> Option<&PlaceArguments> {
        match self.command.as_ref()? {
            Command::Migrate(arguments) => Some(&arguments.place),
            Command::Doctor(arguments) => Some(&arguments.place),
            Command::Config(arguments) => Some(&arguments.place),
            Command::Users(arguments) => Some(&arguments.place),
            Command::Dev(_) | Command::Serve | Command::Openapi | Command::Health(_) => None,
        }
    }

    /// What the flags say about settings.
    pub fn command_line(&self) -> CommandLine {
        let (data, port) = match &self.command {
            Some(Command::Dev(arguments)) => (arguments.data.clone(), arguments.port),
            _ => (self.place().and_then(|place| place.data.clone()), None),
        };
        CommandLine {
            config_file: self.config.clone(),
            data,
            port,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::CommandFactory as _;

    use super::*;

    fn parse(arguments: &[&str]) -> Cli {
        Cli::try_parse_from([&["magistrala-users"], arguments].concat()).expect("valid arguments")
    }

    #[test]
    fn the_command_tree_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn without_a_command_it_serves() {
        let cli = parse(&[]);
        assert!(matches!(cli.selected(), Command::Serve));
        assert_eq!(cli.profile(), Profile::Serve);
        assert_eq!(cli.command_line(), CommandLine::default());
    }

    #[test]
    fn dev_hands_its_flags_to_the_settings() {
        let cli = parse(&["dev", "--data", "d", "--port", "0", "--config", "c.toml"]);
        assert_eq!(cli.profile(), Profile::Dev);
        let command_line = cli.command_line();
        assert_eq!(command_line.data.as_deref(), Some(Path::new("d")));
        assert_eq!(command_line.port, Some(0));
        assert_eq!(
            command_line.config_file.as_deref(),
            Some(Path::new("c.toml"))
        );
    }

    #[test]
    fn what_looks_after_a_service_looks_after_either_profile() {
        for command in [
            &["config"][..],
            &["doctor"],
            &["migrate"],
            &["users", "list"],
        ] {
            let with = |flags: &[&str]| parse(&[&command[..1], flags, &command[1..]].concat());
            assert_eq!(with(&[]).profile(), Profile::Serve);
            assert_eq!(with(&["--dev"]).profile(), Profile::Dev);
            let elsewhere = with(&["--data", "d"]);
            assert_eq!(elsewhere.profile(), Profile::Dev);
            assert_eq!(
                elsewhere.command_line().data.as_deref(),
                Some(Path::new("d"))
            );
        }
    }

    #[test]
    fn flags_of_dev_are_refused_elsewhere() {
        for arguments in [["serve", "--data", "d"], ["migrate", "--port", "1"]] {
            assert!(Cli::try_parse_from([&["magistrala-users"][..], &arguments].concat()).is_err());
        }
    }

    #[test]
    fn every_command_and_flag_is_explained() {
        for command in Cli::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            assert!(
                command.get_after_long_help().is_some(),
                "{}",
                command.get_name()
            );
            for argument in command.get_arguments() {
                assert!(
                    argument.get_help().is_some(),
                    "{} {argument}",
                    command.get_name()
                );
            }
        }
    }
}
