//! Runs several checks, each to its end, and tells afterwards which failed and what mends them.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// The checks run so far.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<Done>,
}

struct Done {
    name: &'static str,
    repair: &'static str,
    took: Duration,
    failed: bool,
}

impl Steps {
    /// Runs one check; `repair` says what to do if it fails, best a command.
    pub(crate) fn run(
        &mut self,
        name: &'static str,
        repair: &'static str,
        check: impl FnOnce() -> Result<()>,
    ) {
        println!("==> {name}");
        let started = Instant::now();
        let result = check();
        let took = started.elapsed();
        if let Err(error) = &result {
            println!("{error:#}");
            println!("==> {name} failed; to mend it: {repair}");
        }
        self.done.push(Done {
            name,
            repair,
            took,
            failed: result.is_err(),
        });
    }

    /// Prints what came out; fails if any check did.
    pub(crate) fn finish(self) -> Result<()> {
        print!("\n{}", self.summary());
        let failed: Vec<_> = self.done.iter().filter(|step| step.failed).collect();
        if !failed.is_empty() {
            bail!("{} of {} steps failed", failed.len(), self.done.len());
        }
        Ok(())
    }

    fn summary(&self) -> String {
        let mut text = String::new();
        for Done {
            name,
            repair,
            took,
            failed,
        } in &self.done
        {
            let seconds = took.as_secs_f64();
            // Writing to a `String` cannot fail.
            let _ = match failed {
                false => writeln!(text, "{name:<14} {seconds:>7.1} s  ok"),
                true => writeln!(text, "{name:<14} {seconds:>7.1} s  FAILED: {repair}"),
            };
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_runs_although_one_fails() {
        let mut ran = Vec::new();
        let mut steps = Steps::default();
        steps.run("first", "cargo mend", || bail!("broken"));
        steps.run("second", "cargo mend", || {
            ran.push("second");
            Ok(())
        });
        assert!(steps.finish().is_err());
        assert_eq!(ran, ["second"]);
    }

    #[test]
    fn the_summary_names_the_repair_of_what_failed_only() {
        let mut steps = Steps::default();
        steps.run("good", "cargo mend-good", || Ok(()));
        steps.run("bad", "cargo mend-bad", || bail!("broken"));
        let summary = steps.summary();
        assert!(summary.contains("cargo mend-bad"), "{summary}");
        assert!(!summary.contains("cargo mend-good"), "{summary}");
    }
}
