//! Stores of every size, filled by the program's own import.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use users_domain::ports::UserStore;
use users_postgres::{PostgresSettings, PostgresStore};
use users_sqlite::{SqliteOptions, SqliteStore};
use users_system::SystemClock;
use users_test_postgres::{Binaries, Database, Server, ServerOptions};

use crate::accounts::Accounts;
use crate::transfer::{Place, Program, Transferred};

use super::Technology;

/// Taken in once more, into the store as it is in use then; at small sizes a tenth of what is there.
const LIVE: u64 = 20_000;

/// What a server of ours is told beside what it does by default. Its disk is waited for.
const SETTINGS: [(&str, &str); 4] = [
    ("shared_buffers", "512MB"),
    ("max_wal_size", "4GB"),
    ("fsync", "on"),
    ("autovacuum", "on"),
];

/// So slow a statement is measured all the same.
const PATIENCE: Duration = Duration::from_mins(2);

/// Where the stores are.
pub(super) struct Filling {
    folder: TempDir,
    server: Option<PostgresServer>,
}

enum PostgresServer {
    Ours(Box<Server>),
    /// Of whoever named it.
    Foreign(&'static Server),
}

impl PostgresServer {
    fn get(&self) -> &Server {
        match self {
            Self::Ours(server) => server,
            Self::Foreign(server) => server,
        }
    }
}

/// A store with accounts.
pub(super) struct Filled {
    pub(super) technology: Technology,
    pub(super) accounts: Accounts,
    /// Numbers from here on are free.
    pub(super) there: u64,
    home: Home,
}

enum Home {
    File(PathBuf),
    Database(Box<Database>),
}

/// An open store.
pub(super) struct Store {
    pub(super) users: Arc<dyn UserStore>,
    /// The same, where it can say how its statements are carried out.
    pub(super) sqlite: Option<SqliteStore>,
}

/// What was measured while a store was filled.
pub(super) struct Transfers {
    pub(super) technology: Technology,
    pub(super) size: u64,
    /// Into the empty store.
    pub(super) import: Transferred,
    /// Into the store with all its indexes.
    pub(super) live: Transferred,
    pub(super) export: Transferred,
    /// Disk that an account takes, indexes and all.
    pub(super) bytes_per_account: u64,
}

impl Filling {
    pub(super) fn prepare(technologies: &[Technology], foreign_server: bool) -> Result<Self> {
        let server = match technologies.contains(&Technology::Postgres) {
            false => None,
            true if foreign_server => Some(PostgresServer::Foreign(Server::shared())),
            true => {
                let options = ServerOptions {
                    durable: true,
                    ..ServerOptions::default()
                };
                let options = SETTINGS
                    .iter()
                    .fold(options, |options, (name, value)| options.with(name, value));
                let server = Server::start(&Binaries::find()?, &options);
                Some(PostgresServer::Ours(Box::new(server)))
            }
        };
        Ok(Self {
            folder: tempfile::tempdir()?,
            server,
        })
    }

    /// The server, if it was started here: then its log may be read and its settings changed.
    pub(super) fn own_server(&self) -> Option<&Server> {
        match &self.server {
            Some(PostgresServer::Ours(server)) => Some(server),
            _ => None,
        }
    }

    /// The server and its settings, for people.
    pub(super) fn described(&self) -> Option<String> {
        let server = self.server.as_ref()?.get();
        let shown = |name: &str| {
            let rows = server.query(&format!("SHOW {name}"));
            rows.into_iter()
                .flatten()
                .flatten()
                .next()
                .unwrap_or_default()
        };
        let settings = SETTINGS.map(|(name, _)| format!("{name} = {}", shown(name)));
        let version = shown("server_version");
        // Debian says here who built it.
        let version = version.split(' ').next().unwrap_or_default();
        Some(format!("Postgres {version} with {}", settings.join(", ")))
    }

    /// Makes a store and fills it, measuring how long that takes; then takes in some more, and gives
    /// all of it out.
    pub(super) fn fill(
        &self,
        program: &Program<'_>,
        technology: Technology,
        accounts: Accounts,
    ) -> Result<(Filled, Transfers)> {
        let home = match (technology, &self.server) {
            (Technology::Sqlite, _) => {
                Home::File(self.folder.path().join(accounts.count().to_string()))
            }
            (Technology::Postgres, server) => {
                let server = server.as_ref().context("no server was started")?;
                Home::Database(Box::new(server.get().create_database()))
            }
        };
        let count = accounts.count();
        let there = count + LIVE.min(count / 10);
        let filled = Filled {
            technology,
            accounts,
            there,
            home,
        };
        let place = filled.place();
        program.migrate(&place)?;
        let import = program.import(&place, accounts, 0..count)?;
        let live = program.import(&place, accounts, count..there)?;
        let export = program.export(&place)?;
        anyhow::ensure!(
            export.accounts == there,
            "{} accounts came out of {there}",
            export.accounts
        );
        filled.settle();
        let transfers = Transfers {
            technology,
            size: count,
            import,
            live,
            export,
            bytes_per_account: filled.bytes()? / there,
        };
        Ok((filled, transfers))
    }
}

impl Filled {
    fn place(&self) -> Place {
        match &self.home {
            Home::File(folder) => Place::Data(folder.clone()),
            Home::Database(database) => Place::Postgres(database.connection().plain()),
        }
    }

    /// The database, where it is one.
    pub(super) fn database(&self) -> Option<&Database> {
        match &self.home {
            Home::File(_) => None,
            Home::Database(database) => Some(database),
        }
    }

    /// Opens the store; `name` is by what a server knows its sessions.
    pub(super) fn open(&self, runtime: &Runtime, name: Option<&str>) -> Result<Store> {
        let clock = Arc::new(SystemClock);
        match &self.home {
            Home::File(folder) => {
                let file = folder.join(users_sqlite::FILE_NAME);
                let store = SqliteStore::open(&file, clock, SqliteOptions::default())?;
                Ok(Store {
                    users: Arc::new(store.clone()),
                    sqlite: Some(store),
                })
            }
            Home::Database(database) => {
                let connection = database.connection().plain();
                let mut settings = PostgresSettings::new(
                    connection.host,
                    connection.port,
                    connection.user,
                    SecretString::from(connection.password.unwrap_or_default()),
                    connection.database,
                );
                settings.statement_timeout = PATIENCE;
                if let Some(name) = name {
                    name.clone_into(&mut settings.application_name);
                }
                // Its connections live on the runtime in which it is made.
                let _entered = runtime.enter();
                let store = PostgresStore::new(settings, clock)?;
                Ok(Store {
                    users: Arc::new(store),
                    sqlite: None,
                })
            }
        }
    }

    /// Does what Postgres does by itself within a minute after much was written, so that all
    /// measurements find the same. After many accounts an import does it already.
    fn settle(&self) {
        if let Home::Database(database) = &self.home {
            database.execute("VACUUM (ANALYZE) users");
        }
    }

    fn bytes(&self) -> Result<u64> {
        match &self.home {
            Home::File(folder) => {
                let mut bytes = 0;
                // The log belongs to it.
                for entry in std::fs::read_dir(folder)? {
                    bytes += entry?.metadata()?.len();
                }
                Ok(bytes)
            }
            Home::Database(database) => {
                let rows = database.query("SELECT pg_database_size(current_database())");
                let size = rows.into_iter().flatten().flatten().next();
                Ok(size.context("the database has no size")?.parse()?)
            }
        }
    }
}
