//! What is wrong with the settings: all of it at once, one line each.

use std::fmt;

use super::pem;
use super::variable::Entry;

/// What stands where a secret would.
pub(super) const STARS: &str = "***";

/// A text that no terminal obeys and no log breaks a line at: its control characters are escaped.
pub(super) fn without_controls(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// One thing that keeps the service from starting, on one line, without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem(String);

impl Problem {
    /// A problem in one's own words; line ends become spaces.
    pub(super) fn new(line: &str) -> Self {
        let words: Vec<_> = line.split_whitespace().collect();
        Self(without_controls(&words.join(" ")))
    }

    /// A value that is not what its variable takes.
    ///
    /// `reason` says more than `expected` where it can; it may quote the value, so it is left out
    /// for secrets.
    pub(super) fn value(
        entry: &Entry,
        value: &str,
        origin: &str,
        expected: &str,
        reason: Option<&str>,
    ) -> Self {
        let name = entry.name;
        if entry.is_secret {
            return Self::new(&format!("{name}={STARS} ({origin}): expected {expected}"));
        }
        // Text of many lines says nothing to people.
        let value = &*pem::shown(value);
        // An address before which somebody has written a name may have his password there too.
        let shown = match value.rsplit_once('@') {
            Some((_, place)) => format!("{STARS}@{place}"),
            None => value.to_owned(),
        };
        let reason = reason.filter(|_| shown == value);
        let reason = reason
            .map(|reason| format!("; {reason}"))
            .unwrap_or_default();
        Self::new(&format!(
            "{name}={shown:?} ({origin}): expected {expected}{reason}"
        ))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Every problem that was found; `Display` prints one a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// `Ok` if there are none.
    pub(super) fn check(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Self(problems))
        }
    }

    /// These problems; there is at least one.
    pub(super) fn new(problems: Vec<Problem>) -> Self {
        Self(problems)
    }

    /// The problems in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
