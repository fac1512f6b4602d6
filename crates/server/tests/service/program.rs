//! Starts the built binary and talks to it.

mod answer;
mod finished;
mod home;
mod mail;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

pub(crate) use answer::{Answer, client, registration};
pub(crate) use finished::{Finished, Unfinished, run, run_command, run_unheard};
pub(crate) use home::{Home, on_each_store};

/// The administrator's password wherever a test sets one.
pub(crate) const ADMIN_PASSWORD: &str = "correct horse battery";
/// How long anything may take before the test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// Where mails are, in the folder of the service's data.
const MAIL_FOLDER: &str = "mail";
/// In the line that says that `serve` is up.
pub(crate) const LISTENING: &str = r#""listening""#;
/// How often to look whether it has come.
const PAUSE: Duration = Duration::from_millis(5);
/// How many free ports may be taken by somebody else before the service takes one.
const ATTEMPTS: u32 = 20;

/// The binary, ready to be given arguments and settings; none of the caller's settings leak in.
pub(crate) fn binary() -> Command {
    bare(Command::new(env!("CARGO_BIN_EXE_magistrala-users")))
}

/// A command without the caller's settings.
fn bare(mut command: Command) -> Command {
    command
        .env_clear()
        .env("PATH", std::env!("PATH"))
        .stdin(Stdio::null());
    command
}

/// Waits for what comes by itself, and soon; if it does not, shows the log.
pub(crate) fn until(what: &str, log: impl Fn() -> String, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "in vain: {what}\n{}", log());
        thread::sleep(PAUSE);
    }
}

/// A process that does not outlive its test.
struct Running(Child);

