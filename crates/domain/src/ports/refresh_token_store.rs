//! The sessions of an in-process token issuer.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::model::{RefreshSession, TokenId, UserId};

/// Keeps sessions; the refresh tokens themselves are not kept.
///
/// - `add` refuses an id that exists with [`StoreError::Conflict`] of the id.
/// - `rotate` is a compare-and-swap: of any number of calls with the current generation, at once or
///   in turn, exactly one answers [`Rotation::Advanced`].
/// - With the generation just replaced, not longer than `grace` ago, `rotate` answers
///   [`Rotation::Repeated`] and changes nothing; with any other old generation, or later, it ends
///   the session and answers [`Rotation::Reused`]. A generation that was never issued ends it too.
/// - An unknown, ended or expired session answers [`Rotation::Ended`].
/// - `revoke` ends a session only if it is that user's, and says whether it did.
/// - `list` gives the user's sessions that have not expired, oldest first.
/// - `remove_expired` removes at most `limit` expired sessions and says how many.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait RefreshTokenStore: Send + Sync {
    /// Begins a session.
    async fn add(&self, session: RefreshSession) -> Result<(), StoreError>;

    /// Exchanges one generation of a session for the next.
    async fn rotate(
        &self,
        id: &TokenId,
        generation: u64,
        grace: Duration,
    ) -> Result<Rotation, StoreError>;

    /// Ends one session of a user.
    async fn revoke(&self, user: &UserId, id: &TokenId) -> Result<bool, StoreError>;

    /// Ends all sessions of a user.
    async fn revoke_all(&self, user: &UserId) -> Result<(), StoreError>;

    /// The sessions of a user.
    async fn list(&self, user: &UserId) -> Result<Vec<RefreshSession>, StoreError>;

    /// Clears away sessions that expired.
    async fn remove_expired(&self, limit: u32) -> Result<u32, StoreError>;
}

/// The outcome of an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    /// The session as it is now, one generation further.
    Advanced(RefreshSession),
    /// The session as it was already: the last answer was lost and is given again.
    Repeated(RefreshSession),
    /// A token was used that had been replaced: somebody holds a copy. The session is ended.
    Reused,
    /// There is no such session.
    Ended,
}
