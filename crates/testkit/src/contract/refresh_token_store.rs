//! What a store of sessions promises.

use std::sync::Arc;
use std::time::Duration;

use users_domain::model::{RefreshSession, Timestamp, TokenId, UserId};
use users_domain::ports::{Clock, RefreshTokenStore, Rotation};

use super::{Keep, Lever};
use crate::fakes::FixedClock;

mod everywhere;
mod keeping;
mod rotating;

pub use everywhere::*;
pub use keeping::*;
pub use rotating::*;

/// A store of sessions, empty.
pub struct RefreshTokenStoreUnderTest {
    /// The store.
    pub store: Arc<dyn RefreshTokenStore>,
    /// The clock that it goes by.
    pub clock: FixedClock,
    /// Makes the store unavailable for good; `None` where it cannot be.
    pub go_away: Option<Lever>,
    /// What must live as long as the subject.
    pub keep: Keep,
}

suite! {
    $
    /// Makes a test of every promise of
    /// [`RefreshTokenStore`](users_domain::ports::RefreshTokenStore). The argument gives a fresh
    /// [`RefreshTokenStoreUnderTest`]($crate::contract::RefreshTokenStoreUnderTest).
    refresh_token_store_contract, refresh_token_store:
    a_session_is_kept_whole,
    an_id_that_exists_is_refused,
    the_current_generation_advances,
    of_many_rotations_at_once_exactly_one_advances,
    of_rotations_in_turn_exactly_one_advances,
    the_generation_just_replaced_is_repeated_within_the_grace,
    the_generation_just_replaced_ends_the_session_after_the_grace,
    an_older_generation_ends_the_session_within_the_grace_too,
    a_generation_never_issued_ends_the_session,
    an_unknown_session_has_ended,
    a_revoked_session_has_ended,
    an_expired_session_has_ended,
    rotation_does_not_move_the_end,
    a_rotation_touches_no_other_session,
    a_user_revokes_his_own_session_only,
    all_sessions_of_a_user_are_revoked_and_no_others,
    a_list_is_one_users_oldest_first,
    expired_sessions_are_not_listed,
    expired_sessions_are_removed_up_to_the_limit,
    living_sessions_are_never_removed,
    a_session_revoked_while_it_is_rotated_stays_ended,
    it_serves_a_bare_runtime,
    a_dropped_call_is_wholly_done_or_undone,
    away_it_answers_unavailable,
}

const GRACE: Duration = Duration::from_secs(30);
const LIFETIME: Duration = Duration::from_hours(24);
/// The finest step of time that a store can tell.
const STEP: Duration = Duration::from_micros(1);

fn user(name: &str) -> UserId {
    UserId::from_stored(name.to_owned())
}

fn id(text: &str) -> TokenId {
    TokenId::new(text.to_owned())
}

impl RefreshTokenStoreUnderTest {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A session that begins now, not yet kept.
    fn session(&self, name: &str, of: &str) -> RefreshSession {
        RefreshSession {
            id: id(name),
            user: user(of),
            description: None,
            generation: 0,
            created_at: self.now(),
            expires_at: self.now() + LIFETIME,
            rotated_at: None,
        }
    }

    async fn begin(&self, name: &str, of: &str) -> RefreshSession {
        let session = self.session(name, of);
        self.store.add(session.clone()).await.unwrap();
        session
    }

    async fn rotate(&self, name: &str, generation: u64) -> Rotation {
        let rotation = self.store.rotate(&id(name), generation, GRACE).await;
        rotation.unwrap()
    }

    async fn list(&self, of: &str) -> Vec<RefreshSession> {
        self.store.list(&user(of)).await.unwrap()
    }

    async fn ids(&self, of: &str) -> Vec<String> {
        let sessions = self.list(of).await.into_iter();
        sessions
            .map(|session| session.id.as_str().to_owned())
            .collect()
    }

    /// The session must have ended, for rotation and in the list.
    async fn assert_ended(&self, name: &str, of: &str) {
        assert!(!self.ids(of).await.contains(&name.to_owned()));
        for generation in 0..3 {
            assert_eq!(self.rotate(name, generation).await, Rotation::Ended);
        }
    }
}
