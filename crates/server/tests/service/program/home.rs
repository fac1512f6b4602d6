//! Where the service of a test lives: its folder, its store, its settings.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use users_test_postgres::{Database, Server};

use super::finished::run_command;
use super::{ADMIN_PASSWORD, Ear, Finished, LISTENING, MAIL_FOLDER, Program, bare, binary};

/// Makes of each function two tests, `sqlite::name` and `postgres::name`. What is not named here is
/// never called, which the compiler complains of.
macro_rules! on_each_store {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[test]
                fn $name() {
                    super::$name(&crate::program::Home::with_sqlite());
                }
            )+
        }

        mod postgres {
            $(
                #[test]
                fn $name() {
                    super::$name(&crate::program::Home::with_postgres());
                }
            )+
        }
    };
}
pub(crate) use on_each_store;

/// A folder and a store of one's own. Both go with this value: let it outlive its services.
pub(crate) struct Home {
    folder: tempfile::TempDir,
    store: Store,
    /// The port of what stands before Postgres, if anything does.
    before_postgres: Option<u16>,
}

enum Store {
    /// A file in the folder; the service is started with `dev`.
    Sqlite,
    /// The same, the service is started with `serve`.
    ServedSqlite,
    /// A database on the server of this process; the service is started with `serve`.
    Postgres(Box<Database>),
}

impl Home {
    pub(crate) fn with_sqlite() -> Self {
        Self::with(Store::Sqlite)
    }

    /// SQLite as a small installation has it in production.
    pub(crate) fn with_served_sqlite() -> Self {
        Self::with(Store::ServedSqlite)
    }

    /// # Panics
    ///
    /// There is no Postgres on this machine; the text says what to install.
    pub(crate) fn with_postgres() -> Self {
        Self::on(Server::shared())
    }

    /// With a database on this server.
    pub(crate) fn on(server: &Server) -> Self {
        Self::with(Store::Postgres(Box::new(server.create_database())))
    }

    /// The same, whose service reaches Postgres through this port of this machine.
    pub(crate) fn through(self, port: u16) -> Self {
        Self {
            before_postgres: Some(port),
            ..self
        }
    }

    /// The database, where there is one.
    pub(crate) fn database(&self) -> &Database {
        match &self.store {
            Store::Postgres(database) => database,
            Store::Sqlite | Store::ServedSqlite => panic!("this home is on SQLite"),
        }
    }

    fn with(store: Store) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            folder,
            store,
            before_postgres: None,
        }
    }

    /// A place for what a test itself writes.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the service keeps whatever is no row: its key and its mails.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// Starts the service on a free port. It runs until the end of the test at the latest.
    pub(crate) fn start(&self) -> Program {
        self.start_with(&[])
    }

    /// The same with further settings.
    pub(crate) fn start_with(&self, settings: &[(&str, &str)]) -> Program {
        self.start_by(binary, settings, LISTENING)
    }

    /// Starts the service while its store is away: it says that it waits.
    pub(crate) fn start_waiting(&self) -> Program {
        self.start_by(binary, &[], "waiting for the store")
    }

    /// The same, which may have so many files open, connections among them.
    pub(crate) fn start_with_files(&self, files: usize) -> Program {
        let command = || {
            let program = binary();
            let mut command = Command::new("sh");
            command
                .args(["-c", &format!("ulimit -n {files} && exec \"$0\" \"$@\"")])
                .arg(program.get_program());
            bare(command)
        };
        self.start_by(command, &[], LISTENING)
    }

    fn start_by(
        &self,
        command: impl Fn() -> Command,
        settings: &[(&str, &str)],
        last_line: &str,
    ) -> Program {
        let data = self.data();
        let admin = [("MG_USERS_ADMIN_PASSWORD", ADMIN_PASSWORD)];
        let settings = [&admin, settings].concat();
        if matches!(self.store, Store::Sqlite) {
            return Program::dev_by(command(), Ear::Open, &data, &settings);
        }
        fs::create_dir_all(&data).unwrap();
        let command = || {
            let mut command = command();
            command
                .envs(settings.iter().copied())
                .envs(self.serve_settings());
            command
        };
        Program::serve_by(command, &data, last_line)
    }

    /// Another of the same kind.
    pub(crate) fn another(&self) -> Self {
        match &self.store {
            Store::Sqlite => Self::with_sqlite(),
            Store::ServedSqlite => Self::with_served_sqlite(),
            Store::Postgres(_) => Self::with_postgres(),
        }
    }

    /// Runs a command on this store to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        run_command(self.command(arguments))
    }

    /// A command on this store.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let (subject, rest) = arguments.split_first().expect("a command has a name");
        let mut command = binary();
        command.arg(subject);
        if matches!(self.store, Store::Sqlite) {
            command.arg("--data").arg(self.data());
        } else {
            command.envs(self.serve_settings());
        }
        command.args(rest);
        command
    }

    /// All that the store holds, as text, each piece with its name: the database's files, or the
    /// rows of its tables.
    pub(crate) fn stored(&self) -> Vec<(String, String)> {
        match &self.store {
            Store::Sqlite | Store::ServedSqlite => fs::read_dir(self.data())
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .filter(|path| {
                    path.file_name()
                        .is_some_and(|name| name.to_string_lossy().starts_with("users.sqlite"))
                })
                .map(|path| {
                    let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                    (path.display().to_string(), text)
                })
                .collect(),
            Store::Postgres(database) => {
                let tables = database.query(
                    "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables \
                     WHERE table_type = 'BASE TABLE' \
                       AND table_schema NOT IN ('information_schema', 'pg_catalog')",
                );
                let tables = tables.into_iter().flatten().flatten();
                tables
                    .map(|table| {
                        let rows = database.query(&format!("SELECT t::text FROM {table} AS t"));
                        let rows: Vec<_> = rows.into_iter().flatten().flatten().collect();
                        (table, rows.join("\n"))
                    })
                    .collect()
            }
        }
    }

    /// What `serve`, and commands without `--data`, need to find this home.
    fn serve_settings(&self) -> Vec<(&'static str, OsString)> {
        let data = self.data();
        let mut settings: Vec<(_, OsString)> = vec![
            ("MG_USERS_AUTH", "embedded".into()),
            ("MG_USERS_AUTH_KEY_PATH", data.join("auth-key.pem").into()),
            // Every test would want the same port.
            ("MG_USERS_GRPC_PORT", "off".into()),
            ("MG_USERS_MAIL", "file".into()),
            ("MG_USERS_MAIL_DIR", data.join(MAIL_FOLDER).into()),
        ];
        match &self.store {
            Store::Sqlite | Store::ServedSqlite => settings.extend([
                ("MG_USERS_STORE", "sqlite".into()),
                ("MG_USERS_SQLITE_PATH", data.join("users.sqlite").into()),
            ]),
            Store::Postgres(database) => {
                let connection = database.connection();
                let port = self.before_postgres.unwrap_or(connection.port);
                settings.extend([
                    ("MG_USERS_STORE", "postgres".into()),
                    ("MG_USERS_DB_HOST", connection.host.clone().into()),
                    ("MG_USERS_DB_PORT", port.to_string().into()),
                    ("MG_USERS_DB_USER", connection.user.clone().into()),
                    ("MG_USERS_DB_NAME", connection.database.clone().into()),
                    ("MG_USERS_DB_SSL_MODE", "disable".into()),
                ]);
                // Servers that the tests start ask for none, and take any.
                if let Some(password) = &connection.password {
                    settings.push(("MG_USERS_DB_PASS", password.into()));
                }
            }
        }
        settings
    }
}
