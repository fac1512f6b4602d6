//! A service on a database of its own, with accounts that have logged in.

use std::path::Path;

use anyhow::{Result, ensure};
use serde_json::json;
use tempfile::TempDir;
use users_test_postgres::{Connection, Database};

use crate::http1::Request;
use crate::running_service::{RunningService, wanted_text};

use super::Verification;
use super::rounds::Case;

/// Accounts whose profiles are read, each with a token of its own.
const ACCOUNTS: usize = 16;
const PASSWORD: &str = "secret-12345";

/// What the service logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Log {
    /// A line for each request, as by default.
    Info,
    /// Nothing while all goes well.
    Error,
}

/// A running service.
pub(super) struct Service {
    running: RunningService,
    accounts: Vec<String>,
    reads: Vec<Request>,
    database: Database,
    _folder: TempDir,
}

impl Service {
    /// Starts it with the settings by which it finds the platform, and tries every token once.
    pub(super) fn start(
        binary: &Path,
        database: Database,
        platform: &[(String, String)],
        verification: Verification,
        log: Log,
    ) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let platform = platform
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let mut settings = settings(platform, verification);
        settings.push(("MG_ALLOW_UNVERIFIED_USER", "true"));
        settings.push((
            "MG_USERS_LOG_LEVEL",
            match log {
                Log::Info => "info",
                Log::Error => "error",
            },
        ));
        let connection = database.connection().plain();
        let running = RunningService::serve(binary, folder.path(), &connection, &settings)?;
        let mut service = Self {
            running,
            accounts: Vec::new(),
            reads: Vec::new(),
            database,
            _folder: folder,
        };
        for number in 0..ACCOUNTS {
            service.add_account(number)?;
        }
        Ok(service)
    }

    fn add_account(&mut self, number: usize) -> Result<()> {
        let email = format!("bench-{number}@example.com");
        let account = json!({
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": email,
            "credentials": { "username": format!("bench-{number}"), "secret": PASSWORD },
        });
        let login = json!({ "identity": email, "secret": PASSWORD });
        let mut connection = self.running.connect()?;
        let mut post = |path: &str, body, member: &str| {
            let request = Request::new("POST", path, None, Some(body));
            wanted_text(&connection.send(&request)?, 201, member)
        };
        let id = post("/users", &account, "id")?;
        let token = post("/users/tokens/issue", &login, "access_token")?;
        let read = Request::new("GET", "/users/profile", Some(&token), None);
        let whose = wanted_text(&connection.send(&read)?, 200, "id")?;
        ensure!(whose == id, "the profile of {id} is that of {whose}");
        self.accounts.push(id);
        self.reads.push(read);
        Ok(())
    }

    /// Reads of profiles, by all accounts in turn.
    pub(super) fn reads(&self, name: &'static str) -> Case<'_> {
        Case {
            name,
            service: &self.running,
            requests: self.reads.clone(),
        }
    }

    /// The least that can be asked over HTTP.
    pub(super) fn liveness(&self, name: &'static str) -> Case<'_> {
        Case {
            name,
            service: &self.running,
            requests: vec![Request::new("GET", "/livez", None, None)],
        }
    }

    /// Ids of the accounts that are there.
    pub(super) fn accounts(&self) -> &[String] {
        &self.accounts
    }

    /// Where they are.
    pub(super) fn database(&self) -> Connection {
        self.database.connection().plain()
    }
}

/// The settings for one way to verify tokens.
fn settings<'a>(
    platform: impl Iterator<Item = (&'a str, &'a str)>,
    verification: Verification,
) -> Vec<(&'a str, &'a str)> {
    let is_about_keys = |name: &str| matches!(name, "MG_AUTH_KEYS_ALGORITHM" | "MG_AUTH_JWKS_URL");
    let (auth, mut settings): (_, Vec<_>) = match verification {
        Verification::Embedded => ("embedded", Vec::new()),
        Verification::Grpc => (
            "grpc",
            platform.filter(|(name, _)| !is_about_keys(name)).collect(),
        ),
        Verification::Jwks => ("grpc", platform.collect()),
    };
    settings.push(("MG_USERS_AUTH", auth));
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_verifies_by_keys_is_told_of_keys() {
        let platform = [
            ("MG_AUTH_GRPC_URL", "127.0.0.1:1"),
            ("MG_AUTH_KEYS_ALGORITHM", "EdDSA"),
            ("MG_AUTH_JWKS_URL", "http://127.0.0.1:2/keys"),
        ];
        let names = |verification| -> Vec<_> {
            let settings = settings(platform.into_iter(), verification);
            settings.into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(names(Verification::Embedded), ["MG_USERS_AUTH"]);
        assert_eq!(
            names(Verification::Grpc),
            ["MG_AUTH_GRPC_URL", "MG_USERS_AUTH"]
        );
        assert_eq!(
            names(Verification::Jwks),
            [
                "MG_AUTH_GRPC_URL",
                "MG_AUTH_KEYS_ALGORITHM",
                "MG_AUTH_JWKS_URL",
                "MG_USERS_AUTH"
            ]
        );
    }
}
