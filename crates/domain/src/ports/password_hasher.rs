//! The keeper of password hashing: slow on purpose, bounded on purpose.

use std::time::Duration;

use async_trait::async_trait;

use crate::model::{Password, PasswordAttempt, PasswordHash};

/// Hashes and verifies passwords; the only one that knows the formats of hashes.
///
/// - `verify` of a password against its own hash matches; another password does not.
/// - Two hashes of one password differ.
/// - A hash of today's format and cost is not outdated; one of another known format or cost is.
/// - A stored text that is no known hash, or dearer to verify than the hasher allows, matches
///   nothing, costs what `verify_absent` costs, and is no error.
/// - An attempt longer than [`Password::MAX_BYTES`] matches nothing; it is never cut.
/// - `verify_absent` costs what `verify` costs on a hash of today's cost, and matches nothing.
/// - `check` says whether `verify` could compare with a stored text, and why not if it could not. It
///   computes nothing, and never repeats the text.
/// - Hashing never runs on the caller's thread. When more work waits than is allowed, the answer is
///   [`HasherError::Busy`] at once. A hasher may give that answer later, to what has waited too long;
///   then it has not hashed it.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes a new password.
    async fn hash(&self, password: &Password) -> Result<PasswordHash, HasherError>;

    /// Compares an attempt with a stored hash.
    async fn verify(
        &self,
        attempt: &PasswordAttempt,
        hash: &PasswordHash,
    ) -> Result<Verdict, HasherError>;

    /// Spends the time of a comparison for an account that does not exist or has no password.
    async fn verify_absent(&self, attempt: &PasswordAttempt) -> Result<(), HasherError>;

    /// Judges a hash that comes from elsewhere, before it is kept.
    fn check(&self, hash: &PasswordHash) -> Result<(), HashRefusal>;
}

/// Why a stored text matches no password. It carries the hasher's words for it, which never repeat
/// the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashRefusal {
    /// It is no hash of a known format.
    #[error("{0}")]
    Unreadable(String),
    /// It is one, and dearer to verify than the hasher allows.
    #[error("{0}")]
    TooDear(String),
}

/// The outcome of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the password is the right one.
    pub matches: bool,
    /// Whether the hash should be replaced by one of today's format and cost.
    pub outdated: bool,
}

/// Why a password was neither hashed nor compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HasherError {
    /// Too much work waits.
    #[error("too many passwords are waiting to be hashed")]
    Busy {
        /// When a retry has a chance.
        retry_after: Duration,
    },
    /// The hasher's threads are gone.
    #[error("the password hasher has stopped")]
    Stopped,
}
