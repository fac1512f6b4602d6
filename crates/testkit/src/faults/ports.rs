//! The ports of [`Faulty`]: every method asks the plan first.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use users_domain::model::{
    Arrival, BearerToken, CodePurpose, CodeRecord, DeletedAccount, Effect, EffectKind, Email,
    ImportOutcome, Mail, Needs, Page, Password, PasswordAttempt, PasswordHash, Proof,
    RefreshSession, Role, Session, Timestamp, TokenClaims, TokenId, TokenPair, User, UserEvent,
    UserFilter, UserId, UserQuery,
};
use users_domain::ports::{
    Claim, Decide, DecidePurge, DecideWithCode, Domains, EventPublisher, Fence, HashRefusal,
    HasherError, ImportMode, IssueToken, LeaseHolder, MailError, Mailer, Outbox, OutboxDepth,
    OutboxItemId, PasswordHasher, PlatformError, PlatformRelations, PublishError, RefreshToken,
    RefreshTokenStore, Rotation, StoreError, TokenError, TokenIssuer, TokenVerifier, UserImport,
    UserStore, UserTransfer, Verdict,
};
use uuid::Uuid;

use super::{FaultPlan, Faulty};

const STORE_AWAY: StoreError = StoreError::Unavailable;

#[async_trait]
impl<P: UserStore + ?Sized> UserStore for Faulty<P> {
    async fn find(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        self.call(STORE_AWAY, self.good.find(id)).await
    }

    async fn find_all(&self, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        self.call(STORE_AWAY, self.good.find_all(ids)).await
    }

    async fn find_by_login(&self, identity: &str) -> Result<Vec<User>, StoreError> {
        self.call(STORE_AWAY, self.good.find_by_login(identity))
            .await
    }

    async fn page(&self, query: &UserQuery) -> Result<Page<User>, StoreError> {
        self.call(STORE_AWAY, self.good.page(query)).await
    }

    async fn count(&self, filter: &UserFilter) -> Result<u64, StoreError> {
        self.call(STORE_AWAY, self.good.count(filter)).await
    }

    async fn insert(&self, user: User, effects: Vec<Effect>) -> Result<User, StoreError> {
        self.call(STORE_AWAY, self.good.insert(user, effects)).await
    }

    async fn update(
        &self,
        id: &UserId,
        needs: Needs,
        decide: Arc<Decide>,
    ) -> Result<User, StoreError> {
        self.call(STORE_AWAY, self.good.update(id, needs, decide))
            .await
    }

    async fn deleted_before(
        &self,
        cutoff: Timestamp,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<DeletedAccount>, StoreError> {
        self.call(STORE_AWAY, self.good.deleted_before(cutoff, after, limit))
            .await
    }

    async fn purge(&self, id: &UserId, decide: Arc<DecidePurge>) -> Result<bool, StoreError> {
        self.call(STORE_AWAY, self.good.purge(id, decide)).await
    }

    async fn add_code(&self, code: CodeRecord) -> Result<(), StoreError> {
        self.call(STORE_AWAY, self.good.add_code(code)).await
    }

    async fn find_code(
        &self,
        proof: &Proof,
        purpose: CodePurpose,
    ) -> Result<Option<CodeRecord>, StoreError> {
        self.call(STORE_AWAY, self.good.find_code(proof, purpose))
            .await
    }

    async fn last_code_at(
        &self,
        user: &UserId,
        purpose: CodePurpose,
        email: &Email,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.call(STORE_AWAY, self.good.last_code_at(user, purpose, email))
            .await
    }

    async fn redeem(
        &self,
        proof: &Proof,
        purpose: CodePurpose,
        decide: Arc<DecideWithCode>,
    ) -> Result<User, StoreError> {
        self.call(STORE_AWAY, self.good.redeem(proof, purpose, decide))
            .await
    }

    async fn remove_expired_codes(&self, limit: u32) -> Result<u32, StoreError> {
        self.call(STORE_AWAY, self.good.remove_expired_codes(limit))
            .await
    }
}

/// The plan goes on deciding about the calls of an import that began.
#[async_trait]
impl<P: UserTransfer + ?Sized> UserTransfer for Faulty<P> {
    async fn export(&self, after: Option<&UserId>, limit: u32) -> Result<Vec<User>, StoreError> {
        self.call(STORE_AWAY, self.good.export(after, limit)).await
    }

