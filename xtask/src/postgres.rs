//! The Postgres server that tests share: one that a person named, or one that lasts as long as the
//! run. A missing Postgres is a failure that says what to do; no test passes itself over.

use std::path::Path;

use anyhow::{Context, Result};
use users_test_postgres::{Binaries, ROLE, Server, ServerOptions};

use crate::debian::{NoCluster, install, on_path, stop_service};

/// Names the server, to us and to the tests.
pub(crate) const URL_VARIABLE: &str = "MG_TEST_POSTGRES_URL";
/// Names the folder of the programs, to us and to the tests.
pub(crate) const FOLDER_VARIABLE: &str = "MG_TEST_POSTGRES_BIN";

/// A server for tests. One that was started here ends with this value, and with this process however
/// that ends.
pub(crate) struct Postgres {
    url: String,
    _server: Option<Server>,
}

impl Postgres {
    /// The server that `MG_TEST_POSTGRES_URL` names; else one of this machine's programs, which are
    /// installed where they are missing and the system is Debian.
    pub(crate) fn find_or_start() -> Result<Self> {
        find_or_install_pgbouncer()?;
        if let Some(url) = variable(URL_VARIABLE) {
            return Ok(Self { url, _server: None });
        }
        Ok(Self::start(&find_or_install()?))
    }

    /// A throw-away server of these programs.
    pub(crate) fn start(binaries: &Binaries) -> Self {
        let server = Server::start(binaries, &ServerOptions::default());
        let mut connection = server.superuser().clone();
        // What is tested must not need a superuser.
        connection.execute(&format!("ALTER ROLE {ROLE} CREATEDB"));
        ROLE.clone_into(&mut connection.user);
        println!(
            "the tests have a Postgres {} at port {}",
            binaries.major_version(),
            server.port()
        );
        Self {
            url: connection.url(),
            _server: Some(server),
        }
    }

    /// How the tests reach it.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "which Postgres the tests use is no setting of the service"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The programs of this machine, which are installed where they are missing and the system is Debian.
pub(crate) fn find_or_install() -> Result<Binaries> {
    let found = Binaries::find();
    // Who names a folder wants that one.
    if found.is_ok() || variable(FOLDER_VARIABLE).is_some() {
        return Ok(found?);
    }
    println!("there is no Postgres; installing it, without a database cluster");
    let guard = NoCluster::for_now();
    install(&["postgresql"]).with_context(|| {
        format!(
            "the tests need Postgres: install it, or name the folder of initdb and postgres in \
             {FOLDER_VARIABLE}, or a server in {URL_VARIABLE}"
        )
    })?;
    drop(guard);
    Ok(Binaries::find()?)
}

fn find_or_install_pgbouncer() -> Result<()> {
    // Debian keeps it where not every `PATH` leads.
    let is_there = || on_path("pgbouncer").is_some() || Path::new("/usr/sbin/pgbouncer").is_file();
    if is_there() {
        return Ok(());
    }
    println!("there is no PgBouncer; installing it");
    install(&["pgbouncer"])?;
    stop_service("pgbouncer")
}
