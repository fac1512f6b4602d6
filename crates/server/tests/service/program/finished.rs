//! Commands that come to their own end.

use std::fs;
use std::io::{Read, Write as _};
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};

use rustix::process::{Pid, Signal, kill_process};

use super::{Running, binary};

/// How a command ended, and what it said.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the binary to its end.
pub(crate) fn run(arguments: &[&str], settings: &[(&str, &str)]) -> Finished {
    let mut command = binary();
    command.args(arguments).envs(settings.iter().copied());
    run_command(command)
}

/// Runs a command to its end.
pub(crate) fn run_command(mut command: Command) -> Finished {
    let (stdout, for_stdout) = std::io::pipe().unwrap();
    let (stderr, for_stderr) = std::io::pipe().unwrap();
    command.stdout(for_stdout).stderr(for_stderr);
    let texts = [stdout, stderr].map(|pipe| thread::spawn(|| text(pipe)));
    let status = ended(command);
    let [stdout, stderr] = texts.map(|text| text.join().unwrap());
    Finished {
        code: code(status),
        stdout,
        stderr,
    }
}

/// A command that is still at work, and reads what the test writes.
pub(crate) struct Unfinished {
    running: Running,
    input: Option<ChildStdin>,
    texts: [JoinHandle<String>; 2],
}

impl Unfinished {
    /// Begins a command.
    pub(crate) fn begin(mut command: Command) -> Self {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut running = Running(command.spawn().expect("the binary runs"));
        let (stdout, stderr) = (running.0.stdout.take(), running.0.stderr.take());
        let texts = [
            thread::spawn(|| text(stdout.unwrap())),
            thread::spawn(|| text(stderr.unwrap())),
        ];
        Self {
            input: running.0.stdin.take(),
            running,
            texts,
        }
    }

    /// Hands it something to read; blocks while it reads nothing.
    pub(crate) fn write(&mut self, text: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(text.as_bytes()).unwrap();
        input.flush().unwrap();
    }

    pub(crate) fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.running.0), signal).unwrap();
    }

    /// The most memory that it had, in KiB.
    pub(crate) fn most_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.running.0.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kib = line.unwrap().split_whitespace().nth(1).unwrap();
        kib.parse().unwrap()
    }

    /// There is no more to read: waits for the end. The code is -1 where a signal ended it.
    pub(crate) fn finish(mut self) -> Finished {
        drop(self.input.take());
        let status = self.running.ended(String::new);
        let [stdout, stderr] = self.texts.map(|text| text.join().unwrap());
        Finished {
            code: status.code().unwrap_or(-1),
            stdout,
            stderr,
        }
    }

    /// The same, without an end of the input.
    pub(crate) fn finish_unfed(mut self) -> Finished {
        let input = self.input.take();
        let finished = self.finish();
        drop(input);
        finished
    }
}

/// Runs the binary to its end while nobody reads what it says; gives the exit code.
pub(crate) fn run_unheard(arguments: &[&str], settings: &[(&str, &str)]) -> i32 {
    let mut command = binary();
    command.args(arguments).envs(settings.iter().copied());
    command.stdout(nobody()).stderr(nobody());
    code(ended(command))
}

/// A pipe whose other end is closed.
pub(super) fn nobody() -> Stdio {
    let (_, writer) = std::io::pipe().unwrap();
    writer.into()
}

/// The command is dropped here with its ends of the pipes, so that their readers see the end.
fn ended(mut command: Command) -> ExitStatus {
    let shown = format!("{command:?}");
    let mut running = Running(command.spawn().expect("the binary runs"));
    drop(command);
    running.ended(|| shown.clone())
}

fn code(status: ExitStatus) -> i32 {
    status.code().expect("no signal ended it")
}

fn text(mut pipe: impl Read) -> String {
    let mut text = String::new();
    pipe.read_to_string(&mut text).unwrap();
    text
}
