//! The labels of an account.

use std::fmt;

use super::text;
use crate::error::{Invalid, InvalidReason};

const FIELD: &str = "tags";

/// The labels of an account, in the order given, repeats kept.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tags(Vec<String>);

impl Tags {
    /// Most tags of an account.
    pub const MAX_COUNT: usize = 64;
    /// Most characters of a tag.
    pub const MAX_CHARS: usize = 64;

    /// Reads tags from outside.
    pub fn parse(tags: Vec<String>) -> Result<Self, Invalid> {
        if tags.len() > Self::MAX_COUNT {
            return Err(Invalid::new(
                FIELD,
                InvalidReason::TooMany {
                    limit: Self::MAX_COUNT,
                },
            ));
        }
        for tag in &tags {
            if tag.is_empty() {
                return Err(Invalid::new(
                    FIELD,
                    InvalidReason::Malformed("holds an empty tag"),
                ));
            }
            if tag.chars().count() > Self::MAX_CHARS {
                return Err(Invalid::new(
                    FIELD,
                    InvalidReason::TooLong {
                        limit: Self::MAX_CHARS,
                        unit: "characters in one tag",
                    },
                ));
            }
            text::refuse_hidden(FIELD, tag)?;
        }
        Ok(Self(tags))
    }

    /// Tags as a store keeps them, however many and long.
    pub fn from_stored(tags: Vec<String>) -> Self {
        Self(tags)
    }

    /// The tags in order.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A label may say something of a person: `{:?}` says how many there are.
impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tags({})", self.0.len())
    }
}
