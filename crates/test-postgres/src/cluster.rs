//! The data folder of a server of ours and the process that serves it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::account::Account;
use crate::binaries::Binaries;
use crate::ports::free_port;
use crate::processes::{Process, Signal, within};
use crate::server::{SUPERUSER, ServerOptions};

/// A server on a busy machine is ready within this, recovery after a crash included.
const START_LIMIT: Duration = Duration::from_mins(1);
/// An orderly end writes a checkpoint.
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// How many ports are tried before it is not for the port that a server does not start.
const PORTS: usize = 5;

/// The path of a socket has room for 107 bytes.
const LONGEST_FOLDER: usize = 80;

#[derive(Debug)]
pub(crate) struct Cluster {
    // Dropped in this order: the process before its folder.
    process: Option<Process>,
    folder: TempDir,
    binaries: Binaries,
    account: Account,
    pub(crate) port: u16,
}

impl Cluster {
    /// Makes a data folder as `options` say and starts the server on a free port.
    pub(crate) fn start(binaries: &Binaries, options: &ServerOptions) -> Self {
        let account = Account::for_servers();
        let folder = folder();
        account.give(folder.path());
        let mut cluster = Self {
            process: None,
            folder,
            binaries: binaries.clone(),
            account,
            port: 0,
        };
        cluster.initialise();
        options.write(&cluster.data(), account);
        for attempt in 1..=PORTS {
            cluster.port = free_port();
            match cluster.launch() {
                Ok(()) => break,
                // Another process was faster.
                Err(log) if attempt < PORTS && log.contains("Address already in use") => {}
                Err(log) => panic!("Postgres did not start; its log:\n{log}"),
            }
        }
        cluster
    }

    /// Runs `initdb`.
    fn initialise(&self) {
        let mut command = self.command("initdb");
        let output = self
            .account
            .run_by(&mut command)
            .args(["--auth=trust", "--encoding=UTF8", "--no-sync"])
            // Fast and deterministic to sort; letters are known as in the usual locales.
            .args(["--locale=C", "--lc-ctype=C.UTF-8"])
            .args(["--username", SUPERUSER, "--pgdata"])
            .arg(self.data())
            .stdin(Stdio::null())
            .output();
        let output = output.unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
        assert!(
            output.status.success(),
            "initdb failed ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Starts the process and waits until it is ready; else gives the log.
    fn launch(&mut self) -> Result<(), String> {
        let (data, folder) = (self.data(), self.folder().to_owned());
        let mut command = self.command("postgres");
        command
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(&folder)
            .args(["-p", &self.port.to_string()]);
        let started = Process::start(&mut command, self.account, &self.log_file(), &data, &folder);
        let mut process = started.unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
        let ready = within(START_LIMIT, || {
            if process.ended().is_some() {
                return Some(false);
            }
            is_ready(&data, process.id()).then_some(true)
        });
        if ready == Some(true) {
            self.process = Some(process);
            return Ok(());
        }
        Err(self.log())
    }

    /// One of the programs, without the settings that a person may have for those.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.program(program));
        command.current_dir(self.folder());
        for (variable, _) in std::env::vars_os() {
            let name = variable.to_string_lossy();
            if name.starts_with("PG") || name.starts_with("LC_") || name.starts_with("LANG") {
                command.env_remove(&variable);
            }
        }
        command
    }

    /// Ends the server as `pg_ctl --mode=fast stop` does: sessions are cut, all is written.
    pub(crate) fn stop(&mut self) {
        self.end(Signal::INT);
    }

    /// Ends the server as a crash would: the next start has to recover.
    pub(crate) fn crash(&mut self) {
        self.end(Signal::QUIT);
    }

    fn end(&mut self, signal: Signal) {
        if let Some(mut process) = self.process.take() {
            process.end(signal, STOP_LIMIT);
        }
    }

    /// Starts the server that was stopped, on its port.
    pub(crate) fn start_again(&mut self) {
        if self.process.is_some() {
            return;
        }
        if let Err(log) = self.launch() {
            panic!("Postgres did not start again; its log:\n{log}");
        }
    }

    /// Marks the data folder as that of a standby, for the next start.
    pub(crate) fn be_standby(&self) {
        let mark = self.data().join("standby.signal");
        let marked = fs::write(&mark, "");
        marked.unwrap_or_else(|error| panic!("cannot write {}: {error}", mark.display()));
        self.account.give(&mark);
    }

    /// Lets no file of its processes grow beyond so many bytes.
    pub(crate) fn limit_files(&self, bytes: Option<u64>) {
        if let Some(process) = &self.process {
            process.limit_files(self.account, bytes);
        }
    }

    /// The process; `None` while stopped.
    pub(crate) fn process(&self) -> Option<&Process> {
        self.process.as_ref()
    }

    /// Where the data folder, the socket and the log are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    fn log_file(&self) -> PathBuf {
        self.folder().join("log")
    }

    /// All that the server has printed so far.
    pub(crate) fn log(&self) -> String {
        let log = fs::read(self.log_file()).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }
}

/// A folder with a path short enough for a socket.
fn folder() -> TempDir {
    let mut parent = std::env::temp_dir();
    if parent.as_os_str().len() > LONGEST_FOLDER {
        parent = PathBuf::from("/tmp");
    }
    tempfile::Builder::new()
        .prefix("users-postgres-")
        .tempdir_in(&parent)
        .unwrap_or_else(|error| panic!("cannot make a folder in {}: {error}", parent.display()))
}

/// Whether the server's own file says so: its first line is the process, its eighth the state, which
/// is `standby` where reads alone are served.
fn is_ready(data: &Path, process: u32) -> bool {
    let told = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let lines: Vec<&str> = told.lines().map(str::trim).collect();
    lines.first() == Some(&process.to_string().as_str())
        && matches!(lines.get(7), Some(&("ready" | "standby")))
}

impl ServerOptions {
    /// Writes them into the data folder. Not as arguments: those `ALTER SYSTEM` could not change.
    fn write(&self, data: &Path, account: Account) {
        let mut text = String::from("\n");
        let mut set = |name: &str, value: &str| {
            let value = value.replace('\'', "''");
            text.extend([name, " = '", &value, "'\n"]);
        };
        set("listen_addresses", "127.0.0.1");
        set("max_connections", &self.max_connections.to_string());
        set("log_line_prefix", "%m [%p] %u@%d %a ");
        if !self.durable {
            for name in ["fsync", "synchronous_commit", "full_page_writes"] {
                set(name, "off");
            }
        }
        let tls = self.tls.as_ref().map(|tls| tls.install(data, account));
        for (name, value) in tls.iter().flatten().chain(&self.settings) {
            set(name, value);
        }
        let path = data.join("postgresql.conf");
        let appended = fs::File::options()
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(text.as_bytes()));
        appended.unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
    }
}
