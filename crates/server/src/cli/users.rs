//! `users`: what can be done with accounts from the command line.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::PlaceArguments;

/// Flags of `users`.
#[derive(Args, Clone, Debug)]
pub struct UsersArguments {
    /// Where the accounts are.
    #[command(flatten)]
    pub place: PlaceArguments,

    /// What to do with accounts.
    #[command(subcommand)]
    pub command: UsersCommand,
}

/// What can be done with accounts.
#[derive(Clone, Debug, Subcommand)]
pub enum UsersCommand {
    /// Make an administrator; his password is read from standard input, or made up and shown
    CreateAdmin(CreateAdminArguments),

    /// Give an account a new password, read from standard input, or made up and shown
    ///
    /// Every session and token of the account ends.
    SetPassword(SetPasswordArguments),

    /// List accounts, one a line
    List(ListArguments),

    /// Write every account down with all there is to it, its password hash too
    ///
    /// One JSON object a line (NDJSON), in the order of ids: the API's user object with
    /// `password_hash`, `tokens_valid_from` and `sessions_valid_from`. A FILE is readable by its owner
    /// alone, and is there only once it is whole. The exit code is 0 if everything was written, else 2.
    #[command(after_long_help = "Examples:
  magistrala-users users export users.ndjson
  (umask 077; magistrala-users users export | gzip > users.ndjson.gz)
  magistrala-users users --data ./data export --force users.ndjson")]
    Export(ExportArguments),

    /// Take accounts in that `export` or another program wrote down
    ///
    /// One JSON object a line (NDJSON). Nobody who is there is changed: the same id with the same e-mail
    /// address is there already; an id, e-mail address or username that another account has is refused.
    /// So an import that was interrupted is run again. Each record that is refused has a line on
    /// standard error, `line N: field: reason`; the last line counts. The exit code is 0 if every
    /// account is in, 1 if any was refused, 2 if not everything was read or the store was away.
    #[command(after_long_help = "Examples:
  magistrala-users users import --dry-run users.ndjson
  magistrala-users users import users.ndjson
  gunzip -c users.ndjson.gz | magistrala-users users --data ./data import")]
    Import(ImportArguments),

    /// Remove for good what was deleted long enough ago, now instead of when the service looks next
    ///
    /// `MG_USERS_DELETE_AFTER` says how long that is. An account leaves the platform first, and goes
    /// with the event `user.purge`. The exit code is 0 if all who were due are gone, 1 if the store
    /// does not let one go, 2 if not everything was done: the service goes on with the rest.
    #[command(after_long_help = "Examples:
  magistrala-users users purge --dry-run
  magistrala-users users purge --dry-run --json
  magistrala-users users --data ./data purge")]
    Purge(PurgeArguments),

    /// Have the relations of every account written again
    ///
    /// For a policy store that was restored or came later, and for relations that were put aside. Each
    /// account is queued, and the running service, or its next start, writes what it is by then;
    /// what is right already stays. `MG_USERS_POLICIES=spicedb` must be set.
    #[command(after_long_help = "Examples:
  MG_USERS_POLICIES=spicedb magistrala-users users relations")]
    Relations,
}

impl UsersCommand {
    /// Whether it moves or removes accounts in bulk.
    pub fn is_bulk(&self) -> bool {
        matches!(
            self,
            Self::Export(_) | Self::Import(_) | Self::Purge(_) | Self::Relations
        )
    }
}

/// Flags of `users create-admin`.
#[derive(Args, Clone, Debug)]
pub struct CreateAdminArguments {
    /// E-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub email: String,

    /// Username
    #[arg(long, value_name = "NAME")]
    pub username: String,

    /// First name
    #[arg(long, value_name = "NAME", default_value = "super")]
    pub first_name: String,

    /// Last name
    #[arg(long, value_name = "NAME", default_value = "admin")]
    pub last_name: String,

    /// Make a password up and show it, instead of reading one from standard input
    #[arg(long)]
    pub make_up: bool,
}

/// Flags of `users set-password`.
#[derive(Args, Clone, Debug)]
pub struct SetPasswordArguments {
    /// The account: its id, e-mail address or username
    #[arg(value_name = "ACCOUNT")]
    pub account: String,

    /// Make a password up and show it, instead of reading one from standard input
    #[arg(long)]
    pub make_up: bool,
}

/// Flags of `users list`.
#[derive(Args, Clone, Debug)]
pub struct ListArguments {
    /// Only accounts of this state
    #[arg(long, value_name = "STATUS", value_parser = ["enabled", "disabled", "deleted", "all"], default_value = "all")]
    pub status: String,

    /// One JSON object a line, for programs
    #[arg(long)]
    pub json: bool,
}

/// Flags of `users export`.
#[derive(Args, Clone, Debug)]
pub struct ExportArguments {
    /// Where to write; `-` or nothing: standard output
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// Replace FILE if it is there
    #[arg(long)]
    pub force: bool,
}

/// Flags of `users purge`.
#[derive(Args, Clone, Debug)]
pub struct PurgeArguments {
    /// Only list who would go, one a line with the time of the deletion; change nothing
    #[arg(long)]
    pub dry_run: bool,

    /// With --dry-run: one JSON object a line, for programs
    #[arg(long, requires = "dry_run")]
    pub json: bool,
}

/// Flags of `users import`.
#[derive(Args, Clone, Debug)]
pub struct ImportArguments {
    /// What to read; `-` or nothing: standard input
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// Only say what would become of each record; write nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Take values as they are that break today's rules, as long as every store can hold them
    #[arg(long)]
    pub lenient: bool,

    /// Tell the platform of each account as if it had been registered
    #[arg(long)]
    pub events: bool,
}
