//! Usernames: what a person signs in with and is known by.

use std::fmt;

use crate::error::{Invalid, InvalidReason};

const FIELD: &str = "credentials.username";

/// A username: 1 to 32 of ASCII letters, digits, `_` and `-`, beginning with a letter or digit,
/// without `__` or `--`; the case kept as typed, unique without case.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    /// Most characters of a new username.
    pub const MAX_CHARS: usize = 32;

    /// Reads a username from outside.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Err(Invalid::new(FIELD, InvalidReason::Missing));
        }
        if text.chars().count() > Self::MAX_CHARS {
            return Err(Invalid::new(
                FIELD,
                InvalidReason::TooLong {
                    limit: Self::MAX_CHARS,
                    unit: "characters",
                },
            ));
        }
        let first_fits = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        let rest_fits = text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if !first_fits || !rest_fits || text.contains("__") || text.contains("--") {
            return Err(Invalid::new(
                FIELD,
                InvalidReason::Malformed(
                    "must be letters, digits, single _ or -, and begin with a letter or digit",
                ),
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// A username as a store keeps it: older rules may have accepted any text.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The username as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which usernames are unique: ASCII letters in lower case.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// Personal data: never printed by `{:?}`.
impl fmt::Debug for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Username(***)")
    }
}
