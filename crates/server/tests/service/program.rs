//! Starts the built binary and talks to it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The administrator's password wherever a test sets one.
pub(crate) const ADMIN_PASSWORD: &str = "correct horse battery";
/// How long a start or a stop may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// The binary, ready to be given arguments and settings; none of the caller's settings leak in.
pub(crate) fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_magistrala-users"));
    command
        .env_clear()
        .env("PATH", std::env!("PATH"))
        .stdin(Stdio::null());
    command
}

/// A running service.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: String,
    /// What stands before the first request: the lines on standard output.
    pub(crate) banner: String,
    log: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Program {
    /// `magistrala-users dev` on a free port with its data in `folder`.
    pub(crate) fn dev(folder: &Path) -> Self {
        Self::dev_with(folder, &[("MG_USERS_ADMIN_PASSWORD", ADMIN_PASSWORD)])
    }

    pub(crate) fn dev_with(folder: &Path, settings: &[(&str, &str)]) -> Self {
        let mut command = binary();
        command
            .arg("dev")
            .arg("--data")
            .arg(folder)
            .args(["--port", "0"]);
        command.envs(settings.iter().copied());
        Self::start(command)
    }

    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let log = Arc::new(Mutex::new(String::new()));
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (lines, banner_lines) = std::sync::mpsc::channel();
        let readers = vec![
            std::thread::spawn({
                let log = Arc::clone(&log);
                move || {
                    for line in stderr.lines().map_while(Result::ok) {
                        let mut log = log.lock().unwrap();
                        log.push_str(&line);
                        log.push('\n');
                    }
                }
            }),
            std::thread::spawn({
                let log = Arc::clone(&log);
                move || {
                    for line in stdout.lines().map_while(Result::ok) {
                        let mut log = log.lock().unwrap();
                        log.push_str(&line);
                        log.push('\n');
                        // Nobody reads the banner any more once the service is up.
                        let _ = lines.send(line);
                    }
                }
            }),
        ];
        let deadline = Instant::now() + PATIENCE;
        let mut banner = String::new();
        let mut address = None;
        while let Ok(line) = banner_lines.recv_timeout(deadline - Instant::now()) {
            if let Some(at) = line.find("http://") {
                address.get_or_insert_with(|| {
                    line[at..]
                        .split_whitespace()
                        .next()
                        .unwrap_or_default()
                        .to_owned()
                });
            }
            banner.push_str(&line);
            banner.push('\n');
            if line.contains("Ctrl-C") {
                break;
            }
        }
        let Some(address) = address else {
            let _ = child.kill();
            panic!("the service did not start:\n{}", log.lock().unwrap());
        };
        Self {
            child,
            address,
            banner,
            log,
            readers,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// Everything written to standard output and standard error so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(client().post(self.url(path)).json(body).send())
    }

    pub(crate) fn post_as(&self, path: &str, token: &str, body: &Value) -> Answer {
        Answer::of(
            client()
                .post(self.url(path))
                .bearer_auth(token)
                .json(body)
                .send(),
        )
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        Answer::of(client().get(self.url(path)).send())
    }

    pub(crate) fn get_as(&self, path: &str, token: &str) -> Answer {
        Answer::of(client().get(self.url(path)).bearer_auth(token).send())
    }

    pub(crate) fn register(&self, username: &str) -> Answer {
        self.post("/users", &registration(username))
    }

    /// Logs in and gives the access and the refresh token.
    pub(crate) fn log_in(&self, identity: &str, password: &str) -> (String, String) {
        let answer = self
            .post(
                "/users/tokens/issue",
                &json!({ "identity": identity, "secret": password }),
            )
            .expect(201);
        let token = |name: &str| answer[name].as_str().unwrap().to_owned();
        (token("access_token"), token("refresh_token"))
    }

    pub(crate) fn administrator(&self) -> String {
        self.log_in("admin@example.com", ADMIN_PASSWORD).0
    }

    /// Sends a signal by number and waits for the end.
    pub(crate) fn signal(mut self, signal: &str) -> (ExitStatus, String) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill")
            .args([signal, &id])
            .status()
            .expect("kill runs");
        assert!(sent.success());
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(
                Instant::now() < deadline,
                "no end after {signal}:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(10));
        };
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        (status, self.log())
    }

    pub(crate) fn terminate(self) -> String {
        let (status, log) = self.signal("-TERM");
        assert!(status.success(), "{status}:\n{log}");
        log
    }

    pub(crate) fn kill(self) -> String {
        self.signal("-KILL").1
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Gone already after `signal`.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The body of a registration as the mission documents it.
pub(crate) fn registration(username: &str) -> Value {
    json!({
        "first_name": "Ada",
        "last_name": "Lovelace",
        "credentials": { "username": username, "secret": "changeMe123" },
        "email": format!("{username}@example.com"),
    })
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Answer {
    fn of(response: reqwest::Result<reqwest::blocking::Response>) -> Self {
        let response = response.expect("an answer");
        let status = response.status().as_u16();
        let text = response.text().unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status, body, text }
    }

    /// The body, if the status is this one.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.body
    }
}

pub(crate) fn client() -> reqwest::blocking::Client {
    reqwest::blocking::Client::builder()
        .timeout(PATIENCE)
        .build()
        .unwrap()
}

/// A folder of one's own, removed with the guard.
pub(crate) fn folder() -> (tempfile::TempDir, PathBuf) {
    let guard = tempfile::tempdir().unwrap();
    let data = guard.path().join("data");
    (guard, data)
}
