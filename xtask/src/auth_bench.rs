//! `cargo xtask bench http --auth`: what runs beside the service that is measured.
//!
//! Runs in the program `bench_auth`: the platform's stand-ins are a process of their own, so that the
//! service's process is all that is measured, and the parts of a read are measured with the same
//! optimisations as the service's.

mod parts;
mod platform;

use std::io::{BufRead as _, stdin};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

pub use parts::{Parts, PartsJob};

/// What `bench_auth` reads from the first line of its standard input, as JSON. Its answer is a line of
/// JSON, too.
#[derive(Serialize, Deserialize)]
pub enum Job {
    /// Be the platform until standard input ends. The answer: names and values of the settings by which
    /// the service finds it.
    Platform,
    /// Measure parts of a read. The answer: [`Parts`].
    Parts(PartsJob),
}

/// Does what the first line of standard input says.
///
/// # Errors
///
/// That line is no job, or something does not work.
pub fn run() -> Result<()> {
    let mut line = String::new();
    stdin().lock().read_line(&mut line)?;
    let job: Job = serde_json::from_str(&line).context("no job on standard input")?;
    match job {
        Job::Platform => platform::run(),
        Job::Parts(job) => {
            println!("{}", serde_json::to_string(&parts::measure(&job)?)?);
            Ok(())
        }
    }
}
