//! Accounts: the port `UserStore`.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use users_domain::model::{
    Change, CodePurpose, CodeRecord, ConflictField, DeletedAccount, Effect, Email, Facts, Needs,
    Page, Proof, Timestamp, User, UserFilter, UserId, UserQuery,
};
use users_domain::ports::{Decide, DecidePurge, DecideWithCode, StoreError, UserStore};

use crate::SqliteStore;
use crate::error::Failure;
use crate::filter::{
    UsersQuery, enabled_administrators, login_candidates, others_with_email, others_with_username,
    with_ids,
};
use crate::listing::{Rows, page, total};
use crate::one_time_codes;
use crate::outbox::append;
use crate::purge;
use crate::row::{ChangedColumns, StoredText, UserRow};
use crate::schema::users;

#[async_trait]
impl UserStore for SqliteStore {
    #[tracing::instrument(skip_all, name = "db.user.find")]
    async fn find(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        let id = id.as_str().to_owned();
        self.threads()
            .read(move |connection| Ok(find_row(connection, &id)?.map(User::from)))
            .await
    }

    #[tracing::instrument(skip_all, name = "db.user.find_all")]
    async fn find_all(&self, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        let ids = ids.iter().map(|id| id.as_str().to_owned()).collect();
        self.threads()
            .read(move |connection| {
                let rows = with_ids(ids)
                    .select(UserRow::as_select())
                    .load(connection)?;
                Ok(rows.into_iter().map(User::from).collect())
            })
            .await
    }

    #[tracing::instrument(skip_all, name = "db.user.find_by_login")]
    async fn find_by_login(&self, identity: &str) -> Result<Vec<User>, StoreError> {
        let exact = identity.to_owned();
        let folded = identity.to_ascii_lowercase();
        self.threads()
            .read(move |connection| {
                let rows = login_candidates(exact, folded)
                    .select(UserRow::as_select())
                    .load(connection)?;
                Ok(rows.into_iter().map(User::from).collect())
            })
            .await
    }

    #[tracing::instrument(skip_all, name = "db.user.page")]
    async fn page(&self, query: &UserQuery) -> Result<Page<User>, StoreError> {
        let query = query.clone();
        self.threads()
            .read(move |connection| {
                // One transaction: the page and the total are of the same moment.
                connection.transaction(|connection| {
                    let Rows { found, total, more } = page(connection, &query)?;
                    Ok(Page {
                        items: found.into_iter().map(User::from).collect(),
                        total,
                        more,
                    })
                })
            })
            .await
    }

    #[tracing::instrument(skip_all, name = "db.user.count")]
    async fn count(&self, filter: &UserFilter) -> Result<u64, StoreError> {
        let filter = filter.clone();
        self.threads()
            .read(move |connection| Ok(total(connection, &filter)?))
            .await
    }

    #[tracing::instrument(skip_all, name = "db.user.insert")]
    async fn insert(&self, user: User, effects: Vec<Effect>) -> Result<User, StoreError> {
        let clock = self.clock().clone();
        self.threads()
            .write(move |connection| {
                let row = UserRow::from(&user);
                let id = user.id.as_str();
                if find_row(connection, id)?.is_some() {
                    return Err(StoreError::Conflict(ConflictField::Id).into());
                }
                refuse_taken_email(connection, id, &user.email.folded())?;
                if let Some(username) = &user.username {
                    refuse_taken_username(connection, id, &username.folded())?;
                }
                diesel::insert_into(users::table)
                    .values(&row)
                    .execute(connection)?;
                append(connection, &effects, clock.now())?;
                Ok(row.into())
            })
            .await
    }

    #[tracing::instrument(skip_all, name = "db.user.update")]
    async fn update(
        &self,
        id: &UserId,
        needs: Needs,
        decide: Arc<Decide>,
    ) -> Result<User, StoreError> {
        let id = id.as_str().to_owned();
        let clock = self.clock().clone();
        self.threads()
            .write(move |connection| {
                // The transaction holds the only write lock: nothing read here changes before the
                // commit.
                let stored = find_row(connection, &id)?.ok_or(StoreError::NotFound)?;
                let facts = facts(connection, needs)?;
                let account = User::from(stored);
                let change = decide(&account, &facts).map_err(StoreError::Refused)?;
                carry_out(connection, &account, &change, clock.now())
            })
            .await
    }

