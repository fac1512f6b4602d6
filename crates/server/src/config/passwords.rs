//! Settings of passwords: which are accepted, and how many are hashed at once.

use std::num::NonZeroUsize;

use regex::Regex;
use users_domain::model::PasswordPolicy;

use super::reader::Reader;
use super::variable::{Kind, Preset, Section, Variable};

/// More threads than any machine has cores would only take turns.
const MAX_HASH_THREADS: usize = 1024;

const PATTERN: Kind<String> = Kind {
    name: "regular expression",
    expected: "a regular expression",
    parse: |text| match Regex::new(text) {
        Ok(_) => Ok(text.to_owned()),
        // The parser draws the place on several lines; the last one says what is wrong.
        Err(error) => {
            let drawing = error.to_string();
            Err(drawing
                .lines()
                .last()
                .map(|line| line.trim_start_matches("error: ").to_owned()))
        }
    },
};

const THREADS: Kind<NonZeroUsize> = Kind {
    name: "number",
    expected: "a number from 1 to 1024",
    parse: |text| {
        let threads = text
            .parse()
            .ok()
            .filter(|threads: &NonZeroUsize| threads.get() <= MAX_HASH_THREADS);
        threads.ok_or(None)
    },
};

static PASS_REGEX: Variable<String> = Variable::new(
    "MG_USERS_PASS_REGEX",
    PATTERN,
    Preset::Value(PasswordPolicy::DEFAULT_PATTERN),
    "Every new password must match this regular expression (RE2 syntax), except that of the first \
     administrator. Whatever it says, a password has at most 72 bytes.",
);

static HASH_THREADS: Variable<NonZeroUsize> = Variable::new(
    "MG_USERS_HASH_THREADS",
    THREADS,
    Preset::Computed {
        meaning: "number of cores",
        compute: cores,
    },
    "How many threads hash and verify passwords. When all are busy and their queue is full, logins \
     are answered 503 with `Retry-After`.",
);

fn cores() -> String {
    std::thread::available_parallelism()
        .map_or(1, NonZeroUsize::get)
        .min(MAX_HASH_THREADS)
        .to_string()
}

pub(super) static SECTION: Section = Section {
    title: "Passwords",
    entries: &[&PASS_REGEX.entry, &HASH_THREADS.entry],
};

/// Which passwords are accepted and how they are hashed.
#[derive(Clone, Debug)]
pub struct PasswordSettings {
    /// The regular expression of new passwords; it has been compiled once as a check.
    pub pattern: String,
    /// Threads that hash.
    pub hash_threads: NonZeroUsize,
}

impl PasswordSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let pattern = reader.required(&PASS_REGEX);
        let hash_threads = reader.required(&HASH_THREADS);
        Some(Self {
            pattern: pattern?,
            hash_threads: hash_threads?,
        })
    }
}
