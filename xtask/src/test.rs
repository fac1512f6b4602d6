//! `cargo xtask test`: every test of the workspace, the Postgres store's once more on Postgres 18, then
//! the take-over of whole databases and a bounded `cargo xtask fuzz-api`.

mod postgres_18;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;

use crate::bench;
use crate::debian::{install, on_path};
use crate::fuzz_api::{self, Search};
use crate::golden;
use crate::postgres::{self, Postgres};
use crate::process::{cargo, exit_code, status};

/// What the README's commands are pasted into, and what they run; Debian's packages have the same
/// names.
const PROGRAMS: [&str; 2] = ["bash", "curl"];

/// Runs the tests that `filter` names, or all of them; then those of the store on Postgres 18, the
/// take-over of whole databases, and what the API's document allows. Passes the exit code of
/// `cargo test` on.
///
/// Always the whole workspace: `-p` would unify features differently and build much of it anew.
pub(crate) fn run(root: &Path, filter: &[String]) -> Result<ExitCode> {
    find_or_install_programs()?;
    let postgres = Postgres::find_or_start()?;
    let started = Instant::now();
    let mut command = cargo(root, &["test", "--workspace", "--no-fail-fast"]);
    command.env(postgres::URL_VARIABLE, postgres.url());
    if !filter.is_empty() {
        command.arg("--").args(filter);
    }
    let status = status(&mut command)?;
    tell("tests", status.success(), started);
    if !filter.is_empty() {
        return Ok(exit_code(status));
    }
    drop(postgres);
    let started = Instant::now();
    let on_18 = postgres_18::run(root);
    tell("tests on Postgres 18", on_18.is_ok(), started);
    let started = Instant::now();
    let taken_over = golden::take_over(root);
    tell("take-over", taken_over.is_ok(), started);
    let started = Instant::now();
    let fuzzed = fuzz_api::run(root, &Search::default());
    tell("fuzz-api", fuzzed.is_ok(), started);
    let started = Instant::now();
    let benched = bench::store::try_out(root);
    tell("bench store, tried out", benched.is_ok(), started);
    on_18
        .and(taken_over)
        .and(fuzzed)
        .and(benched)
        .map(|()| exit_code(status))
}

fn tell(what: &str, succeeded: bool, started: Instant) {
    let outcome = if succeeded { "passed" } else { "FAILED" };
    println!(
        "{what} {outcome} in {:.0} s",
        started.elapsed().as_secs_f64()
    );
}

fn find_or_install_programs() -> Result<()> {
    let missing: Vec<&str> = PROGRAMS
        .into_iter()
        .filter(|name| on_path(name).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!(
        "the tests need {}, which is not there; installing it",
        missing.join(" and ")
    );
    install(&missing)
}
