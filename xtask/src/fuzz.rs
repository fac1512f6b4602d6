//! `cargo xtask fuzz`: looks for bytes that break a promise of a parser.

mod outcome;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::debian::{install, on_path};
use crate::process::{cargo, output, program, run as run_program, succeeds};
use outcome::Outcome;

const CARGO_FUZZ_VERSION: &str = "0.13.2";

/// The programs, one for each target, and what they are built with.
const PROGRAMS: &str = "fuzz/fuzz_targets";
/// Inputs that a person chose, and those that once broke something.
const SEEDS: &str = "fuzz/corpus";
const DICTIONARIES: &str = "fuzz/dictionaries";
/// Everything that is made here; inputs that were of use are kept in it for the next time.
const WORK: &str = "target/fuzz";

/// The longest that one input may take, in seconds.
const LONGEST: u64 = 10;
/// The most memory that one target may need, in megabytes.
const MOST_MEMORY: u64 = 1024;
/// The longest input that is tried, in bytes: longer ones are refused by their length.
const LONGEST_INPUT: usize = 4096;

/// Runs these targets, or all, each for so long; fails if one found something.
pub(crate) fn run(root: &Path, targets: &[String], seconds: u64) -> Result<()> {
    let targets = chosen(targets, &known(root)?)?;
    find_or_install_programs(root)?;
    let folder = build(root, &targets)?;
    let mut findings = 0;
    for target in &targets {
        let outcome = Fuzzing {
            root,
            target,
            program: &folder.join(target),
        }
        .run(seconds)?;
        println!("{target:<10} {outcome}");
        findings += usize::from(outcome.finding.is_some());
    }
    if findings > 0 {
        bail!(
            "{findings} of {} targets found something; what to do with an input is in CONTRIBUTING.md",
            targets.len()
        );
    }
    Ok(())
}

/// The names of the programs.
fn known(root: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(root.join(PROGRAMS))
        .with_context(|| format!("cannot read the folder {PROGRAMS}"))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let is_program = path.extension().is_some_and(|extension| extension == "rs");
        if let Some(name) = path.file_stem().and_then(|name| name.to_str())
            && is_program
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn chosen(wanted: &[String], known: &[String]) -> Result<Vec<String>> {
    if wanted.is_empty() {
        return Ok(known.to_vec());
    }
    if let Some(unknown) = wanted.iter().find(|name| !known.contains(name)) {
        bail!(
            "there is no target {unknown}; there are {}",
            known.join(", ")
        );
    }
    Ok(wanted.to_vec())
}

fn find_or_install_programs(root: &Path) -> Result<()> {
    // The engine of the fuzzer is C++.
    if on_path("c++").is_none() {
        println!("fuzzing needs a C++ compiler, which is not there; installing it");
        install(&["g++"])?;
    }
    if !succeeds(&mut cargo(root, &["fuzz", "--version"])) {
        println!("cargo-fuzz is missing; installing {CARGO_FUZZ_VERSION}, which takes a minute");
        let arguments = [
            "install",
            "cargo-fuzz",
            "--locked",
            "--quiet",
            "--version",
            CARGO_FUZZ_VERSION,
        ];
        run_program(&mut cargo(root, &arguments))?;
    }
    Ok(())
}

/// Builds the programs and returns the folder in which they lie.
///
/// Without a sanitizer, which would need a nightly compiler and twice the time: unsafe code is
/// forbidden here, so that a broken promise is a panic. Overflows of numbers are panics too.
fn build(root: &Path, targets: &[String]) -> Result<PathBuf> {
    // The same versions as in the service; cargo adds the engine's own.
    fs::copy(
        root.join("Cargo.lock"),
        root.join(PROGRAMS).join("Cargo.lock"),
    )
    .context("cannot copy Cargo.lock")?;
    let host = host(root)?;
    let mut command = cargo(root, &["fuzz", "build", "--sanitizer", "none"]);
    command
        .args(["--fuzz-dir", PROGRAMS])
        .args(["--target-dir", WORK])
        .args(["--target", &host]);
    // One or all: cargo-fuzz takes no list.
    if let [only] = targets {
        command.arg(only);
    }
    println!("building; the first time takes ten minutes");
    run_program(&mut command)?;
    Ok(root.join(WORK).join(host).join("release"))
}

fn host(root: &Path) -> Result<String> {
    let version = output(program("rustc", root).arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc names no host")?.to_owned())
}

/// One target at work.
struct Fuzzing<'a> {
    root: &'a Path,
    target: &'a str,
    program: &'a Path,
}

impl Fuzzing<'_> {
    fn run(&self, seconds: u64) -> Result<Outcome> {
        let work = self.root.join(WORK);
        let kept = work.join("corpus").join(self.target);
        let findings = work.join("findings").join(self.target);
        for folder in [&kept, &findings] {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let log = work.join(format!("{}.log", self.target));
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut command = program(&self.program.to_string_lossy(), self.root);
        command
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-timeout={LONGEST}"))
            .arg(format!("-rss_limit_mb={MOST_MEMORY}"))
            .arg(format!("-max_len={LONGEST_INPUT}"))
            .arg(format!("-artifact_prefix={}/", findings.display()))
            .arg("-print_final_stats=1");
        let dictionary = Path::new(DICTIONARIES).join(format!("{}.dict", self.target));
        if self.root.join(&dictionary).exists() {
            command.arg(format!("-dict={}", dictionary.display()));
        }
        // What is new goes into the first folder, the second is only read.
        command.arg(&kept).arg(Path::new(SEEDS).join(self.target));
        let status = command
            .stdout(file.try_clone()?)
            .stderr(file)
            .status()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let text = fs::read(&log).with_context(|| format!("cannot read {}", log.display()))?;
        let text = String::from_utf8_lossy(&text);
        Ok(Outcome::new(&text, status.success(), &log))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn without_a_name_every_target_runs_and_a_wrong_one_is_refused() {
        let known = names(&["body", "email"]);
        assert_eq!(chosen(&[], &known).expect("all"), known);
        let one = names(&["email"]);
        assert_eq!(chosen(&one, &known).expect("one"), one);
        let refused = chosen(&names(&["e-mail"]), &known).expect_err("none");
        assert!(refused.to_string().contains("body, email"), "{refused}");
    }
}
