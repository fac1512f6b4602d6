//! Whom servers run as: Postgres and PgBouncer refuse to be root.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// The accounts to try where tests run as root: Debian's package makes the first, the second is
/// everywhere.
const NAMES: [&str; 2] = ["postgres", "nobody"];

/// An account of this system other than our own, or nobody but ourselves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account {
    /// User and group; `None` where we are not root and may stay who we are.
    other: Option<(u32, u32)>,
}

impl Account {
    /// Ourselves, unless we are root.
    pub(crate) fn for_servers() -> Self {
        if !rustix::process::geteuid().is_root() {
            return Self { other: None };
        }
        let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let other = NAMES.iter().find_map(|name| ids(&accounts, name));
        assert!(
            other.is_some(),
            "servers refuse to run as root, and none of the accounts {NAMES:?} is there"
        );
        Self { other }
    }

    /// Lets `command` run as this account.
    pub(crate) fn run_by(self, command: &mut Command) -> &mut Command {
        if let Some((user, group)) = self.other {
            command.uid(user).gid(group);
        }
        command
    }

    /// Gives a file or folder to this account.
    pub(crate) fn give(self, path: &Path) {
        if let Some((user, group)) = self.other {
            std::os::unix::fs::chown(path, Some(user), Some(group))
                .unwrap_or_else(|error| panic!("cannot give away {}: {error}", path.display()));
        }
    }
}

/// The ids of user and group that a text like `/etc/passwd` has for `name`.
fn ids(accounts: &str, name: &str) -> Option<(u32, u32)> {
    accounts.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        match fields[..] {
            [account, _, user, group, ..] if account == name => {
                Some((user.parse().ok()?, group.parse().ok()?))
            }
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accounts_ids_are_read_from_its_line() {
        let accounts =
            "root:x:0:0:root:/root:/bin/bash\nodd line\npostgres:x:101:104:,,,:/:/bin/sh\n";
        assert_eq!(ids(accounts, "postgres"), Some((101, 104)));
        assert_eq!(ids(accounts, "nobody"), None);
    }
}
