//! Accounts and codes: the port `UserStore`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use async_trait::async_trait;
use users_domain::model::{
    Change, CodePurpose, CodeRecord, ConflictField, DeletedAccount, Effect, Email, Facts, Needs,
    Page, Position, Proof, Timestamp, User, UserFilter, UserId, UserQuery, Username,
};
use users_domain::ports::{
    Decide, DecidePurge, DecideWithCode, MAX_LOGIN_CANDIDATES, StoreError, UserStore,
};

use super::selection::{fits_login, in_order, is_behind, passes};
use super::{KeptCode, MemoryStore, State};

#[async_trait]
impl UserStore for MemoryStore {
    async fn find(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        Ok(self.state().users.get(id).cloned())
    }

    async fn find_all(&self, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        let state = self.state();
        let ids: BTreeSet<&UserId> = ids.iter().collect();
        let found = ids.into_iter().filter_map(|id| state.users.get(id));
        Ok(found.cloned().collect())
    }

    async fn find_by_login(&self, identity: &str) -> Result<Vec<User>, StoreError> {
        let state = self.state();
        let mut found: Vec<&User> = state
            .users
            .values()
            .filter(|user| fits_login(user, identity))
            .collect();
        // Exact matches decide a login, so they must be among the first.
        found.sort_by_key(|user| {
            let same_email = user.email.as_str() == identity;
            let same_name = user.username.as_ref().map(Username::as_str) == Some(identity);
            (!same_email, !same_name)
        });
        Ok(found
            .into_iter()
            .take(MAX_LOGIN_CANDIDATES)
            .cloned()
            .collect())
    }

    async fn page(&self, query: &UserQuery) -> Result<Page<User>, StoreError> {
        let state = self.state();
        let mut found: Vec<&User> = state
            .users
            .values()
            .filter(|user| passes(user, &query.filter))
            .collect();
        found.sort_by(|one, other| in_order(one, other, query.sort));
        let total = found.len() as u64;
        if let Position::After(cursor) = &query.position {
            found.retain(|user| is_behind(user, cursor, query.sort));
        }
        let whole = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let mut rest = found.into_iter().skip(whole(query.position.offset()));
        Ok(Page {
            items: rest.by_ref().take(whole(query.limit)).cloned().collect(),
            total,
            more: rest.next().is_some(),
        })
    }

    async fn count(&self, filter: &UserFilter) -> Result<u64, StoreError> {
        let state = self.state();
        let found = state.users.values().filter(|user| passes(user, filter));
        Ok(found.count() as u64)
    }

    async fn insert(&self, user: User, effects: Vec<Effect>) -> Result<User, StoreError> {
        let mut state = self.state();
        if state.users.contains_key(&user.id) {
            return Err(StoreError::Conflict(ConflictField::Id));
        }
        refuse_taken_email(&state.users, &user)?;
        refuse_taken_username(&state.users, &user)?;
        state.users.insert(user.id.clone(), user.clone());
        state.backlog.append(&effects, self.clock.now());
        Ok(user)
    }

    async fn update(
        &self,
        id: &UserId,
        needs: Needs,
        decide: Arc<Decide>,
    ) -> Result<User, StoreError> {
        let mut state = self.state();
        let before = state.users.get(id).ok_or(StoreError::NotFound)?.clone();
        let facts = facts(&state.users, needs);
        let change = decide(&before, &facts).map_err(StoreError::Refused)?;
        state.carry_out(&before, change, None, self.clock.now())
    }

    async fn deleted_before(
        &self,
        cutoff: Timestamp,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<DeletedAccount>, StoreError> {
        let state = self.state();
        let behind = after.map_or(Bound::Unbounded, Bound::Excluded);
        let behind = state.users.range((behind, Bound::Unbounded));
        let deleted = behind.filter_map(|(_, user)| DeletedAccount::of(user));
        let before = deleted.filter(|account| account.deleted_at.is_none_or(|at| at <= cutoff));
        Ok(before.take(limit as usize).collect())
    }

    async fn purge(&self, id: &UserId, decide: Arc<DecidePurge>) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some(user) = state.users.get(id) else {
            return Ok(false);
        };
        let effects = decide(user).map_err(StoreError::Refused)?;
        state.users.remove(id);
        state.codes.retain(|_, code| code.user != *id);
        state.adopted_codes.retain(|row| row.user != *id);
        state.sessions.retain(|_, session| session.user != *id);
        state.backlog.append(&effects, self.clock.now());
        Ok(true)
    }

