//! First and last names.

use std::fmt;

use super::text;
use crate::error::{Invalid, InvalidReason};

/// A person's first or last name: 1 to 254 bytes of any script, at least one character that can be
/// seen, no control or reordering characters. Joiners (U+200C, U+200D), which some scripts need,
/// are as good as letters.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// Most bytes of a name.
    pub const MAX_BYTES: usize = 254;

    /// Reads a name from outside; `field` says which of the two it is.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Invalid> {
        if text::is_invisible(text) {
            return Err(Invalid::new(field, InvalidReason::Missing));
        }
        text::at_most_bytes(field, text, Self::MAX_BYTES)?;
        text::refuse_hidden(field, text)?;
        Ok(Self(text.to_owned()))
    }

    /// A name as a store keeps it; rows older than the column hold an empty one.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The name as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Personal data: never printed by `{:?}`.
impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(***)")
    }
}
