//! Sessions of an in-process token issuer: the port `RefreshTokenStore`.

use std::time::Duration;

use async_trait::async_trait;
use users_domain::model::{ConflictField, RefreshSession, TokenId, UserId};
use users_domain::ports::{RefreshTokenStore, Rotation, StoreError};

use super::MemoryStore;

#[async_trait]
impl RefreshTokenStore for MemoryStore {
    async fn add(&self, session: RefreshSession) -> Result<(), StoreError> {
        let sessions = &mut self.state().sessions;
        if sessions.contains_key(&session.id) {
            return Err(StoreError::Conflict(ConflictField::Id));
        }
        sessions.insert(session.id.clone(), session);
        Ok(())
    }

    async fn rotate(
        &self,
        id: &TokenId,
        generation: u64,
        grace: Duration,
    ) -> Result<Rotation, StoreError> {
        let now = self.clock.now();
        let sessions = &mut self.state().sessions;
        let alive = sessions
            .get_mut(id)
            .filter(|session| now < session.expires_at);
        let Some(session) = alive else {
            return Ok(Rotation::Ended);
        };
        let outcome = Rotation::of(session.clone(), generation, grace, now);
        match &outcome {
            Rotation::Advanced(next) => *session = next.clone(),
            Rotation::Reused => _ = sessions.remove(id),
            Rotation::Repeated(_) | Rotation::Ended => {}
        }
        Ok(outcome)
    }

    async fn revoke(&self, user: &UserId, id: &TokenId) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let sessions = &mut self.state().sessions;
        let theirs = sessions
            .get(id)
            .is_some_and(|session| session.user == *user && now < session.expires_at);
        if theirs {
            sessions.remove(id);
        }
        Ok(theirs)
    }

    async fn revoke_all(&self, user: &UserId) -> Result<(), StoreError> {
        self.state()
            .sessions
            .retain(|_, session| session.user != *user);
        Ok(())
    }

    async fn list(&self, user: &UserId) -> Result<Vec<RefreshSession>, StoreError> {
        let now = self.clock.now();
        let state = self.state();
        let mut sessions: Vec<RefreshSession> = state
            .sessions
            .values()
            .filter(|session| session.user == *user && now < session.expires_at)
            .cloned()
            .collect();
        // Stable: sessions of the same moment stay in the order of their ids.
        sessions.sort_by_key(|session| session.created_at);
        Ok(sessions)
    }

    async fn remove_expired(&self, limit: u32) -> Result<u32, StoreError> {
        let now = self.clock.now();
        let sessions = &mut self.state().sessions;
        let expired: Vec<TokenId> = sessions
            .values()
            .filter(|session| session.expires_at <= now)
            .map(|session| session.id.clone())
            .take(limit as usize)
            .collect();
        for id in &expired {
            sessions.remove(id);
        }
        // At most `limit`.
        Ok(u32::try_from(expired.len()).unwrap_or(limit))
    }
}
