//! Reads merged values as their types and gathers what is wrong with them.

use std::collections::BTreeMap;

use ::config::{Config as Merged, ConfigError};

use super::Profile;
use super::problem::Problem;
use super::source::{COMMAND_LINE, Layer, default_origin};
use super::variable::{Entry, Variable};

/// A value that was found, and where.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) text: String,
    pub(super) origin: String,
}

/// Hands out values; a section reads all of its own before it gives up, so that every problem is
/// found in one run.
pub(super) struct Reader {
    pub(super) profile: Profile,
    values: BTreeMap<String, Found>,
    pub(super) problems: Vec<Problem>,
}

impl Reader {
    /// Lays the layers over each other; later ones win.
    pub(super) fn new(
        profile: Profile,
        layers: Vec<Layer>,
        problems: Vec<Problem>,
    ) -> Result<Self, ConfigError> {
        let mut builder = Merged::builder();
        for layer in layers {
            builder = builder.add_source(layer);
        }
        let merged = builder.build()?.cache.into_table()?;
        let mut values = BTreeMap::new();
        for (name, value) in merged {
            let origin = value.origin().unwrap_or_default().to_owned();
            values.insert(
                name,
                Found {
                    text: value.into_string()?,
                    origin,
                },
            );
        }
        Ok(Self {
            profile,
            values,
            problems,
        })
    }

    /// The value that holds for a variable, as it was written.
    pub(super) fn found(&self, entry: &Entry) -> Option<&Found> {
        self.values.get(entry.name)
    }

    /// The names of those variables that somebody set, by a flag for a folder apart: that is about
    /// several at once.
    pub(super) fn written(&self, entries: &[&Entry]) -> Vec<String> {
        let is_written = |entry: &Entry| {
            let origin = default_origin(entry, entry.preset(self.profile));
            self.found(entry)
                .is_some_and(|found| ![origin, COMMAND_LINE].contains(&found.origin.as_str()))
        };
        let names = entries.iter().filter(|entry| is_written(entry));
        names.map(|entry| entry.name.to_owned()).collect()
    }

    /// The value of a variable that may be unset; `None` too if a problem was noted.
    pub(super) fn optional<T>(&mut self, variable: &Variable<T>) -> Option<T> {
        let found = self.values.get(variable.entry.name)?;
        match (variable.kind.parse)(&found.text) {
            Ok(value) => Some(value),
            Err(reason) => {
                let entry = &variable.entry;
                self.problems.push(Problem::value(
                    entry,
                    &found.text,
                    &found.origin,
                    entry.expected,
                    reason.as_deref(),
                ));
                None
            }
        }
    }

    /// The value of a variable; `None` only if a problem was noted.
    pub(super) fn required<T>(&mut self, variable: &Variable<T>) -> Option<T> {
        if !self.values.contains_key(variable.entry.name) {
            let line = format!("{}: it must be set", variable.entry.name);
            self.problems.push(Problem::new(&line));
            return None;
        }
        self.optional(variable)
    }

    /// Notes that a value is of the right type, yet not acceptable here.
    pub(super) fn refuse(&mut self, entry: &Entry, expected: &str) {
        if let Some(found) = self.values.get(entry.name) {
            let problem = Problem::value(entry, &found.text, &found.origin, expected, None);
            self.problems.push(problem);
        }
    }
}
