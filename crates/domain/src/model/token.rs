//! Bearer tokens: what they are, and what they say once verified.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::{Timestamp, UserId};

/// A token as it came with a request or goes into an answer: a secret.
#[derive(Clone)]
pub struct BearerToken(SecretString);

impl BearerToken {
    /// Takes a token's text.
    pub fn new(text: String) -> Self {
        Self(text.into())
    }

    /// The text, for verifiers, issuers and answers only.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(***)")
    }
}

/// What a token is for. A token of one kind is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// Opens the API for a short time.
    Access,
    /// Is exchanged for a new pair, and nothing else.
    Refresh,
    /// The platform's recovery token.
    Recovery,
    /// The platform's API key.
    Api,
    /// A personal access token: may read (see [`crate::authorization`]).
    PersonalAccess,
    /// The platform's invitation.
    Invitation,
}

impl TokenKind {
    /// The value of the claim `type`.
    pub const fn as_u8(self) -> u8 {
        match self {
            Self::Access => 0,
            Self::Refresh => 1,
            Self::Recovery => 2,
            Self::Api => 3,
            Self::PersonalAccess => 4,
            Self::Invitation => 5,
        }
    }

    /// Reads the claim `type`.
    pub const fn from_u8(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Access,
            1 => Self::Refresh,
            2 => Self::Recovery,
            3 => Self::Api,
            4 => Self::PersonalAccess,
            5 => Self::Invitation,
            _ => return None,
        })
    }

    /// The value of `token_type` in events.
    pub const fn event_name(self) -> &'static str {
        match self {
            Self::PersonalAccess => "pat",
            _ => "access token",
        }
    }
}

/// The id of a session's refresh token (claim `jti`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(String);

impl TokenId {
    /// Takes an id as text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a verified token says. Says nothing about the account's present state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenClaims {
    /// Whose token it is.
    pub user: UserId,
    /// What it is for.
    pub kind: TokenKind,
    /// When it was issued, in whole seconds of Unix time; `None` for tokens that carry no time
    /// (personal access tokens).
    pub issued_at: Option<i64>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// The session it belongs to, where it names one.
    pub id: Option<TokenId>,
}

/// A pair as issued.
#[derive(Debug, Clone)]
pub struct TokenPair {
    /// Opens the API.
    pub access: BearerToken,
    /// Is exchanged for the next pair.
    pub refresh: BearerToken,
}
