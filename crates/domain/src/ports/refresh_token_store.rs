//! The sessions of an in-process token issuer.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::model::{RefreshSession, Timestamp, TokenId, UserId};

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

impl Rotation {
    /// Decides what an exchange comes to: for a store that has locked the session, which has not
    /// ended, and then keeps what [`Rotation::Advanced`] holds or removes what was reused.
    pub fn of(session: RefreshSession, generation: u64, grace: Duration, now: Timestamp) -> Self {
        if generation == session.generation {
            return Self::Advanced(RefreshSession {
                generation: generation.saturating_add(1),
                rotated_at: Some(now),
                ..session
            });
        }
        let just_replaced = generation.checked_add(1) == Some(session.generation)
            && session
                .rotated_at
                .is_some_and(|rotated_at| now - rotated_at <= grace);
        if just_replaced {
            Self::Repeated(session)
        } else {
            Self::Reused
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(30);
    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn session(generation: u64, rotated_at: Option<Timestamp>) -> RefreshSession {
        RefreshSession {
            id: TokenId::new("session".to_owned()),
            user: UserId::from_stored("ada".to_owned()),
            description: None,
            generation,
            created_at: NOW - Duration::from_hours(1),
            expires_at: NOW + Duration::from_hours(1),
            rotated_at,
        }
    }

    #[test]
    fn the_current_generation_is_exchanged_for_the_next() {
        for rotated_at in [None, Some(NOW - GRACE * 2)] {
            let outcome = Rotation::of(session(4, rotated_at), 4, GRACE, NOW);
            assert_eq!(outcome, Rotation::Advanced(session(5, Some(NOW))));
        }
    }

    #[test]
    fn the_one_just_replaced_is_answered_again_until_the_grace_is_over() {
        let nanosecond = Duration::from_nanos(1);
        for (rotated_at, repeated) in [
            (NOW, true),
            (NOW - GRACE, true),
            (NOW - GRACE - nanosecond, false),
            // The clock was set back.
            (NOW + GRACE, true),
        ] {
            let session = session(5, Some(rotated_at));
            let expected = if repeated {
                Rotation::Repeated(session.clone())
            } else {
                Rotation::Reused
            };
            assert_eq!(
                Rotation::of(session, 4, GRACE, NOW),
                expected,
                "{rotated_at}"
            );
        }
    }

    #[test]
    fn any_other_generation_was_used_by_somebody_with_a_copy() {
        for generation in [0, 3, 6, u64::MAX] {
            let outcome = Rotation::of(session(5, Some(NOW)), generation, GRACE, NOW);
            assert_eq!(outcome, Rotation::Reused, "{generation}");
        }
        // No generation came before the first.
        let outcome = Rotation::of(session(0, None), u64::MAX, GRACE, NOW);
        assert_eq!(outcome, Rotation::Reused);
    }
}
