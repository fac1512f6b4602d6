//! PgBouncer in front of a server, as operators put it there.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::account::Account;
use crate::binaries::{NotFound, on_path};
use crate::certificates::write;
use crate::connection::Connection;
use crate::ports::free_port;
use crate::processes::{Process, within};

/// Where Debian keeps daemons, which is not on everybody's `PATH`.
const FOR_DAEMONS: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

/// It is ready within this on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How many ports are tried.
const PORTS: usize = 5;

/// A running PgBouncer; it ends with this value, or with the test process.
#[derive(Debug)]
pub struct PgBouncer {
    // Dropped before its folder.
    _process: Process,
    _folder: TempDir,
    server: Connection,
    port: u16,
}

impl PgBouncer {
    /// Starts one in transaction mode in front of the server of `connection`, for all of its
    /// databases.
    ///
    /// # Errors
    ///
    /// There is no PgBouncer on this machine; the text says what to install.
    pub fn start(connection: &Connection) -> Result<Self, NotFound> {
        Self::start_with(connection, "transaction", &[])
    }

    /// Starts one in another mode (`session`, `transaction`, `statement`), with further settings of
    /// its `[pgbouncer]` section.
    ///
    /// # Errors
    ///
    /// As [`PgBouncer::start`].
    ///
    /// # Panics
    ///
    /// It does not start; its log is shown.
    pub fn start_with(
        connection: &Connection,
        pool_mode: &str,
        settings: &[(&str, &str)],
    ) -> Result<Self, NotFound> {
        let program = find()?;
        for _ in 1..PORTS {
            let port = free_port();
            // Another process may have been faster with the port.
            if let Ok(running) = Self::launch(&program, connection, port, pool_mode, settings) {
                return Ok(running);
            }
        }
        Self::launch(&program, connection, free_port(), pool_mode, settings)
            .map_err(|log| panic!("PgBouncer did not start; its log:\n{log}"))
    }

    fn launch(
        program: &Path,
        server: &Connection,
        port: u16,
        pool_mode: &str,
        settings: &[(&str, &str)],
    ) -> Result<Self, String> {
        let account = Account::for_servers();
        let folder = tempfile::Builder::new()
            .prefix("users-pgbouncer-")
            .tempdir()
            .expect("the folder for temporary files can be written");
        let home = folder.path();
        account.give(home);
        let mut text = format!(
            "[databases]\n* = host={} port={} user={}{}\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\nadmin_users = {}\npool_mode = {pool_mode}\n",
            server.host,
            server.port,
            server.user,
            server
                .password
                .as_ref()
                .map(|password| format!(" password='{}'", password.replace('\'', "''")))
                .unwrap_or_default(),
            server.user,
        );
        for (name, value) in settings {
            text.extend([name, " = ", value, "\n"]);
        }
        let configuration = write(home, "pgbouncer.ini", &text, 0o600);
        account.give(&configuration);
        let log = home.join("log");
        let mut command = Command::new(program);
        command.arg(&configuration).current_dir(home);
        let started = Process::start(&mut command, account, &log, home, home);
        let mut process = started.map_err(|error| format!("cannot run {command:?}: {error}"))?;
        let ready = within(START_LIMIT, || {
            let answers = std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
            match process.ended() {
                Some(_) => Some(false),
                None => answers.then_some(true),
            }
        });
        if ready != Some(true) {
            return Err(std::fs::read_to_string(&log).unwrap_or_default());
        }
        Ok(Self {
            _process: process,
            _folder: folder,
            server: server.plain(),
            port,
        })
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How a client reaches through it what it would reach directly by `connection`.
    pub fn connection(&self, connection: &Connection) -> Connection {
        connection.plain().through(self.port)
    }

    /// Its own console, for `SHOW POOLS`, `PAUSE`, `KILL` and the like.
    pub fn console(&self) -> Connection {
        self.server.through(self.port).to_database("pgbouncer")
    }
}

fn find() -> Result<PathBuf, NotFound> {
    let mut folders = on_path();
    folders.extend(FOR_DAEMONS.map(PathBuf::from));
    folders
        .iter()
        .map(|folder| folder.join("pgbouncer"))
        .find(|file| file.is_file())
        .ok_or_else(|| NotFound {
            program: "pgbouncer",
            places: format!("the PATH, {}", FOR_DAEMONS.join(", ")),
            remedy: "install it (Debian: `apt-get install pgbouncer`)".to_owned(),
        })
}
