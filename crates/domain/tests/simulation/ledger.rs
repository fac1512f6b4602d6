//! What was really committed, written down at the moment of the commit, and what a session is held
//! to.
//!
//! The ledger stands directly before the memory store, which carries every call out at once; so its
//! entries are in the order of the commits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use users_domain::model::{
    Change, Effect, EffectKind, Facts, Needs, Page, RefreshSession, Timestamp, TokenId, User,
    UserEvent, UserFilter, UserId, UserQuery,
};
use users_domain::ports::{
    Claim, Clock, Decide, Fence, LeaseHolder, Outbox, OutboxDepth, OutboxItemId, RefreshTokenStore,
    Rotation, StoreError, UserStore,
};
use users_testkit::fakes::{FixedClock, MemoryStore};

/// How long the refresh token that was just replaced is honoured.
const GRACE: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub(crate) struct Ledger {
    store: MemoryStore,
    clock: FixedClock,
    book: Arc<Mutex<Book>>,
}

#[derive(Default)]
struct Book {
    events: Vec<UserEvent>,
    sessions: BTreeMap<TokenId, Session>,
    stolen: BTreeSet<TokenId>,
}

struct Session {
    user: UserId,
    expires_at: Timestamp,
    ended: bool,
    /// When each generation was exchanged for the next.
    exchanged: Vec<Timestamp>,
}

impl Ledger {
    pub(crate) fn new(store: MemoryStore, clock: FixedClock) -> Self {
        Self {
            store,
            clock,
            book: Arc::default(),
        }
    }

    /// Every event that was committed, in order.
    pub(crate) fn events(&self) -> Vec<UserEvent> {
        self.book().events.clone()
    }

    /// Whether a session was ended or ran out.
    pub(crate) fn is_over(&self, id: &TokenId) -> bool {
        let session = &self.book().sessions[id];
        session.ended || session.expires_at <= self.clock.now()
    }

    /// How often a refresh token was exchanged for its successor.
    pub(crate) fn exchanges(&self) -> usize {
        let book = self.book();
        let sessions = book.sessions.values();
        sessions.map(|session| session.exchanged.len()).sum()
    }

    /// Sessions that ended because a replaced token was used.
    pub(crate) fn stolen_sessions(&self) -> BTreeSet<TokenId> {
        self.book().stolen.clone()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    fn commit(&self, effects: Vec<Effect>) {
        let events = &mut self.book().events;
        for effect in effects {
            match effect {
                Effect::Event(event) => events.push(event),
            }
        }
    }

    /// No generation is exchanged twice, nor given again but for its grace, nor after the end; and
    /// no session ends without a reason.
    fn hold_to(&self, id: &TokenId, generation: u64, rotation: &Rotation) {
        let now = self.clock.now();
        let mut book = self.book();
        let session = book
            .sessions
            .get_mut(id)
            .expect("only issued tokens verify");
        let over = session.ended || session.expires_at <= now;
        let exchanged = session.exchanged.len() as u64;
        match rotation {
            Rotation::Advanced(next) => {
                assert!(!over, "a session goes on after its end");
                assert_eq!(generation, exchanged, "a generation is exchanged once");
                assert_eq!(next.generation, generation + 1);
                session.exchanged.push(now);
            }
            Rotation::Repeated(same) => {
                assert!(!over, "a session goes on after its end");
                assert_eq!(
                    generation + 1,
                    exchanged,
                    "only the last answer is repeated"
                );
                assert_eq!(same.generation, exchanged);
                let since = now - *session.exchanged.last().unwrap();
                assert!(since <= GRACE, "an answer is repeated {since} later");
            }
            Rotation::Reused => {
                assert!(!over, "a session ends once");
                assert!(generation < exchanged, "the current token is no copy");
                session.ended = true;
                book.stolen.insert(id.clone());
            }
            Rotation::Ended => assert!(over, "a session ends for a reason"),
        }
    }
}

#[async_trait]
impl UserStore for Ledger {
    async fn find(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        self.store.find(id).await
    }

