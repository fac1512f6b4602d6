//! The name of an account that never changes.

use std::fmt;

use uuid::Uuid;

use crate::error::{Invalid, InvalidReason};

/// An account's id: 1 to 36 bytes, compared byte for byte.
///
/// New ids are UUIDv4 text; accounts adopted from elsewhere may have any text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(String);

impl UserId {
    /// Most bytes of an id (the column's width in every known deployment).
    pub const MAX_BYTES: usize = 36;

    /// Reads an id from outside.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Err(Invalid::new("id", InvalidReason::Missing));
        }
        super::text::at_most_bytes("id", text, Self::MAX_BYTES)?;
        super::text::refuse_hidden("id", text)?;
        Ok(Self(text.to_owned()))
    }

    /// The id of a new account.
    pub fn new(uuid: Uuid) -> Self {
        Self(uuid.hyphenated().to_string())
    }

    /// An id as a store keeps it.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserId({})", self.0)
    }
}
