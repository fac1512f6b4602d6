//! Databases of tests: fresh ones, and copies of one that was filled once.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::connection::{Connection, Rows};
use crate::leftovers::{self, LASTING};
use crate::server::Server;

/// How the names of databases begin on servers that end with us.
const PASSING: &str = "users_test_";

/// Dropping must not hold up a test whose server is frozen.
const DROP_LIMIT: Duration = Duration::from_secs(10);

/// A database of its own, dropped with this value, together with the sessions in it.
#[derive(Debug)]
pub struct Database {
    superuser: Connection,
    connection: Connection,
}

/// A database that was filled once, to be copied with [`Server::create_database_from`].
#[derive(Debug)]
pub struct Template {
    database: Database,
}

impl Server {
    /// Makes an empty database with a unique name, owned by [`Server::role`].
    #[track_caller]
    pub fn create_database(&self) -> Database {
        self.create("TEMPLATE template0")
    }

    /// Makes a copy of a database that was filled once.
    #[track_caller]
    pub fn create_database_from(&self, template: &Template) -> Database {
        self.create(&format!("TEMPLATE {}", template.database.name()))
    }

    /// Makes a database with further clauses of `CREATE DATABASE`: an encoding, a collation
    /// (`TEMPLATE template0 LC_COLLATE 'en_US.utf8'`), a limit of connections.
    #[track_caller]
    pub fn create_database_with(&self, clauses: &str) -> Database {
        self.create(clauses)
    }

    #[track_caller]
    fn create(&self, clauses: &str) -> Database {
        let name = unique_name(if self.is_ours() { PASSING } else { LASTING });
        let role = self.role();
        self.execute(&format!("CREATE DATABASE {name} OWNER {role} {clauses}"));
        let superuser = self.superuser().clone();
        Database {
            connection: superuser.to_database(&name).as_user(role),
            superuser,
        }
    }
}

impl Database {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.connection.database
    }

    /// How its owner reaches it.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// How the superuser reaches it.
    pub fn superuser(&self) -> Connection {
        self.superuser.to_database(self.name())
    }

    /// Runs SQL as its owner. See [`Connection::execute`].
    #[track_caller]
    pub fn execute(&self, sql: &str) {
        self.connection.execute(sql);
    }

    /// Runs SQL as its owner. See [`Connection::query`].
    #[track_caller]
    pub fn query(&self, sql: &str) -> Rows {
        self.connection.query(sql)
    }

    /// Loads a dump that `pg_dump --inserts` wrote (`COPY` is not understood).
    ///
    /// # Panics
    ///
    /// Postgres refuses a statement; nothing is loaded then.
    #[track_caller]
    pub fn load(&self, sql_dump: &str) {
        // Newer versions of pg_dump fence their text with commands for psql.
        let statements: String = sql_dump
            .split_inclusive('\n')
            .filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"))
            .collect();
        self.execute(&statements);
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The server may be away, with all its databases; then there is nothing left to drop.
        if let Ok(session) = self.superuser.open() {
            let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name());
            let _ = session.query_within(&statement, DROP_LIMIT);
        }
    }
}

impl Template {
    /// Makes a database and lets `fill` fill it; what `fill` opened there is cut afterwards. Keep
    /// it in a static, so that this is done once a process.
    #[track_caller]
    pub fn new(server: &Server, fill: impl FnOnce(&Database)) -> Self {
        let database = server.create_database();
        fill(&database);
        let name = database.name();
        // A template with sessions in it cannot be copied.
        server.execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
        server.execute(&format!(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{name}'"
        ));
        Self { database }
    }
}

/// A name that no other process draws.
fn unique_name(prefix: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    let process = leftovers::process();
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{prefix}{process}_{number}")
}