    async fn find_by_login(&self, identity: &str) -> Result<Vec<User>, StoreError> {
        self.store.find_by_login(identity).await
    }

    async fn page(&self, query: &UserQuery) -> Result<Page<User>, StoreError> {
        self.store.page(query).await
    }

    async fn count(&self, filter: &UserFilter) -> Result<u64, StoreError> {
        self.store.count(filter).await
    }

    async fn insert(&self, user: User, effects: Vec<Effect>) -> Result<User, StoreError> {
        let user = self.store.insert(user, effects.clone()).await?;
        self.commit(effects);
        Ok(user)
    }

    async fn update(
        &self,
        id: &UserId,
        needs: Needs,
        decide: Arc<Decide>,
    ) -> Result<User, StoreError> {
        let decided = Arc::new(Mutex::new(Vec::new()));
        let last = decided.clone();
        let listening = move |user: &User, facts: &Facts| -> Result<Change, users_domain::Error> {
            let change = decide(user, facts)?;
            last.lock().unwrap().clone_from(&change.effects);
            Ok(change)
        };
        let user = self.store.update(id, needs, Arc::new(listening)).await?;
        self.commit(std::mem::take(&mut decided.lock().unwrap()));
        Ok(user)
    }
}

#[async_trait]
impl Outbox for Ledger {
    async fn add(&self, effects: Vec<Effect>) -> Result<(), StoreError> {
        Outbox::add(&self.store, effects.clone()).await?;
        self.commit(effects);
        Ok(())
    }

    async fn claim(
        &self,
        kind: EffectKind,
        holder: &LeaseHolder,
        limit: u32,
    ) -> Result<Option<Claim>, StoreError> {
        self.store.claim(kind, holder, limit).await
    }

    async fn done(
        &self,
        kind: EffectKind,
        fence: Fence,
        item: OutboxItemId,
    ) -> Result<(), StoreError> {
        self.store.done(kind, fence, item).await
    }

    async fn retry(
        &self,
        kind: EffectKind,
        fence: Fence,
        item: OutboxItemId,
        due_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.store.retry(kind, fence, item, due_at).await
    }

    async fn park(
        &self,
        kind: EffectKind,
        fence: Fence,
        item: OutboxItemId,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.store.park(kind, fence, item, reason).await
    }

    async fn release(&self, kind: EffectKind, fence: Fence) -> Result<(), StoreError> {
        self.store.release(kind, fence).await
    }

    async fn depth(&self, kind: EffectKind) -> Result<OutboxDepth, StoreError> {
        self.store.depth(kind).await
    }
}

#[async_trait]
impl RefreshTokenStore for Ledger {
    async fn add(&self, session: RefreshSession) -> Result<(), StoreError> {
        RefreshTokenStore::add(&self.store, session.clone()).await?;
        let begun = Session {
            user: session.user,
            expires_at: session.expires_at,
            ended: false,
            exchanged: Vec::new(),
        };
        self.book().sessions.insert(session.id, begun);
        Ok(())
    }

    async fn rotate(
        &self,
        id: &TokenId,
        generation: u64,
        grace: Duration,
    ) -> Result<Rotation, StoreError> {
        assert_eq!(grace, GRACE);
        let rotation = self.store.rotate(id, generation, grace).await?;
        self.hold_to(id, generation, &rotation);
        Ok(rotation)
    }

    async fn revoke(&self, user: &UserId, id: &TokenId) -> Result<bool, StoreError> {
        let revoked = self.store.revoke(user, id).await?;
        if revoked {
            self.book().sessions.get_mut(id).unwrap().ended = true;
        }
        Ok(revoked)
    }

    async fn revoke_all(&self, user: &UserId) -> Result<(), StoreError> {
        self.store.revoke_all(user).await?;
        for session in self.book().sessions.values_mut() {
            session.ended |= session.user == *user;
        }
        Ok(())
    }

    async fn list(&self, user: &UserId) -> Result<Vec<RefreshSession>, StoreError> {
        self.store.list(user).await
    }

    async fn remove_expired(&self, limit: u32) -> Result<u32, StoreError> {
        self.store.remove_expired(limit).await
    }
}