    async fn begin_import(&self, mode: ImportMode) -> Result<Box<dyn UserImport>, StoreError> {
        let good = self.call(STORE_AWAY, self.good.begin_import(mode)).await?;
        let plan = self.plan.clone();
        Ok(Box::new(FaultyImport { good, plan }))
    }
}

/// An import before which a plan stands.
struct FaultyImport {
    good: Box<dyn UserImport>,
    plan: FaultPlan,
}

#[async_trait]
impl UserImport for FaultyImport {
    async fn add(&mut self, accounts: &[Arrival]) -> Result<Vec<ImportOutcome>, StoreError> {
        self.plan.call(STORE_AWAY, self.good.add(accounts)).await
    }

    async fn finish(self: Box<Self>) -> Result<(), StoreError> {
        self.plan.call(STORE_AWAY, self.good.finish()).await
    }
}

#[async_trait]
impl<P: Outbox + ?Sized> Outbox for Faulty<P> {
    async fn add(&self, effects: Vec<Effect>) -> Result<(), StoreError> {
        self.call(STORE_AWAY, self.good.add(effects)).await
    }

    async fn claim(
        &self,
        kind: EffectKind,
        holder: &LeaseHolder,
        limit: u32,
    ) -> Result<Option<Claim>, StoreError> {
        self.call(STORE_AWAY, self.good.claim(kind, holder, limit))
            .await
    }

    async fn done(
        &self,
        kind: EffectKind,
        fence: Fence,
        items: &[OutboxItemId],
    ) -> Result<(), StoreError> {
        self.call(STORE_AWAY, self.good.done(kind, fence, items))
            .await
    }

    async fn retry(
        &self,
        kind: EffectKind,
        fence: Fence,
        item: OutboxItemId,
        due_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.call(STORE_AWAY, self.good.retry(kind, fence, item, due_at))
            .await
    }

    async fn park(
        &self,
        kind: EffectKind,
        fence: Fence,
        item: OutboxItemId,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.call(STORE_AWAY, self.good.park(kind, fence, item, reason))
            .await
    }

    async fn settle_held(&self, kind: EffectKind, name: Uuid) -> Result<(), StoreError> {
        self.call(STORE_AWAY, self.good.settle_held(kind, name))
            .await
    }

    async fn let_go(&self, kind: EffectKind, name: Uuid) -> Result<(), StoreError> {
        self.call(STORE_AWAY, self.good.let_go(kind, name)).await
    }

    async fn release(&self, kind: EffectKind, fence: Fence) -> Result<(), StoreError> {
        self.call(STORE_AWAY, self.good.release(kind, fence)).await
    }

    async fn depth(&self, kind: EffectKind) -> Result<OutboxDepth, StoreError> {
        self.call(STORE_AWAY, self.good.depth(kind)).await
    }
}

#[async_trait]
impl<P: PlatformRelations + ?Sized> PlatformRelations for Faulty<P> {
    async fn put(&self, user: &UserId, role: Role) -> Result<(), PlatformError> {
        self.call(PlatformError::Unavailable, self.good.put(user, role))
            .await
    }

    async fn remove(&self, user: &UserId) -> Result<(), PlatformError> {
        self.call(PlatformError::Unavailable, self.good.remove(user))
            .await
    }
}

#[async_trait]
impl<P: Domains + ?Sized> Domains for Faulty<P> {
    async fn remove_user(&self, user: &UserId) -> Result<(), PlatformError> {
        self.call(PlatformError::Unavailable, self.good.remove_user(user))
            .await
    }
}

#[async_trait]
impl<P: RefreshTokenStore + ?Sized> RefreshTokenStore for Faulty<P> {
    async fn add(&self, session: RefreshSession) -> Result<(), StoreError> {
        self.call(STORE_AWAY, self.good.add(session)).await
    }

