//! `cargo xtask bench store`: builds the program that measures, and runs it.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use xtask::store_bench::{Job, Options, Which};

use crate::postgres;
use crate::process::{build, program};

/// Accounts of the stores that are tried with every change, and how often each operation is called.
const TRIED: ([u64; 2], usize) = ([300, 3000], 20);

/// Measures the release build. `postgres_url` names the server to use instead of one of our own.
pub(crate) fn run(root: &Path, options: &Options, postgres_url: Option<&str>) -> Result<()> {
    run_built(root, options, postgres_url, &["--release"])
}

/// Whether everything works, on small stores and without optimisations: what it prints is no
/// measurement.
pub(crate) fn try_out(root: &Path) -> Result<()> {
    let (sizes, calls) = TRIED;
    let options = Options {
        sizes: sizes.to_vec(),
        calls,
        ..Options::default()
    };
    run_built(root, &options, None, &[])
}

fn run_built(
    root: &Path,
    options: &Options,
    postgres_url: Option<&str>,
    profile: &[&str],
) -> Result<()> {
    if options.store != Which::Sqlite && postgres_url.is_none() {
        postgres::find_or_install()?;
    }
    let [service, bench] = build(root, ["magistrala-users", "bench_store"], profile)?;
    let job = Job {
        options: options.clone(),
        program: service,
        root: root.to_owned(),
        foreign_server: postgres_url.is_some(),
    };
    let mut command = program(&bench.to_string_lossy(), root);
    command.stdin(Stdio::piped());
    match postgres_url {
        Some(url) => command.env(postgres::URL_VARIABLE, url),
        None => command.env_remove(postgres::URL_VARIABLE),
    };
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {}", bench.display()))?;
    // Dropped at the end of the statement, so that the reader sees an end.
    let input = child.stdin.take().context("the program reads nothing")?;
    serde_json::to_writer(&input, &job)?;
    (&input).flush()?;
    drop(input);
    let status = child.wait()?;
    if !status.success() {
        bail!("the measurement failed ({status})");
    }
    Ok(())
}