    #[tracing::instrument(skip_all, name = "db.user.deleted_before")]
    async fn deleted_before(
        &self,
        cutoff: Timestamp,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<DeletedAccount>, StoreError> {
        let after = after.map(|id| id.as_str().as_bytes().to_vec());
        self.threads()
            .read(move |connection| {
                // One transaction: all of the page is of the same moment.
                Ok(connection.transaction(|connection| {
                    purge::deleted_before(connection, cutoff, after, limit)
                })?)
            })
            .await
    }

    #[tracing::instrument(skip_all, name = "db.user.purge")]
    async fn purge(&self, id: &UserId, decide: Arc<DecidePurge>) -> Result<bool, StoreError> {
        let id = id.as_str().to_owned();
        let clock = self.clock().clone();
        let leaving = id.clone();
        let work = move |connection: &mut SqliteConnection| {
            let Some(stored) = find_row(connection, &id)? else {
                return Ok(false);
            };
            let effects = decide(&User::from(stored)).map_err(StoreError::Refused)?;
            purge::remove(connection, &id)?;
            append(connection, &effects, clock.now())?;
            Ok(true)
        };
        self.threads()
            .write_judged(work, move |failure| purge::at_commit(&leaving, failure))
            .await
    }

    #[tracing::instrument(skip_all, name = "db.code.add")]
    async fn add_code(&self, code: CodeRecord) -> Result<(), StoreError> {
        self.threads()
            .write(move |connection| {
                find_row(connection, code.user.as_str())?.ok_or(StoreError::NotFound)?;
                Ok(one_time_codes::add(connection, &code)?)
            })
            .await
    }

    #[tracing::instrument(skip_all, name = "db.code.find")]
    async fn find_code(
        &self,
        proof: &Proof,
        purpose: CodePurpose,
    ) -> Result<Option<CodeRecord>, StoreError> {
        let proof = proof.clone();
        self.threads()
            .read(move |connection| Ok(one_time_codes::find(connection, &proof, purpose)?))
            .await
    }

    #[tracing::instrument(skip_all, name = "db.code.last")]
    async fn last_code_at(
        &self,
        user: &UserId,
        purpose: CodePurpose,
        email: &Email,
    ) -> Result<Option<Timestamp>, StoreError> {
        let (user, email) = (user.clone(), email.clone());
        self.threads()
            .read(move |connection| {
                Ok(one_time_codes::last_at(connection, &user, purpose, &email)?)
            })
            .await
    }

    #[tracing::instrument(skip_all, name = "db.code.redeem")]
    async fn redeem(
        &self,
        proof: &Proof,
        purpose: CodePurpose,
        decide: Arc<DecideWithCode>,
    ) -> Result<User, StoreError> {
        let proof = proof.clone();
        let clock = self.clock().clone();
        self.threads()
            .write(move |connection| {
                let code = one_time_codes::find(connection, &proof, purpose)?
                    .ok_or(StoreError::NotFound)?;
                let stored =
                    find_row(connection, code.user.as_str())?.ok_or(StoreError::NotFound)?;
                let account = User::from(stored);
                let change = decide(&account, &code).map_err(StoreError::Refused)?;
                let now = clock.now();
                one_time_codes::void(connection, code.user.as_str(), Some(purpose), now)?;
                carry_out(connection, &account, &change, now)
            })
            .await
    }

    #[tracing::instrument(skip_all, name = "db.code.remove_expired")]
    async fn remove_expired_codes(&self, limit: u32) -> Result<u32, StoreError> {
        let clock = self.clock().clone();
        self.threads()
            .write(move |connection| {
                let removed = one_time_codes::remove_useless(connection, clock.now(), limit)?;
                // Not more than the limit.
                Ok(u32::try_from(removed).unwrap_or(limit))
            })
            .await
    }
}

/// Writes what was decided about an account that this transaction has locked.
fn carry_out(
    connection: &mut SqliteConnection,
    account: &User,
    change: &Change,
    now: Timestamp,
) -> Result<User, Failure> {
    let Change { user, effects } = change;
    let id = account.id.as_str();
    let before = UserRow::from(account);
    let mut after = UserRow::from(user);
    after.id = before.id.clone();
    after.version = before.version;
    let changes = ChangedColumns::between(&before, &after);
    if !changes.is_empty() {
        if changes.email.is_some() {
            refuse_taken_email(connection, id, &user.email.folded())?;
            one_time_codes::void(connection, id, None, now)?;
        }
        if changes.secret.is_some() || changes.status.is_some() {
            one_time_codes::void(connection, id, Some(CodePurpose::ResetSecret), now)?;
        }
        if let (Some(_), Some(username)) = (&changes.username, &user.username) {
            refuse_taken_username(connection, id, &username.folded())?;
        }
        after.version += 1;
        diesel::update(users::table.find(id))
            .set((&changes, users::version.eq(after.version)))
            .execute(connection)?;
    }
    append(connection, effects, now)?;
    Ok(after.into())
}

fn find_row(connection: &mut SqliteConnection, id: &str) -> QueryResult<Option<UserRow>> {
    users::table
        .find(id)
        .select(UserRow::as_select())
        .first(connection)
        .optional()
}

fn facts(connection: &mut SqliteConnection, needs: Needs) -> Result<Facts, Failure> {
    if !needs.enabled_administrators {
        return Ok(Facts::default());
    }
    let ids: Vec<StoredText> = enabled_administrators()
        .select(users::id)
        .load(connection)?;
    Ok(Facts {
        enabled_administrators: ids
            .into_iter()
            .map(|id| UserId::from_stored(id.0))
            .collect(),
    })
}

/// No unique index does this: rows that are twins by case are stored and stay valid.
fn refuse_taken_email(
    connection: &mut SqliteConnection,
    id: &str,
    folded: &str,
) -> Result<(), Failure> {
    let others = others_with_email(id.to_owned(), folded.to_owned());
    refuse_if_any(connection, others, ConflictField::Email)
}

fn refuse_taken_username(
    connection: &mut SqliteConnection,
    id: &str,
    folded: &str,
) -> Result<(), Failure> {
    let others = others_with_username(id.to_owned(), folded.to_owned());
    refuse_if_any(connection, others, ConflictField::Username)
}

fn refuse_if_any(
    connection: &mut SqliteConnection,
    others: UsersQuery,
    field: ConflictField,
) -> Result<(), Failure> {
    let taken = diesel::select(diesel::dsl::exists(others)).get_result(connection)?;
    if taken {
        Err(StoreError::Conflict(field).into())
    } else {
        Ok(())
    }
}
