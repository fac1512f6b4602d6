//! Accounts: the port `UserStore`.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection as _};
use futures::FutureExt as _;
use users_domain::model::{
    CodePurpose, CodeRecord, ConflictField, DeletedAccount, Effect, Email, Needs, Page, PagePlan,
    Position, Proof, Timestamp, User, UserFilter, UserId, UserQuery,
};
use users_domain::ports::{Decide, DecidePurge, DecideWithCode, StoreError, UserStore};

use crate::PostgresStore;
use crate::change::{carry_out, facts, lock, lock_names, refuse_taken_names};
use crate::counts::{Counted, counted};
use crate::cursor::behind;
use crate::error::Failure;
use crate::export::storable;
use crate::filter::{listed, login_candidates, may_be_stored, with_ids};
use crate::one_time_codes;
use crate::outbox::append;
use crate::purge;
use crate::row::{UserRow, users_of};
use crate::schema::users::users;

/// For this transaction: the order's index is taken wherever there is one.
const NO_SORTING: &str = "SET LOCAL enable_sort = off";

#[async_trait]
impl UserStore for PostgresStore {
    #[tracing::instrument(skip_all, name = "db.user.find")]
    async fn find(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        self.read(id.clone(), |connection, id| {
            async move { Ok(find_row(connection, id).await?.map(User::from)) }.boxed()
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "db.user.find_all")]
    async fn find_all(&self, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        let ids = ids.iter().map(UserId::as_str);
        let ids: Vec<String> = ids
            .filter(|id| may_be_stored(id))
            .map(str::to_owned)
            .collect();
        self.read(ids, |connection, ids| {
            let query = with_ids(ids.clone());
            async move { Ok(users_of(connection, query).await?) }.boxed()
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "db.user.find_by_login")]
    async fn find_by_login(&self, identity: &str) -> Result<Vec<User>, StoreError> {
        if !may_be_stored(identity) {
            return Ok(Vec::new());
        }
        self.read(identity.to_owned(), |connection, identity| {
            let query = login_candidates(identity);
            async move { Ok(users_of(connection, query).await?) }.boxed()
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "db.user.page")]
    async fn page(&self, query: &UserQuery) -> Result<Page<User>, StoreError> {
        // The page and the total are of the same moment.
        self.read_snapshot(query.clone(), |connection, query| {
            async move {
                let counted = counted(connection, &query.filter).await?;
                let (items, more) = match nothing_to_read(query, &counted) {
                    Some(more) => (Vec::new(), more),
                    None => rows(connection, query, &counted).await?,
                };
                Ok(Page {
                    items: items.into_iter().map(User::from).collect(),
                    total: counted.passing,
                    more,
                })
            }
            .boxed()
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "db.user.count")]
    async fn count(&self, filter: &UserFilter) -> Result<u64, StoreError> {
        self.read(filter.clone(), |connection, filter| {
            async move { Ok(counted(connection, filter).await?.passing) }.boxed()
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "db.user.insert")]
    async fn insert(&self, user: User, effects: Vec<Effect>) -> Result<User, StoreError> {
        let clock = self.clock.clone();
        self.write((user, effects), move |connection, (user, effects)| {
            let clock = clock.clone();
            async move {
                if find_row(connection, &user.id).await?.is_some() {
                    return Err(StoreError::Conflict(ConflictField::Id).into());
                }
                lock_names(connection, Some(&user.email), user.username.as_ref()).await?;
                refuse_taken_names(
                    connection,
                    &user.id,
                    Some(&user.email),
                    user.username.as_ref(),
                )
                .await?;
                let written: UserRow = diesel::insert_into(users::table)
                    .values(UserRow::from(user))
                    .returning(UserRow::as_returning())
                    .get_result(connection)
                    .await?;
                append(connection, effects, clock.now()).await?;
                Ok(written.into())
            }
            .boxed()
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
        let clock = self.clock.clone();
        self.write(id.clone(), move |connection, id| {
            let (decide, clock) = (decide.clone(), clock.clone());
            async move {
                let facts = facts(connection, needs).await?;
                let account = lock(connection, id).await?.ok_or(StoreError::NotFound)?;
                let change = decide(&account, &facts).map_err(StoreError::Refused)?;
                carry_out(connection, &account, &change, clock.now()).await
            }
            .boxed()
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
        let after = after.map(|id| storable(id.as_str()).to_owned());
        self.read_snapshot(after, move |connection, after| {
            let after = after.clone();
            async move { Ok(purge::deleted_before(connection, cutoff, after, limit).await?) }
                .boxed()
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "db.user.purge")]
    async fn purge(&self, id: &UserId, decide: Arc<DecidePurge>) -> Result<bool, StoreError> {
        let clock = self.clock.clone();
        self.write(id.clone(), move |connection, id| {
            let (decide, clock) = (decide.clone(), clock.clone());
            async move { purge::purge(connection, id, &decide, clock.now()).await }.boxed()
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "db.code.add")]
    async fn add_code(&self, code: CodeRecord) -> Result<(), StoreError> {
        self.write(code, |connection, code| {
            async move {
                find_row(connection, &code.user)
                    .await?
                    .ok_or(StoreError::NotFound)?;
                Ok(one_time_codes::add(connection, code).await?)
            }
            .boxed()
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "db.code.find")]
    async fn find_code(
        &self,
        proof: &Proof,
        purpose: CodePurpose,
    ) -> Result<Option<CodeRecord>, StoreError> {
        self.read(proof.clone(), move |connection, proof| {
            async move { Ok(one_time_codes::find(connection, proof, purpose).await?) }.boxed()
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "db.code.last")]
    async fn last_code_at(
        &self,
        user: &UserId,
        purpose: CodePurpose,
        email: &Email,
    ) -> Result<Option<Timestamp>, StoreError> {
        if !may_be_stored(user.as_str()) || !may_be_stored(email.as_str()) {
            return Ok(None);
        }
        self.read(
            (user.clone(), email.clone()),
            move |connection, (user, email)| {
                async move { Ok(one_time_codes::last_at(connection, user, purpose, email).await?) }
                    .boxed()
            },
        )
        .await
    }

    #[tracing::instrument(skip_all, name = "db.code.redeem")]
    async fn redeem(
        &self,
        proof: &Proof,
        purpose: CodePurpose,
        decide: Arc<DecideWithCode>,
    ) -> Result<User, StoreError> {
        let clock = self.clock.clone();
        self.write(proof.clone(), move |connection, proof| {
            let (decide, clock) = (decide.clone(), clock.clone());
            async move {
                // Whose it is says the code, which is locked behind the account, as all others do.
                let code = one_time_codes::find(connection, proof, purpose)
                    .await?
                    .ok_or(StoreError::NotFound)?;
                let account = lock(connection, &code.user)
                    .await?
                    .ok_or(StoreError::NotFound)?;
                let code = one_time_codes::find_locked(connection, proof, purpose)
                    .await?
                    .ok_or(StoreError::NotFound)?;
                let change = decide(&account, &code).map_err(StoreError::Refused)?;
                let now = clock.now();
                one_time_codes::use_up(connection, proof, &code, now).await?;
                carry_out(connection, &account, &change, now).await
            }
            .boxed()
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "db.code.remove_expired")]
    async fn remove_expired_codes(&self, limit: u32) -> Result<u32, StoreError> {
        let clock = self.clock.clone();
        self.write((), move |connection, ()| {
            let clock = clock.clone();
            async move {
                let now = clock.now();
                let removed = one_time_codes::remove_useless(connection, now, limit).await?;
                // Not more than the limit.
                Ok(u32::try_from(removed).unwrap_or(limit))
            }
            .boxed()
        })
        .await
    }
}

async fn find_row(connection: &mut AsyncPgConnection, id: &UserId) -> QueryResult<Option<UserRow>> {
    if !may_be_stored(id.as_str()) {
        return Ok(None);
    }
    users::table
        .filter(users::id.eq(id.as_str()))
        .select(UserRow::as_select())
        .first(connection)
        .await
        .optional()
}

/// Whether more follow, of a page that needs not be read to be known as empty.
fn nothing_to_read(query: &UserQuery, counted: &Counted) -> Option<bool> {
    let Position::Offset(offset) = query.position else {
        return None;
    };
    if query.limit == 0 {
        return Some(offset < counted.passing);
    }
    (counted.row_by_row && offset >= counted.passing).then_some(false)
}

/// The rows of a page, and whether more follow: one more than wanted is asked for.
async fn rows(
    connection: &mut AsyncPgConnection,
    query: &UserQuery,
    counted: &Counted,
) -> Result<(Vec<UserRow>, bool), Failure> {
    let plan = PagePlan::choose(query, counted.passing, counted.all);
    if plan == PagePlan::Walk && counted.row_by_row {
        // How many pass is known here, and there it is guessed.
        connection.batch_execute(NO_SORTING).await?;
    }
    let list = || listed(&query.filter, query.sort, plan);
    let parts = match &query.position {
        Position::Offset(offset) => match i64::try_from(*offset) {
            Ok(0) => vec![list()],
            Ok(offset) => vec![list().offset(offset)],
            Err(_) => Vec::new(),
        },
        Position::After(cursor) => behind(connection, query, cursor, plan).await?,
    };
    let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let mut missing = i64::try_from(query.limit.saturating_add(1)).unwrap_or(i64::MAX);
    let mut rows: Vec<UserRow> = Vec::new();
    for part in parts {
        let found: Vec<UserRow> = part
            .limit(missing)
            .select(UserRow::as_select())
            .load(connection)
            .await?;
        missing -= i64::try_from(found.len()).unwrap_or(i64::MAX);
        rows.extend(found);
        if missing <= 0 {
            break;
        }
    }
    let more = rows.len() > wanted;
    rows.truncate(wanted);
    Ok((rows, more))
}