    async fn add_code(&self, code: CodeRecord) -> Result<(), StoreError> {
        let mut state = self.state();
        if !state.users.contains_key(&code.user) {
            return Err(StoreError::NotFound);
        }
        let code = KeptCode::from(code);
        state.codes.insert(code.digest.clone(), code);
        Ok(())
    }

    async fn find_code(
        &self,
        proof: &Proof,
        purpose: CodePurpose,
    ) -> Result<Option<CodeRecord>, StoreError> {
        Ok(self.state().good_code(proof, purpose))
    }

    async fn last_code_at(
        &self,
        user: &UserId,
        purpose: CodePurpose,
        email: &Email,
    ) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.state().last_code_at(user, purpose, email))
    }

    async fn redeem(
        &self,
        proof: &Proof,
        purpose: CodePurpose,
        decide: Arc<DecideWithCode>,
    ) -> Result<User, StoreError> {
        let mut state = self.state();
        let code = state.good_code(proof, purpose);
        let code = code.ok_or(StoreError::NotFound)?;
        let before = state.users.get(&code.user);
        let before = before.ok_or(StoreError::NotFound)?.clone();
        let change = decide(&before, &code).map_err(StoreError::Refused)?;
        state.carry_out(&before, change, Some(purpose), self.clock.now())
    }

    async fn remove_expired_codes(&self, limit: u32) -> Result<u32, StoreError> {
        let now = self.clock.now();
        Ok(self.state().remove_useless_codes(now, limit))
    }
}

impl State {
    /// Writes what was decided about an account, and uses up the codes of a purpose.
    fn carry_out(
        &mut self,
        before: &User,
        change: Change,
        redeemed: Option<CodePurpose>,
        now: Timestamp,
    ) -> Result<User, StoreError> {
        let Change { user, effects } = change;
        let mut after = User {
            id: before.id.clone(),
            version: before.version,
            ..user
        };
        // A row that already breaks the rule may keep the name it has.
        if after.email != before.email {
            refuse_taken_email(&self.users, &after)?;
        }
        if after.username != before.username {
            refuse_taken_username(&self.users, &after)?;
        }
        // From here on nothing is refused.
        if after != *before {
            after.version += 1;
            self.users.insert(after.id.clone(), after.clone());
        }
        if after.email != before.email {
            self.void_codes(&after.id, None);
        }
        if after.secret != before.secret || after.status != before.status {
            self.void_codes(&after.id, Some(CodePurpose::ResetSecret));
        }
        if redeemed.is_some() {
            self.void_codes(&after.id, redeemed);
        }
        if redeemed == Some(CodePurpose::VerifyEmail) {
            self.use_adopted_codes(&after.id, now);
        }
        self.backlog.append(&effects, now);
        Ok(after)
    }
}

fn facts(users: &BTreeMap<UserId, User>, needs: Needs) -> Facts {
    let mut facts = Facts::default();
    if needs.enabled_administrators {
        facts.enabled_administrators = users
            .values()
            .filter(|user| user.is_enabled_administrator())
            .map(|user| user.id.clone())
            .collect();
    }
    facts
}

fn refuse_taken_email(users: &BTreeMap<UserId, User>, user: &User) -> Result<(), StoreError> {
    let wanted = user.email.as_str();
    let taken = users
        .values()
        .any(|other| other.id != user.id && other.email.as_str().eq_ignore_ascii_case(wanted));
    refuse_if(taken, ConflictField::Email)
}

fn refuse_taken_username(users: &BTreeMap<UserId, User>, user: &User) -> Result<(), StoreError> {
    let Some(wanted) = &user.username else {
        return Ok(());
    };
    let same = |name: &Username| name.as_str().eq_ignore_ascii_case(wanted.as_str());
    let taken = users
        .values()
        .any(|other| other.id != user.id && other.username.as_ref().is_some_and(same));
    refuse_if(taken, ConflictField::Username)
}

fn refuse_if(taken: bool, field: ConflictField) -> Result<(), StoreError> {
    if taken {
        Err(StoreError::Conflict(field))
    } else {
        Ok(())
    }
}
