//! What can happen when somebody asks for something: never an HTTP status, never a driver's text.

use std::time::Duration;

use thiserror::Error as ThisError;

use crate::model::ConflictField;
use crate::ports::HashRefusal;

/// Why a request was not carried out.
///
/// The driving adapters map it to their protocol in one table each. `Display` is written for the
/// caller: it holds no internal detail, no secret and no stored value.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// The thing asked for does not exist, or the caller may not know that it does.
    #[error("entity not found")]
    NotFound,
    /// A unique field is taken by another account.
    #[error("{} is already taken", .field.as_str())]
    Conflict {
        /// Which field.
        field: ConflictField,
    },
    /// A field of the request is unacceptable.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The caller did not prove who he is.
    #[error("{}", .0.as_str())]
    Unauthenticated(Unauthenticated),
    /// The caller's e-mail address is not verified, and this operation asks for it.
    #[error("email not verified")]
    EmailNotVerified,
    /// A mailed code is unknown, used, expired, for another purpose or for an old address. One
    /// answer for all of them.
    #[error("the link or code is invalid or has expired; ask for a new one")]
    InvalidCode,
    /// The e-mail address is verified already.
    #[error("user already verified")]
    AlreadyVerified,
    /// The account is in the wanted state already.
    #[error("status already assigned")]
    StatusAlreadyAssigned,
    /// The account is not enabled, and only enabled ones can be changed.
    #[error("the account is not enabled")]
    NotEnabled,
    /// Without this account nobody could administer the platform.
    #[error("this is the last enabled administrator")]
    LastAdministrator,
    /// The person's identity provider owns the field; it is changed there.
    #[error("{field} can only be changed at the account's identity provider")]
    OwnedByProvider {
        /// The field in the domain's words.
        field: &'static str,
    },
    /// The account was changed since the caller looked at it.
    #[error("the account was changed meanwhile; look at it again")]
    Stale,
    /// The caller is known and may not do this.
    #[error("not authorized to perform this action")]
    Forbidden,
    /// Too much work is waiting; the same request may succeed later.
    #[error("too much work is waiting, try again later")]
    Busy {
        /// When a retry has a chance.
        retry_after: Duration,
    },
    /// Something the answer depends on is away or too slow; the same request may succeed later.
    #[error("{port} is unavailable, try again later")]
    Unavailable {
        /// The port's word for it, e.g. `user store`.
        port: &'static str,
    },
}

/// Why a caller is not authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unauthenticated {
    /// No bearer token was sent.
    MissingToken,
    /// The token is malformed, forged, expired, of the wrong kind, ended, or its account is not
    /// enabled. One text for all of them: which one it was is in the log.
    InvalidToken,
    /// Identity and secret do not fit, or the account is not enabled.
    InvalidCredentials,
}

impl Unauthenticated {
    /// The text for the caller.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingToken => "missing or invalid bearer user token",
            Self::InvalidToken => "failed to perform authentication over the entity",
            Self::InvalidCredentials => "invalid credentials",
        }
    }
}

/// A field of a request that cannot be accepted, and why.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
#[error("{field}: {reason}")]
pub struct Invalid {
    /// The field in the domain's words, e.g. `email`, `credentials.secret`, `limit`.
    pub field: &'static str,
    /// What was wrong, for the caller; never repeats the value.
    pub reason: InvalidReason,
}

impl Invalid {
    /// Says what is wrong with a field.
    pub const fn new(field: &'static str, reason: InvalidReason) -> Self {
        Self { field, reason }
    }

    /// The same complaint about a field of another name.
    #[must_use]
    pub const fn in_field(mut self, field: &'static str) -> Self {
        self.field = field;
        self
    }
}

/// What can be wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum InvalidReason {
    /// A value is needed.
    #[error("is missing")]
    Missing,
    /// More than `limit` units.
    #[error("is longer than {limit} {unit}")]
    TooLong {
        /// The most that is accepted.
        limit: usize,
        /// What is counted, e.g. `bytes`.
        unit: &'static str,
    },
    /// More than `limit` members.
    #[error("has more than {limit} members")]
    TooMany {
        /// The most that is accepted.
        limit: usize,
    },
    /// JSON nested deeper than `limit`.
    #[error("is nested deeper than {limit} levels")]
    TooDeep {
        /// The deepest that is accepted.
        limit: usize,
    },
    /// A number outside its range.
    #[error("must be between {min} and {max}")]
    OutOfRange {
        /// Least.
        min: u64,
        /// Most.
        max: u64,
    },
    /// A character that is not allowed here.
    #[error("holds a character that is not allowed: {0}")]
    Character(&'static str),
    /// The form is wrong.
    #[error("{0}")]
    Malformed(&'static str),
    /// A password hash that no login could verify.
    #[error("{0}")]
    PasswordHash(HashRefusal),
    /// A new password breaks the operator's policy.
    #[error(
        "does not meet the rule for passwords (eight characters or more, unless the operator set another)"
    )]
    PasswordPolicy,
}
