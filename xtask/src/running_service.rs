//! The built service, started as a user starts it, with a folder of its own.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::http1::{Answer, Connection, Request};

/// The administrator of every service started here.
pub(crate) const ADMIN_USERNAME: &str = "admin";
/// His password.
pub(crate) const ADMIN_PASSWORD: &str = "12345678";
const ADMIN_EMAIL: &str = "admin@example.com";

/// A debug build on a busy machine starts within this.
const START_LIMIT: Duration = Duration::from_mins(1);

/// A running service; it ends with this value.
pub(crate) struct RunningService {
    process: Child,
    address: SocketAddr,
    data: PathBuf,
    /// From the start of the process to the first answer that it is ready.
    pub(crate) started_in: Duration,
}

impl RunningService {
    /// Starts `binary` as `dev`, with its data in `folder`, and waits until it is ready.
    pub(crate) fn start(binary: &Path, folder: &Path) -> Result<Self> {
        Self::launch(binary, folder, |command, address, data| {
            command
                .args(["dev", "--port", &address.port().to_string(), "--data"])
                .arg(data)
                .env("MG_USERS_ADMIN_EMAIL", ADMIN_EMAIL)
                .env("MG_USERS_ADMIN_PASSWORD", ADMIN_PASSWORD);
        })
    }

    /// Starts `binary` as `serve` on a database, with its key and its mails in `folder`, and waits
    /// until it is ready.
    pub(crate) fn serve(
        binary: &Path,
        folder: &Path,
        database: &users_test_postgres::Connection,
        settings: &[(&str, &str)],
    ) -> Result<Self> {
        Self::launch(binary, folder, |command, address, data| {
            command
                .arg("serve")
                .env("MG_USERS_HTTP_PORT", address.port().to_string())
                .env("MG_USERS_GRPC_PORT", "off")
                .env("MG_USERS_AUTH", "embedded")
                .env("MG_USERS_AUTH_KEY_PATH", data.join("auth-key.pem"))
                .env("MG_USERS_MAIL", "file")
                .env("MG_USERS_MAIL_DIR", data.join("mail"))
                .env("MG_USERS_STORE", "postgres")
                .env("MG_USERS_DB_HOST", &database.host)
                .env("MG_USERS_DB_PORT", database.port.to_string())
                .env("MG_USERS_DB_USER", &database.user)
                .env("MG_USERS_DB_NAME", &database.database)
                .env("MG_USERS_DB_SSL_MODE", "disable")
                .envs(settings.iter().copied());
            // Servers that are started for us ask for none.
            if let Some(password) = &database.password {
                command.env("MG_USERS_DB_PASS", password);
            }
        })
    }

    fn launch(
        binary: &Path,
        folder: &Path,
        arrange: impl FnOnce(&mut Command, SocketAddr, &Path),
    ) -> Result<Self> {
        let data = folder.join("data");
        std::fs::create_dir_all(&data)
            .with_context(|| format!("cannot make {}", data.display()))?;
        let address = free_address()?;
        let log = folder.join("service.log");
        let output =
            File::create(&log).with_context(|| format!("cannot make {}", log.display()))?;
        let mut command = Command::new(binary);
        // Settings of the person who runs this must not change what is measured.
        for (variable, _) in std::env::vars_os() {
            if variable
                .to_str()
                .is_some_and(|name| name.starts_with("MG_"))
            {
                command.env_remove(variable);
            }
        }
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        arrange(&mut command, address, &data);
        let begun = Instant::now();
        let process = command
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let mut service = Self {
            process,
            address,
            data,
            started_in: Duration::ZERO,
        };
        service.wait_until_ready(begun, &log)?;
        service.started_in = begun.elapsed();
        Ok(service)
    }

    fn wait_until_ready(&mut self, begun: Instant, log: &Path) -> Result<()> {
        let readiness = Request::new("GET", "/readyz", None, None);
        loop {
            let ready = Connection::open(self.address)
                .and_then(|mut connection| Ok(connection.send(&readiness)?.status == 200));
            if ready.unwrap_or(false) {
                return Ok(());
            }
            let ended = self.process.try_wait()?;
            if ended.is_some() || begun.elapsed() > START_LIMIT {
                let said = std::fs::read_to_string(log).unwrap_or_default();
                let why =
                    ended.map_or_else(|| "was not ready in time".to_owned(), |s| s.to_string());
                bail!("the service did not start ({why}); it said:\n{said}");
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Where its data is.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process, for `/proc`.
    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// A new connection to it.
    pub(crate) fn connect(&self) -> Result<Connection> {
        Connection::open(self.address)
    }
}

impl Drop for RunningService {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing left to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An address on the loopback interface that was free a moment ago.
fn free_address() -> Result<SocketAddr> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on the loopback")?;
    Ok(listener.local_addr()?)
}

/// Fails if an answer has another status than is wanted.
pub(crate) fn wanted_status(answer: &Answer<'_>, status: u16) -> Result<()> {
    if answer.status != status {
        bail!(
            "the service answered {} where {status} is due: {}",
            answer.status,
            answer.text()?
        );
    }
    Ok(())
}

/// A member of a JSON answer with the status that is wanted, as text.
pub(crate) fn wanted_text(answer: &Answer<'_>, status: u16, member: &str) -> Result<String> {
    wanted_status(answer, status)?;
    let json = answer.json()?;
    let text = json[member]
        .as_str()
        .with_context(|| format!("no `{member}` in {json}"))?;
    Ok(text.to_owned())
}
