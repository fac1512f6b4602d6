//! A platform that remembers whom it knows.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use users_domain::model::{Role, UserId};
use users_domain::ports::{PlatformError, PlatformRelations};

type Predicate = Box<dyn Fn(&UserId) -> bool + Send>;

/// Keeps who is a member of the platform and who administers it, and every call that was carried out.
#[derive(Clone, Default)]
pub struct MemoryRelations(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    users: BTreeMap<UserId, Role>,
    calls: Vec<RelationCall>,
    away: bool,
    refuses: Option<Predicate>,
}

/// What the platform was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelationCall {
    /// Somebody is known in this role.
    Put(UserId, Role),
    /// Somebody is known no more.
    Remove(UserId),
}

impl MemoryRelations {
    /// A platform that knows nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on it is away.
    pub fn go_away(&self) {
        self.known().away = true;
    }

    /// From now on it is there again.
    pub fn come_back(&self) {
        self.known().away = false;
    }

    /// From now on it cannot hold these ids, and only these.
    pub fn refuse(&self, these: impl Fn(&UserId) -> bool + Send + 'static) {
        self.known().refuses = Some(Box::new(these));
    }

    /// As what it knows somebody.
    pub fn role_of(&self, user: &UserId) -> Option<Role> {
        self.known().users.get(user).copied()
    }

    /// Whom it knows, by id.
    pub fn users(&self) -> Vec<(UserId, Role)> {
        let known = self.known();
        let users = known.users.iter();
        users.map(|(id, role)| (id.clone(), *role)).collect()
    }

    /// What it was told, in order.
    pub fn calls(&self) -> Vec<RelationCall> {
        self.known().calls.clone()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answering(&self) -> Result<MutexGuard<'_, Known>, PlatformError> {
        let known = self.known();
        if known.away {
            return Err(PlatformError::Unavailable);
        }
        Ok(known)
    }
}

impl fmt::Debug for MemoryRelations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.known();
        f.debug_struct("MemoryRelations")
            .field("users", &known.users)
            .field("away", &known.away)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl PlatformRelations for MemoryRelations {
    async fn put(&self, user: &UserId, role: Role) -> Result<(), PlatformError> {
        let mut known = self.answering()?;
        if known.refuses.as_ref().is_some_and(|these| these(user)) {
            return Err(PlatformError::Refused);
        }
        known.users.insert(user.clone(), role);
        known.calls.push(RelationCall::Put(user.clone(), role));
        Ok(())
    }

    async fn remove(&self, user: &UserId) -> Result<(), PlatformError> {
        let mut known = self.answering()?;
        known.users.remove(user);
        known.calls.push(RelationCall::Remove(user.clone()));
        Ok(())
    }
}
