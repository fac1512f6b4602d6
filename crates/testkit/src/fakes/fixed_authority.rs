//! A platform that knows its administrators.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use users_domain::model::UserId;
use users_domain::ports::{PlatformAuthority, PlatformError};

/// Knows those as administrators whom a test appoints.
#[derive(Debug, Clone, Default)]
pub struct FixedAuthority(Arc<Mutex<Platform>>);

#[derive(Debug, Default)]
struct Platform {
    administrators: BTreeSet<UserId>,
    asked: Vec<UserId>,
    away: bool,
}

impl FixedAuthority {
    /// A platform that nobody administers.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on he administers the platform.
    pub fn appoint(&self, user: &UserId) {
        self.platform().administrators.insert(user.clone());
    }

    /// From now on he does not.
    pub fn dismiss(&self, user: &UserId) {
        self.platform().administrators.remove(user);
    }

    /// From now on it cannot tell.
    pub fn go_away(&self) {
        self.platform().away = true;
    }

    /// From now on it can tell again.
    pub fn come_back(&self) {
        self.platform().away = false;
    }

    /// Who was asked about, in order, while it was away too.
    pub fn asked(&self) -> Vec<UserId> {
        self.platform().asked.clone()
    }

    fn platform(&self) -> MutexGuard<'_, Platform> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl PlatformAuthority for FixedAuthority {
    async fn is_administrator(&self, user: &UserId) -> Result<bool, PlatformError> {
        let mut platform = self.platform();
        platform.asked.push(user.clone());
        if platform.away {
            return Err(PlatformError::Unavailable);
        }
        Ok(platform.administrators.contains(user))
    }
}
