//! The ports of the JSON file: each call goes to the memory store, and from there into the file.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use users_domain::model::{
    CodePurpose, CodeRecord, DeletedAccount, Effect, EffectKind, Email, Needs, Page, Proof,
    RefreshSession, Timestamp, TokenId, User, UserFilter, UserId, UserQuery,
};
use users_domain::ports::{
    Claim, Decide, DecidePurge, DecideWithCode, Fence, LeaseHolder, Outbox, OutboxDepth,
    OutboxItemId, RefreshTokenStore, Rotation, StoreError, UserStore,
};
use uuid::Uuid;

use crate::JsonFileStore;

type Answer<T> = Result<T, StoreError>;

#[async_trait]
impl UserStore for JsonFileStore {
    async fn find(&self, id: &UserId) -> Answer<Option<User>> {
        self.read(self.memory.find(id)).await
    }

    async fn find_all(&self, ids: &[UserId]) -> Answer<Vec<User>> {
        self.read(self.memory.find_all(ids)).await
    }

    async fn find_by_login(&self, identity: &str) -> Answer<Vec<User>> {
        self.read(self.memory.find_by_login(identity)).await
    }

    async fn page(&self, query: &UserQuery) -> Answer<Page<User>> {
        self.read(self.memory.page(query)).await
    }

    async fn count(&self, filter: &UserFilter) -> Answer<u64> {
        self.read(self.memory.count(filter)).await
    }

    async fn insert(&self, user: User, effects: Vec<Effect>) -> Answer<User> {
        self.change(self.memory.insert(user, effects)).await
    }

    async fn update(&self, id: &UserId, needs: Needs, decide: Arc<Decide>) -> Answer<User> {
        self.change(self.memory.update(id, needs, decide)).await
    }

    async fn deleted_before(
        &self,
        cutoff: Timestamp,
        after: Option<UserId>,
        limit: u32,
    ) -> Answer<Vec<DeletedAccount>> {
        self.read(self.memory.deleted_before(cutoff, after, limit))
            .await
    }

    async fn purge(&self, id: &UserId, decide: Arc<DecidePurge>) -> Answer<bool> {
        self.change(self.memory.purge(id, decide)).await
    }

    async fn add_code(&self, code: CodeRecord) -> Answer<()> {
        self.change(self.memory.add_code(code)).await
    }

    async fn find_code(&self, proof: &Proof, purpose: CodePurpose) -> Answer<Option<CodeRecord>> {
        self.read(self.memory.find_code(proof, purpose)).await
    }

    async fn last_code_at(
        &self,
        user: &UserId,
        purpose: CodePurpose,
        email: &Email,
    ) -> Answer<Option<Timestamp>> {
        self.read(self.memory.last_code_at(user, purpose, email))
            .await
    }

    async fn redeem(
        &self,
        proof: &Proof,
        purpose: CodePurpose,
        decide: Arc<DecideWithCode>,
    ) -> Answer<User> {
        self.change(self.memory.redeem(proof, purpose, decide))
            .await
    }

    async fn remove_expired_codes(&self, limit: u32) -> Answer<u32> {
        self.change(self.memory.remove_expired_codes(limit)).await
    }
}

#[async_trait]
impl Outbox for JsonFileStore {
    async fn add(&self, effects: Vec<Effect>) -> Answer<()> {
        self.change(Outbox::add(&self.memory, effects)).await
    }

    async fn claim(
        &self,
        kind: EffectKind,
        holder: &LeaseHolder,
        limit: u32,
    ) -> Answer<Option<Claim>> {
        self.change(self.memory.claim(kind, holder, limit)).await
    }

    async fn done(&self, kind: EffectKind, fence: Fence, items: &[OutboxItemId]) -> Answer<()> {
        self.change(self.memory.done(kind, fence, items)).await
    }

    async fn retry(
        &self,
        kind: EffectKind,
        fence: Fence,
        item: OutboxItemId,
        due_at: Timestamp,
    ) -> Answer<()> {
        self.change(self.memory.retry(kind, fence, item, due_at))
            .await
    }

    async fn park(
        &self,
        kind: EffectKind,
        fence: Fence,
        item: OutboxItemId,
        reason: &str,
    ) -> Answer<()> {
        self.change(self.memory.park(kind, fence, item, reason))
            .await
    }

    async fn settle_held(&self, kind: EffectKind, name: Uuid) -> Answer<()> {
        self.change(self.memory.settle_held(kind, name)).await
    }

    async fn let_go(&self, kind: EffectKind, name: Uuid) -> Answer<()> {
        self.change(self.memory.let_go(kind, name)).await
    }

    async fn release(&self, kind: EffectKind, fence: Fence) -> Answer<()> {
        self.change(self.memory.release(kind, fence)).await
    }

    async fn depth(&self, kind: EffectKind) -> Answer<OutboxDepth> {
        self.read(self.memory.depth(kind)).await
    }
}

#[async_trait]
impl RefreshTokenStore for JsonFileStore {
    async fn add(&self, session: RefreshSession) -> Answer<()> {
        self.change(RefreshTokenStore::add(&self.memory, session))
            .await
    }

    async fn rotate(&self, id: &TokenId, generation: u64, grace: Duration) -> Answer<Rotation> {
        self.change(self.memory.rotate(id, generation, grace)).await
    }

    async fn revoke(&self, user: &UserId, id: &TokenId) -> Answer<bool> {
        self.change(self.memory.revoke(user, id)).await
    }

    async fn revoke_all(&self, user: &UserId) -> Answer<()> {
        self.change(self.memory.revoke_all(user)).await
    }

    async fn list(&self, user: &UserId) -> Answer<Vec<RefreshSession>> {
        self.read(self.memory.list(user)).await
    }

    async fn remove_expired(&self, limit: u32) -> Answer<u32> {
        self.change(self.memory.remove_expired(limit)).await
    }
}
