//! What a fuzzer says at its end.

use std::fmt;
use std::path::Path;

/// What became of one target.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// How many inputs were tried.
    runs: u64,
    /// The most memory that was needed, in megabytes.
    memory: u64,
    /// What was found, if anything was.
    pub(super) finding: Option<Finding>,
}

/// An input that breaks a promise.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// Where it lies; nothing if the program ended before it could write it.
    input: Option<String>,
    /// What the program said.
    log: String,
}

impl Outcome {
    /// Reads what libFuzzer printed.
    pub(super) fn new(text: &str, succeeded: bool, log: &Path) -> Self {
        let number = |name: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(name));
            value.and_then(|value| value.trim().parse().ok())
        };
        let input = text
            .lines()
            .filter_map(|line| line.split_once("Test unit written to "))
            .map(|(_, path)| path.trim().to_owned())
            .next_back();
        Self {
            runs: number("stat::number_of_executed_units:").unwrap_or_default(),
            memory: number("stat::peak_rss_mb:").unwrap_or_default(),
            finding: (!succeeded).then(|| Finding {
                input,
                log: log.display().to_string(),
            }),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>10} runs  {:>5} MB  ", self.runs, self.memory)?;
        match &self.finding {
            None => f.write_str("found nothing"),
            Some(Finding { input, log }) => {
                let input = input
                    .as_deref()
                    .unwrap_or("an input that could not be written, as when a stack overflows");
                write!(f, "FOUND {input} (why is in {log})")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATISTICS: &str = "\
        Done 1363054 runs in 21 second(s)\n\
        stat::number_of_executed_units: 1363054\n\
        stat::average_exec_per_sec:     64907\n\
        stat::peak_rss_mb:              27\n";

    #[test]
    fn an_end_without_a_finding_is_told_with_its_numbers() {
        let outcome = Outcome::new(STATISTICS, true, Path::new("email.log"));
        assert_eq!(
            (outcome.runs, outcome.memory, &outcome.finding),
            (1_363_054, 27, &None)
        );
        assert!(outcome.to_string().contains("found nothing"));
    }

    #[test]
    fn a_finding_is_told_with_its_input() {
        let text = format!(
            "==1== ERROR: libFuzzer: deadly signal\n\
             artifact_prefix='findings/'; Test unit written to findings/crash-da39\n{STATISTICS}"
        );
        let outcome = Outcome::new(&text, false, Path::new("email.log"));
        let told = outcome.to_string();
        assert!(told.contains("FOUND findings/crash-da39"), "{told}");
        assert!(told.contains("email.log"), "{told}");
    }

    #[test]
    fn a_program_that_ended_without_a_word_is_a_finding_too() {
        let outcome = Outcome::new("", false, Path::new("email.log"));
        assert!(outcome.finding.is_some());
    }
}