impl Running {
    fn ended(&mut self, log: impl Fn() -> String) -> ExitStatus {
        let mut status = None;
        until("the process ends", log, || {
            status = self.0.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running service.
pub(crate) struct Program {
    running: Running,
    pub(crate) address: String,
    /// What stands before the first request: the lines on standard output.
    pub(crate) banner: String,
    mails: PathBuf,
    log: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

/// Who reads what the service says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ear {
    /// The test, to the end.
    Open,
    /// The test reads the banner, then nobody reads anything.
    Closing,
}

impl Program {
    /// `magistrala-users dev` on a free port with its data in `folder`.
    pub(crate) fn dev(folder: &Path) -> Self {
        Self::dev_with(folder, &[("MG_USERS_ADMIN_PASSWORD", ADMIN_PASSWORD)])
    }

    pub(crate) fn dev_with(folder: &Path, settings: &[(&str, &str)]) -> Self {
        Self::dev_by(binary(), Ear::Open, folder, settings)
    }

    /// The same, whose output nobody reads as soon as it is up, as in `dev | head`.
    pub(crate) fn dev_unheard(folder: &Path) -> Self {
        let settings = [("MG_USERS_ADMIN_PASSWORD", ADMIN_PASSWORD)];
        Self::dev_by(binary(), Ear::Closing, folder, &settings)
    }

    fn dev_by(mut command: Command, ear: Ear, folder: &Path, settings: &[(&str, &str)]) -> Self {
        command
            .args(["dev", "--port", "0", "--data"])
            .arg(folder)
            .envs(settings.iter().copied());
        Self::start(command, "Ctrl-C", ear, folder).unwrap_or_else(|log| panic!("no start:\n{log}"))
    }

    /// `magistrala-users serve` on a free port, by a command that has its other settings; they
    /// have its mails in `folder`. Returns with this line.
    fn serve_by(command: impl Fn() -> Command, folder: &Path, last_line: &str) -> Self {
        let mut log = String::new();
        for _ in 0..ATTEMPTS {
            // Somebody else may take it, or have it on another address of this machine.
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let port = free.local_addr().unwrap().port().to_string();
            drop(free);
            let mut command = command();
            command.arg("serve").env("MG_USERS_HTTP_PORT", &port);
            match Self::start(command, last_line, Ear::Open, folder) {
                Ok(program) if program.address.is_empty() => {
                    let address = format!("http://localhost:{port}");
                    return Self { address, ..program };
                }
                Ok(program) => return program,
                Err(failed) => log = failed,
            }
            assert!(log.contains("another program uses the port"), "{log}");
        }
        panic!("no free port:\n{log}");
    }

    /// Returns with the line that says that the service is up; if none does, gives the log.
    fn start(
        mut command: Command,
        last_line: &str,
        ear: Ear,
        folder: &Path,
    ) -> Result<Self, String> {
        let stderr = match ear {
            Ear::Open => Stdio::piped(),
            Ear::Closing => finished::nobody(),
        };
        let child = command.stdout(Stdio::piped()).stderr(stderr).spawn();
        // With it go our ends of the pipes.
        drop(command);
        let mut running = Running(child.expect("the binary runs"));
        let log = Arc::new(Mutex::new(String::new()));
        let (lines, banner_lines) = mpsc::channel();
        let stdout = running.0.stdout.take().unwrap();
        let mut readers = vec![thread::spawn({
            let (log, last_line) = (Arc::clone(&log), last_line.to_owned());
            move || {
                let closes = |line: &str| ear == Ear::Closing && line.contains(&last_line);
                copy(stdout, &log, Some(&lines), closes);
            }
        })];
        if let Some(stderr) = running.0.stderr.take() {
            let log = Arc::clone(&log);
            readers.push(thread::spawn(move || copy(stderr, &log, None, |_| false)));
        }
        let Some((address, banner)) = banner(&banner_lines, last_line) else {
            let _ = running.0.kill();
            for reader in readers {
                reader.join().unwrap();
            }
            return Err(log.lock().unwrap().clone());
        };
        Ok(Self {
            running,
            address,
            banner,
            mails: folder.join(MAIL_FOLDER),
            log,
            readers,
        })
    }

    /// What the system knows the process by.
    pub(crate) fn process_id(&self) -> u32 {
        self.running.0.id()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// Everything written to standard output and standard error so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits for what comes by itself, and soon; if it does not, shows the log.
    pub(crate) fn until(&self, what: &str, holds: impl FnMut() -> bool) {
        until(what, || self.log(), holds);
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(client().post(self.url(path)).json(body).send())
    }

    pub(crate) fn post_as(&self, path: &str, token: &str, body: &Value) -> Answer {
        let request = client().post(self.url(path)).bearer_auth(token).json(body);
        Answer::of(request.send())
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        Answer::of(client().get(self.url(path)).send())
    }

    pub(crate) fn get_as(&self, path: &str, token: &str) -> Answer {
        Answer::of(client().get(self.url(path)).bearer_auth(token).send())
    }

    pub(crate) fn put_as(&self, path: &str, token: &str, body: &Value) -> Answer {
        let request = client().put(self.url(path)).bearer_auth(token).json(body);
        Answer::of(request.send())
    }

    /// What a program that follows a mailed link to this service gets.
    pub(crate) fn follow(&self, link: &str) -> Answer {
        let path = link.strip_prefix(&self.address);
        self.get(path.expect("a link to this service"))
    }

    /// The mails that were written so far, the oldest first.
    pub(crate) fn mails(&self) -> Vec<PathBuf> {
        mail::written_to(&self.mails)
    }

    /// The link in the latest mail of a kind to an address, once there is one.
    pub(crate) fn mailed_link(&self, kind: &str, to: &str) -> String {
        let mut link = None;
        self.until(&format!("a {kind} mail to {to}"), || {
            link = mail::latest_link(&self.mails, kind, to);
            link.is_some()
        });
        link.unwrap()
    }

    /// The link of a mail as the console of `dev` announces it, once it does.
    pub(crate) fn announced_link(&self, kind: &str, to: &str) -> String {
        let beginning = format!("Mail ({kind}) to {to}: ");
        let mut link = None;
        self.until(&beginning, || {
            let log = self.log();
            let mut lines = log.lines().rev();
            link = lines.find_map(|line| line.strip_prefix(&beginning).map(str::to_owned));
            link.is_some()
        });
        link.unwrap()
    }

    pub(crate) fn register(&self, username: &str) -> Answer {
        self.post("/users", &registration(username))
    }

    /// Logs in and gives the access and the refresh token.
    pub(crate) fn log_in(&self, identity: &str, password: &str) -> (String, String) {
        let body = json!({ "identity": identity, "secret": password });
        let answer = self.post("/users/tokens/issue", &body).expect(201);
        let token = |name: &str| answer[name].as_str().unwrap().to_owned();
        (token("access_token"), token("refresh_token"))
    }

    pub(crate) fn administrator(&self) -> String {
        self.log_in("admin@example.com", ADMIN_PASSWORD).0
    }

    pub(crate) fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.running.0), signal).unwrap();
    }

    /// Waits for the end; gives the status and the whole log.
    pub(crate) fn ended(mut self) -> (ExitStatus, String) {
        let log = Arc::clone(&self.log);
        let status = self.running.ended(|| log.lock().unwrap().clone());
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        (status, self.log())
    }

    pub(crate) fn terminate(self) -> String {
        self.send(Signal::TERM);
        let (status, log) = self.ended();
        assert!(status.success(), "{status}:\n{log}");
        log
    }

    pub(crate) fn kill(self) -> String {
        self.send(Signal::KILL);
        self.ended().1
    }
}

/// Copies lines into the log, and to whoever waits for the banner; up to one that `closes`.
fn copy(
    pipe: impl std::io::Read,
    log: &Mutex<String>,
    lines: Option<&Sender<String>>,
    closes: impl Fn(&str) -> bool,
) {
    for line in BufReader::new(pipe).lines().map_while(Result::ok) {
        let mut log = log.lock().unwrap();
        log.push_str(&line);
        log.push('\n');
        drop(log);
        let is_last = closes(&line);
        if let Some(lines) = lines {
            // Nobody waits for the banner any more once the service is up.
            let _ = lines.send(line);
        }
        if is_last {
            return;
        }
    }
}

/// The address, as far as it was told, and the lines up to the last one of the banner; `None` if
/// that did not come.
fn banner(lines: &Receiver<String>, last_line: &str) -> Option<(String, String)> {
    let deadline = Instant::now() + PATIENCE;
    let mut banner = String::new();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let line = lines.recv_timeout(left).ok()?;
        banner.push_str(&line);
        banner.push('\n');
        if line.contains(last_line) {
            // What comes before may name the keys of another service.
            let told = if line.contains("http://") {
                &line
            } else {
                &banner
            };
            let at = told.find("http://").unwrap_or(told.len());
            let address = told[at..].split(|end: char| end.is_whitespace() || end == '"');
            return Some((address.take(1).collect(), banner));
        }
    }
}

/// A folder of one's own, removed with the guard.
pub(crate) fn folder() -> (tempfile::TempDir, PathBuf) {
    let guard = tempfile::tempdir().unwrap();
    let data = guard.path().join("data");
    (guard, data)
}
