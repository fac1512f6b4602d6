//! The program `bench_auth`, at work on one job.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{self, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::de::DeserializeOwned;
use xtask::auth_bench::Job;

/// The program, which ends with this value.
pub(super) struct Child(process::Child);

impl Child {
    /// Starts it, and waits for the line that it answers with.
    pub(super) fn start<T: DeserializeOwned>(binary: &Path, job: &Job) -> Result<(Self, T)> {
        let process = Command::new(binary)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let mut child = Self(process);
        let mut job = serde_json::to_string(job)?;
        job.push('\n');
        // Not closed: the platform ends when this does.
        let input = child
            .0
            .stdin
            .as_mut()
            .context("the program reads nothing")?;
        input.write_all(job.as_bytes())?;
        input.flush()?;
        let output = child.0.stdout.take().context("the program says nothing")?;
        let mut answer = String::new();
        BufReader::new(output).read_line(&mut answer)?;
        if answer.is_empty() {
            // It has ended, or is about to; its errors were shown.
            let _ = child.0.kill();
            bail!("`bench_auth` failed ({})", child.0.wait()?);
        }
        let answer = serde_json::from_str(&answer).context("`bench_auth` answered no JSON")?;
        Ok((child, answer))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing left to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
