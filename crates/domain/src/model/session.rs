//! A person's session: one refresh token and its successors.

use std::fmt;

use super::{Timestamp, TokenId, UserId, text};
use crate::error::{Invalid, InvalidReason};

/// What a person calls a session, e.g. `laptop`: at most 254 bytes, no control characters.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionDescription(String);

impl SessionDescription {
    /// Most bytes of a description.
    pub const MAX_BYTES: usize = 254;

    /// Reads a description from outside.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const FIELD: &str = "description";
        if text.is_empty() {
            return Err(Invalid::new(FIELD, InvalidReason::Missing));
        }
        text::at_most_bytes(FIELD, text, Self::MAX_BYTES)?;
        text::refuse_hidden(FIELD, text)?;
        Ok(Self(text.to_owned()))
    }

    /// A description as a store keeps it.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The description as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a person writes may be personal: never printed by `{:?}`.
impl fmt::Debug for SessionDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionDescription(***)")
    }
}

/// A session as the refresh-token store keeps it. The token itself is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshSession {
    /// The id of the session's refresh token; it stays through every rotation.
    pub id: TokenId,
    /// Whose session it is.
    pub user: UserId,
    /// What he calls it.
    pub description: Option<SessionDescription>,
    /// Which of the session's refresh tokens is the current one, counted from 0.
    pub generation: u64,
    /// When it began: the moment at which its first tokens say they were issued.
    pub created_at: Timestamp,
    /// When it ends, whatever happens.
    pub expires_at: Timestamp,
    /// When the current token replaced its predecessor.
    pub rotated_at: Option<Timestamp>,
}

/// A session as its issuer tells of it to those who may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The id of the session's refresh token; it stays through every rotation.
    pub id: TokenId,
    /// Whose session it is.
    pub user: UserId,
    /// What he calls it.
    pub description: Option<SessionDescription>,
    /// When it began: the moment at which its first tokens say they were issued. `None` where the
    /// issuer does not know.
    pub created_at: Option<Timestamp>,
    /// When it ends, whatever happens. `None` where the issuer does not know.
    pub expires_at: Option<Timestamp>,
}

impl From<RefreshSession> for Session {
    fn from(kept: RefreshSession) -> Self {
        Self {
            id: kept.id,
            user: kept.user,
            description: kept.description,
            created_at: Some(kept.created_at),
            expires_at: Some(kept.expires_at),
        }
    }
}
