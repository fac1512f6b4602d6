//! The environment behind a door, so that the whole table of settings is tested without touching
//! the process.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// Where environment variables come from.
pub trait Environment {
    /// All variables with their values.
    fn variables(&self) -> Vec<(OsString, OsString)>;
}

/// The environment of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn variables(&self) -> Vec<(OsString, OsString)> {
        std::env::vars_os().collect()
    }
}

/// An environment made up in a test or by a program that starts the service itself.
impl Environment for BTreeMap<String, String> {
    fn variables(&self) -> Vec<(OsString, OsString)> {
        self.iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    }
}
