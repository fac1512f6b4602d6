//! Domains that remember who left them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use users_domain::model::UserId;
use users_domain::ports::{Domains, PlatformError};

/// Counts of how many domains users are members, and keeps who was taken out, repeats too.
#[derive(Debug, Clone, Default)]
pub struct RecordingDomains(Arc<Mutex<Members>>);

#[derive(Debug, Default)]
struct Members {
    memberships: BTreeMap<UserId, usize>,
    removed: Vec<UserId>,
    away: bool,
    holding: bool,
}

impl RecordingDomains {
    /// Domains without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// He joins one more domain.
    pub fn join(&self, user: &UserId) {
        *self.members().memberships.entry(user.clone()).or_default() += 1;
    }

    /// Of how many domains he is a member.
    pub fn memberships(&self, user: &UserId) -> usize {
        let members = self.members();
        members.memberships.get(user).copied().unwrap_or_default()
    }

    /// From now on nobody is taken out, but may be later.
    pub fn go_away(&self) {
        self.members().away = true;
    }

    /// From now on users are taken out again.
    pub fn come_back(&self) {
        let mut members = self.members();
        (members.away, members.holding) = (false, false);
    }

    /// From now on the answer is that the user is still there.
    pub fn hold(&self) {
        self.members().holding = true;
    }

    /// Who was taken out, in order.
    pub fn removed(&self) -> Vec<UserId> {
        self.members().removed.clone()
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Domains for RecordingDomains {
    async fn remove_user(&self, user: &UserId) -> Result<(), PlatformError> {
        let mut members = self.members();
        if members.away || members.holding {
            return Err(PlatformError::Unavailable);
        }
        members.memberships.remove(user);
        members.removed.push(user.clone());
        Ok(())
    }
}
