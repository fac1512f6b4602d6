//! The store as everybody uses it, with somebody who writes down what was really committed, and what
//! may be asked of him.
//!
//! The ledger stands directly before the memory store, which carries every call out at once; so its
//! entries are in the order of the commits.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use users_domain::Error;
use users_domain::model::{
    Change, CodePurpose, CodeRecord, DeletedAccount, Effect, EffectKind, Email, Facts, Needs,
    Notice, OneTimeCode, Page, Proof, RefreshSession, Timestamp, TokenId, User, UserEvent,
    UserFilter, UserId, UserQuery,
};
use users_domain::ports::{
    Claim, Clock, Decide, DecidePurge, DecideWithCode, Fence, LeaseHolder, Outbox, OutboxDepth,
    OutboxItemId, RefreshTokenStore, Rotation, StoreError, UserStore,
};
use users_testkit::fakes::{FixedClock, MemoryStore};
use uuid::Uuid;

use super::book::{Book, Code, Ends, GRACE, Moment};

#[derive(Clone)]
pub(crate) struct Ledger {
    store: MemoryStore,
    clock: FixedClock,
    book: Arc<Mutex<Book>>,
}

impl Ledger {
    pub(crate) fn new(store: MemoryStore, clock: FixedClock) -> Self {
        Self {
            store,
            clock,
            book: Arc::default(),
        }
    }

    /// How many changes of accounts were committed.
    pub(crate) fn moment(&self) -> Moment {
        self.book().now
    }

    /// Every event that was committed, in order.
    pub(crate) fn events(&self) -> Vec<UserEvent> {
        self.book().events.clone()
    }

    /// Every notice that was committed, in order.
    pub(crate) fn notices(&self) -> Vec<(UserId, Notice)> {
        self.book().notices.clone()
    }

    /// All accounts there are.
    pub(crate) fn accounts(&self) -> Vec<UserId> {
        self.book().accounts.keys().cloned().collect()
    }

    /// Those that administer at present.
    pub(crate) fn administrators(&self) -> Vec<UserId> {
        self.book().administrators.iter().cloned().collect()
    }

    /// An account at present.
    pub(crate) fn account(&self, id: &UserId) -> User {
        self.book().accounts[id].last().unwrap().user.clone()
    }

    /// An account as it was at each of its versions.
    pub(crate) fn history(&self, id: &UserId) -> Vec<User> {
        let book = self.book();
        let states = book.accounts[id].iter();
        states.map(|state| state.user.clone()).collect()
    }

    /// Whether an account was so at any time from a moment on.
    pub(crate) fn was(&self, id: &UserId, from: Moment, so: impl Fn(&User) -> bool) -> bool {
        let book = self.book();
        let states = &book.accounts[id];
        let earlier = states.iter().rposition(|state| state.since <= from);
        let in_force = &states[earlier.unwrap_or_default()..];
        in_force.iter().any(|state| so(&state.user))
    }

    /// Whether tokens of an account were ended after one moment and not after another.
    pub(crate) fn ended_between(
        &self,
        id: &UserId,
        after: Moment,
        until: Moment,
        which: Ends,
    ) -> bool {
        let book = self.book();
        let mut states = book.accounts[id].iter();
        states.any(|state| (after + 1..=until).contains(&state.since) && state.ended >= which)
    }

    /// What is answered was committed.
    pub(crate) fn confirm(&self, answer: &User) {
        let book = self.book();
        let mut states = book.accounts[&answer.id].iter();
        assert!(states.any(|state| state.user == *answer), "{answer:?}");
    }

    /// Whether a code ran out, was used or voided.
    pub(crate) fn is_useless(&self, code: &OneTimeCode) -> bool {
        let book = self.book();
        let kept = &book.codes[&code.digest().to_hex()];
        kept.spent || kept.record.expires_at <= self.clock.now()
    }

    /// Whose account a code opens.
    pub(crate) fn opens(&self, code: &OneTimeCode) -> UserId {
        let book = self.book();
        book.codes[&code.digest().to_hex()].record.user.clone()
    }

    /// Somebody was given the tokens of a session.
    pub(crate) fn hand_over(&self, id: &TokenId) {
        self.book().sessions.get_mut(id).unwrap().held = true;
    }

    /// Somebody wants one of his sessions ended.
    pub(crate) fn give_up(&self, id: &TokenId) {
        self.book().given_up.insert(id.clone());
    }

    /// Whether a session was ended or ran out.
    pub(crate) fn is_over(&self, id: &TokenId) -> bool {
        let session = &self.book().sessions[id];
        session.ended || session.expires_at <= self.clock.now()
    }

