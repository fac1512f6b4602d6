//! One entry of the table of settings: its name, what it takes, its defaults and its description.

use std::fmt;

use super::Profile;

/// A setting that something in this program obeys, with the type its value is read as.
pub(super) struct Variable<T: 'static> {
    pub(super) entry: Entry,
    pub(super) kind: Kind<T>,
}

/// What of a variable does not depend on its type; the table consists of these.
#[derive(Debug)]
pub struct Entry {
    /// The environment variable, written out: names are given, not derived.
    pub name: &'static str,
    /// A word for what it takes: `duration`, `port`.
    pub kind: &'static str,
    /// What it takes, so that "expected ..." is a sentence.
    pub expected: &'static str,
    /// What holds in `serve` when nobody sets it.
    pub serve: Preset,
    /// What holds in `dev` when nobody sets it.
    pub dev: Preset,
    /// Whether its value must never be shown.
    pub is_secret: bool,
    /// One paragraph for whoever sets it.
    pub description: &'static str,
}

impl Entry {
    /// What holds in this profile when nobody sets the variable.
    pub fn preset(&self, profile: Profile) -> Preset {
        match profile {
            Profile::Serve => self.serve,
            Profile::Dev => self.dev,
        }
    }
}

/// What holds when a variable is not set.
#[derive(Clone, Copy)]
pub enum Preset {
    /// This value.
    Value(&'static str),
    /// A value that depends on the machine.
    Computed {
        /// What it is, in words, for the documents.
        meaning: &'static str,
        /// Finds it out.
        compute: fn() -> String,
    },
    /// No value; the text says what happens then.
    Unset(&'static str),
}

impl Preset {
    /// The value, if there is one.
    pub(super) fn value(self) -> Option<String> {
        match self {
            Self::Value(value) => Some(value.to_owned()),
            Self::Computed { compute, .. } => Some(compute()),
            Self::Unset(_) => None,
        }
    }

    /// Whether both would be described alike.
    pub(super) fn is_same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Value(one), Self::Value(two))
            | (Self::Unset(one), Self::Unset(two))
            | (Self::Computed { meaning: one, .. }, Self::Computed { meaning: two, .. }) => {
                one == two
            }
            _ => false,
        }
    }
}

impl fmt::Debug for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => f.debug_tuple("Value").field(value).finish(),
            Self::Computed { meaning, .. } => f.debug_tuple("Computed").field(meaning).finish(),
            Self::Unset(meaning) => f.debug_tuple("Unset").field(meaning).finish(),
        }
    }
}

/// How a text is read as a value of type `T`.
pub(super) struct Kind<T> {
    /// See [`Entry::kind`].
    pub(super) name: &'static str,
    /// See [`Entry::expected`].
    pub(super) expected: &'static str,
    /// The value, or why not, where that says more than `expected`.
    pub(super) parse: fn(&str) -> Result<T, Option<String>>,
}

impl<T> Variable<T> {
    /// A variable that has the same default in both profiles and may be shown.
    pub(super) const fn new(
        name: &'static str,
        kind: Kind<T>,
        preset: Preset,
        description: &'static str,
    ) -> Self {
        let entry = Entry {
            name,
            kind: kind.name,
            expected: kind.expected,
            serve: preset,
            dev: preset,
            is_secret: false,
            description,
        };
        Self { entry, kind }
    }

    /// With another default in `dev`.
    pub(super) const fn in_dev(mut self, preset: Preset) -> Self {
        self.entry.dev = preset;
        self
    }

    /// With a value that must never be shown.
    pub(super) const fn secret(mut self) -> Self {
        self.entry.is_secret = true;
        self
    }
}

/// A group of settings that belong together.
#[derive(Debug)]
pub struct Section {
    /// Its heading.
    pub title: &'static str,
    /// Its variables in reading order.
    pub entries: &'static [&'static Entry],
}
