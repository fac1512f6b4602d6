//! What came of a run: how often each complaint was made, and what each operation answered.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result};
use serde::Deserialize;

/// What the hooks of schemathesis count.
#[derive(Deserialize)]
pub(super) struct Report {
    /// By `METHOD /path: title`.
    failures: BTreeMap<String, u64>,
    /// By `METHOD /path`, then by status.
    answers: BTreeMap<String, BTreeMap<u16, u64>>,
}

impl Report {
    /// Reads what the hooks wrote.
    pub(super) fn parse(json: &str) -> Result<Self> {
        serde_json::from_str(json).context("schemathesis reported what cannot be read")
    }

    /// All complaints.
    pub(super) fn failures(&self) -> impl Iterator<Item = &str> {
        self.failures.keys().map(String::as_str)
    }

    /// Operations that answered with a fault of the service or something behind it.
    pub(super) fn server_errors(&self) -> impl Iterator<Item = &str> {
        let failed = |statuses: &BTreeMap<u16, u64>| statuses.keys().any(|status| *status >= 500);
        let failed = self
            .answers
            .iter()
            .filter(move |(_, statuses)| failed(statuses));
        failed.map(|(operation, _)| operation.as_str())
    }

    /// How often each operation answered what.
    pub(super) fn table(&self) -> String {
        let mut text = format!("{:<40} {:>8} {:>5}\n", "operation", "requests", "2xx");
        let mut sum = 0;
        for (operation, statuses) in &self.answers {
            let requests: u64 = statuses.values().sum();
            let accepted: u64 = statuses.range(200..300).map(|(_, count)| count).sum();
            sum += requests;
            let share = accepted * 100 / requests.max(1);
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{operation:<40} {requests:>8} {share:>4}%");
            for (status, count) in statuses {
                let _ = write!(text, "  {status}: {count}");
            }
            text.push('\n');
        }
        let _ = writeln!(text, "{:<40} {sum:>8}", "all");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{
        "failures": { "GET /users: Odd": 2 },
        "answers": {
            "GET /users": { "200": 3, "400": 1 },
            "GET /health": { "200": 1, "503": 1 }
        }
    }"#;

    #[test]
    fn complaints_and_faults_of_the_service_are_found() {
        let report = Report::parse(JSON).unwrap();
        assert_eq!(report.failures().collect::<Vec<_>>(), ["GET /users: Odd"]);
        assert_eq!(report.server_errors().collect::<Vec<_>>(), ["GET /health"]);
    }

    #[test]
    fn the_table_shows_how_much_was_accepted() {
        let table = Report::parse(JSON).unwrap().table();
        let users = table.lines().find(|line| line.starts_with("GET /users"));
        let words: Vec<&str> = users.unwrap_or_default().split_whitespace().collect();
        let expected = ["GET", "/users", "4", "75%", "200:", "3", "400:", "1"];
        assert_eq!(words, expected);
    }
}
