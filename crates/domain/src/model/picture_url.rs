//! Where the picture of a person lies.

use std::fmt;

use url::Url;

use super::text;
use crate::error::{Invalid, InvalidReason};

const FIELD: &str = "profile_picture";

/// An absolute `http` or `https` URL of at most 2048 bytes, kept as typed.
///
/// Other schemes are refused: the value ends up in `src` attributes of pages.
#[derive(Clone, PartialEq, Eq)]
pub struct PictureUrl(String);

impl PictureUrl {
    /// Most bytes of a URL.
    pub const MAX_BYTES: usize = 2048;

    /// Reads a URL from outside.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        text::at_most_bytes(FIELD, text, Self::MAX_BYTES)?;
        text::refuse_hidden(FIELD, text)?;
        let malformed = || {
            Invalid::new(
                FIELD,
                InvalidReason::Malformed("is not an http or https URL"),
            )
        };
        let url = Url::parse(text).map_err(|_| malformed())?;
        // The parser also takes `https:p.png` and `https:///p`, which others read otherwise.
        let absolute = text
            .get(url.scheme().len()..)
            .and_then(|rest| rest.strip_prefix("://"))
            .is_some_and(|rest| !rest.starts_with(['/', '\\']));
        let fits = matches!(url.scheme(), "http" | "https")
            && absolute
            && !text.chars().any(char::is_whitespace);
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(malformed())
        }
    }

    /// A picture as a store keeps it: older rules may have accepted any text.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The URL as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PictureUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A link may be as good as a key, and it leads to a person: never printed by `{:?}`.
impl fmt::Debug for PictureUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PictureUrl(***)")
    }
}
