//! Accounts: the port `UserStore`.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use users_domain::model::{
    Change, ConflictField, Effect, Facts, Needs, Page, User, UserFilter, UserId, UserQuery,
    Username,
};
use users_domain::ports::{Decide, StoreError, UserStore};

use super::MemoryStore;
use super::selection::{fits_login, in_order, passes};

/// Most accounts that one login identity may mean.
const LOGIN_CANDIDATES: usize = 100;

#[async_trait]
impl UserStore for MemoryStore {
    async fn find(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        Ok(self.state().users.get(id).cloned())
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
        Ok(found.into_iter().take(LOGIN_CANDIDATES).cloned().collect())
    }

    async fn page(&self, query: &UserQuery) -> Result<Page<User>, StoreError> {
        let state = self.state();
        let mut found: Vec<&User> = state
            .users
            .values()
            .filter(|user| passes(user, &query.filter))
            .collect();
        found.sort_by(|one, other| in_order(one, other, query.sort));
        let whole = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Ok(Page {
            total: found.len() as u64,
            items: found
                .into_iter()
                .skip(whole(query.offset))
                .take(whole(query.limit))
                .cloned()
                .collect(),
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
        let before = state.users.get(id).ok_or(StoreError::NotFound)?;
        let facts = facts(&state.users, needs);
        let Change { user, effects } = decide(before, &facts).map_err(StoreError::Refused)?;
        let mut after = User {
            id: before.id.clone(),
            version: before.version,
            ..user
        };
        if after != *before {
            // A row that already breaks the rule may keep the name it has.
            if after.email != before.email {
                refuse_taken_email(&state.users, &after)?;
            }
            if after.username != before.username {
                refuse_taken_username(&state.users, &after)?;
            }
            after.version += 1;
            state.users.insert(after.id.clone(), after.clone());
        }
        state.backlog.append(&effects, self.clock.now());
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