    /// Whether the account of a session honours it no more.
    pub(crate) fn is_dishonoured(&self, id: &TokenId) -> bool {
        self.book().is_dishonoured(id)
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

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

#[async_trait]
impl UserStore for Ledger {
    async fn find(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        self.store.find(id).await
    }

    async fn find_all(&self, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        self.store.find_all(ids).await
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
        let mut book = self.book();
        book.write_account(&user, None);
        book.write_effects(effects);
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
        let listening = move |user: &User, facts: &Facts| -> Result<Change, Error> {
            let change = decide(user, facts)?;
            last.lock().unwrap().clone_from(&change.effects);
            Ok(change)
        };
        let user = self.store.update(id, needs, Arc::new(listening)).await?;
        let mut book = self.book();
        book.write_account(&user, None);
        book.write_effects(std::mem::take(&mut decided.lock().unwrap()));
        Ok(user)
    }

    async fn deleted_before(
        &self,
        cutoff: Timestamp,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<DeletedAccount>, StoreError> {
        self.store.deleted_before(cutoff, after, limit).await
    }

    async fn purge(&self, id: &UserId, _: Arc<DecidePurge>) -> Result<bool, StoreError> {
        unreachable!("accounts stay, and nobody purges {id}")
    }

    async fn add_code(&self, code: CodeRecord) -> Result<(), StoreError> {
        self.store.add_code(code.clone()).await?;
        let digest = code.digest.to_hex();
        let kept = Code {
            record: code,
            spent: false,
        };
        let before = self.book().codes.insert(digest, kept);
        assert!(before.is_none(), "every code is another");
        Ok(())
    }

    async fn find_code(
        &self,
        proof: &Proof,
        purpose: CodePurpose,
    ) -> Result<Option<CodeRecord>, StoreError> {
        self.store.find_code(proof, purpose).await
    }

    async fn last_code_at(
        &self,
        user: &UserId,
        purpose: CodePurpose,
        email: &Email,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.store.last_code_at(user, purpose, email).await
    }

    async fn redeem(
        &self,
        proof: &Proof,
        purpose: CodePurpose,
        decide: Arc<DecideWithCode>,
    ) -> Result<User, StoreError> {
        let decided = Arc::new(Mutex::new(None));
        let last = decided.clone();
        let listening = move |user: &User, code: &CodeRecord| -> Result<Change, Error> {
            let change = decide(user, code)?;
            *last.lock().unwrap() = Some((user.clone(), code.clone(), change.effects.clone()));
            Ok(change)
        };
        let redeemed = self
            .store
            .redeem(proof, purpose, Arc::new(listening))
            .await?;
        let (before, code, effects) = decided.lock().unwrap().take().unwrap();
        let mut book = self.book();
        book.write_redemption(&before, &code, self.now());
        book.write_account(&redeemed, Some(purpose));
        book.write_effects(effects);
        Ok(redeemed)
    }

    async fn remove_expired_codes(&self, limit: u32) -> Result<u32, StoreError> {
        self.store.remove_expired_codes(limit).await
    }
}

#[async_trait]
impl Outbox for Ledger {
    async fn add(&self, effects: Vec<Effect>) -> Result<(), StoreError> {
        Outbox::add(&self.store, effects.clone()).await?;
        self.book().write_effects(effects);
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
        items: &[OutboxItemId],
    ) -> Result<(), StoreError> {
        self.store.done(kind, fence, items).await
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

    async fn settle_held(&self, kind: EffectKind, name: Uuid) -> Result<(), StoreError> {
        self.store.settle_held(kind, name).await
    }

    async fn let_go(&self, kind: EffectKind, name: Uuid) -> Result<(), StoreError> {
        self.store.let_go(kind, name).await
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
        self.book().write_session(session);
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
        let now = self.now();
        self.book().write_rotation(id, generation, &rotation, now);
        Ok(rotation)
    }

    async fn revoke(&self, user: &UserId, id: &TokenId) -> Result<bool, StoreError> {
        let revoked = self.store.revoke(user, id).await?;
        if revoked {
            self.book().write_end(user, id);
        }
        Ok(revoked)
    }

    async fn revoke_all(&self, user: &UserId) -> Result<(), StoreError> {
        unreachable!("accounts stay, and nobody else ends all sessions of {user}")
    }

    async fn list(&self, user: &UserId) -> Result<Vec<RefreshSession>, StoreError> {
        self.store.list(user).await
    }

    async fn remove_expired(&self, limit: u32) -> Result<u32, StoreError> {
        self.store.remove_expired(limit).await
    }
}
