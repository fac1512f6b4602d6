//! Commands that come to their own end.

use std::io::{PipeReader, Read as _};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

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
pub(super) fn run_command(mut command: Command) -> Finished {
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

fn text(mut pipe: PipeReader) -> String {
    let mut text = String::new();
    pipe.read_to_string(&mut text).unwrap();
    text
}