    async fn rotate(
        &self,
        id: &TokenId,
        generation: u64,
        grace: Duration,
    ) -> Result<Rotation, StoreError> {
        self.call(STORE_AWAY, self.good.rotate(id, generation, grace))
            .await
    }

    async fn revoke(&self, user: &UserId, id: &TokenId) -> Result<bool, StoreError> {
        self.call(STORE_AWAY, self.good.revoke(user, id)).await
    }

    async fn revoke_all(&self, user: &UserId) -> Result<(), StoreError> {
        self.call(STORE_AWAY, self.good.revoke_all(user)).await
    }

    async fn list(&self, user: &UserId) -> Result<Vec<RefreshSession>, StoreError> {
        self.call(STORE_AWAY, self.good.list(user)).await
    }

    async fn remove_expired(&self, limit: u32) -> Result<u32, StoreError> {
        self.call(STORE_AWAY, self.good.remove_expired(limit)).await
    }
}

#[async_trait]
impl<P: TokenIssuer + ?Sized> TokenIssuer for Faulty<P> {
    async fn issue(&self, request: IssueToken) -> Result<TokenPair, TokenError> {
        self.call(TokenError::Unavailable, self.good.issue(request))
            .await
    }

    async fn refresh(&self, request: RefreshToken) -> Result<TokenPair, TokenError> {
        self.call(TokenError::Unavailable, self.good.refresh(request))
            .await
    }

    async fn revoke(&self, user: &UserId, id: &TokenId) -> Result<(), TokenError> {
        self.call(TokenError::Unavailable, self.good.revoke(user, id))
            .await
    }

    async fn revoke_some(&self, user: &UserId, ids: &[TokenId]) -> Result<(), TokenError> {
        self.call(TokenError::Unavailable, self.good.revoke_some(user, ids))
            .await
    }

    async fn revoke_all(&self, user: &UserId) -> Result<(), TokenError> {
        self.call(TokenError::Unavailable, self.good.revoke_all(user))
            .await
    }

    async fn sessions(&self, user: &UserId) -> Result<Vec<Session>, TokenError> {
        self.call(TokenError::Unavailable, self.good.sessions(user))
            .await
    }
}

#[async_trait]
impl<P: TokenVerifier + ?Sized> TokenVerifier for Faulty<P> {
    async fn verify(&self, token: &BearerToken) -> Result<TokenClaims, TokenError> {
        self.call(TokenError::Unavailable, self.good.verify(token))
            .await
    }
}

#[async_trait]
impl<P: PasswordHasher + ?Sized> PasswordHasher for Faulty<P> {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, HasherError> {
        self.call(HasherError::Stopped, self.good.hash(password))
            .await
    }

    async fn verify(
        &self,
        attempt: &PasswordAttempt,
        hash: &PasswordHash,
    ) -> Result<Verdict, HasherError> {
        self.call(HasherError::Stopped, self.good.verify(attempt, hash))
            .await
    }

    async fn verify_absent(&self, attempt: &PasswordAttempt) -> Result<(), HasherError> {
        self.call(HasherError::Stopped, self.good.verify_absent(attempt))
            .await
    }

    /// Nothing happens to it: it looks at a text and cannot fail.
    fn check(&self, hash: &PasswordHash) -> Result<(), HashRefusal> {
        self.good.check(hash)
    }
}

#[async_trait]
impl<P: EventPublisher + ?Sized> EventPublisher for Faulty<P> {
    async fn publish(&self, event: &UserEvent) -> Result<(), PublishError> {
        self.call(PublishError::Unavailable, self.good.publish(event))
            .await
    }
}

#[async_trait]
impl<P: Mailer + ?Sized> Mailer for Faulty<P> {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.call(MailError::Unavailable, self.good.send(mail))
            .await
    }
}
