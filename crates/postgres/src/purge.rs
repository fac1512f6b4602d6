//! Accounts that go for good: who has been deleted long enough, and the end of a row.

use std::sync::Arc;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::result::Error as DriverError;
use diesel::sql_types::{Bool, Text, Timestamptz, Untyped};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection as _};
use tracing::warn;
use users_domain::model::{DeletedAccount, PagePlan, Status, Timestamp, UserId};
use users_domain::ports::{DecidePurge, StoreError};

use crate::change::lock;
use crate::error::{Failure, is_refusal};
use crate::filter::{ID, UsersQuery, planned};
use crate::moment::StoredMoment;
use crate::one_time_codes;
use crate::outbox::append;
use crate::refresh_tokens::REVOKE_ALL;
use crate::schema::users::users;
use crate::values::StoredText;

/// Since when an account has been deleted, if that is later than a moment. Of odd times, which no
/// calendar holds, this says nothing: then they are looked at.
const DELETED_LATER: (&str, &str) = (
    "(coalesce(users.updated_at, users.created_at) > ",
    " AND coalesce(users.updated_at, users.created_at) < '10000-01-01 00:00:00+00') IS NOT TRUE",
);

/// The deleted accounts behind an id that were not deleted later than the cutoff, in order.
///
/// They are gathered through the index of the few that are not enabled. Walking along the ids would
/// pass over everybody else.
pub(crate) fn not_deleted_later(cutoff: Timestamp, after: Option<String>) -> UsersQuery {
    let id = planned(ID, PagePlan::Gather);
    let deleted = format!("users.status = {}", Status::Deleted.as_i16());
    let (later, odd) = DELETED_LATER;
    let query = users::table
        .filter(sql::<Bool>(&deleted))
        .filter(
            sql::<Bool>(later)
                .bind::<Timestamptz, _>(StoredMoment::from(cutoff))
                .sql(odd),
        )
        .order(sql::<Untyped>(&id))
        .into_boxed();
    match after {
        None => query,
        Some(after) => query.filter(sql::<Bool>(&format!("{id} > ")).bind::<Text, _>(after)),
    }
}

/// Who has been deleted since the cutoff or longer, or since nobody knows when.
pub(crate) async fn deleted_before(
    connection: &mut AsyncPgConnection,
    cutoff: Timestamp,
    mut after: Option<String>,
    limit: u32,
) -> QueryResult<Vec<DeletedAccount>> {
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut accounts = Vec::new();
    while accounts.len() < wanted {
        let missing = wanted - accounts.len();
        let rows: Vec<(StoredText, Option<StoredMoment>, Option<StoredMoment>)> =
            not_deleted_later(cutoff, after)
                .limit(i64::try_from(missing).unwrap_or(i64::MAX))
                .select((users::id, users::updated_at, users::created_at))
                .load(connection)
                .await?;
        let found = rows.len();
        after = rows.last().map(|(id, ..)| id.0.clone());
        let moment = |stored: Option<StoredMoment>| stored.and_then(StoredMoment::moment);
        let rows = rows
            .into_iter()
            .map(|(id, updated_at, created_at)| DeletedAccount {
                id: UserId::from_stored(id.0),
                deleted_at: moment(updated_at).or(moment(created_at)),
            });
        accounts.extend(rows.filter(|row| row.deleted_at.is_none_or(|at| at <= cutoff)));
        if found < missing {
            break;
        }
    }
    Ok(accounts)
}

/// Removes an account with all that is kept of it, if it may go.
pub(crate) async fn purge(
    connection: &mut AsyncPgConnection,
    id: &UserId,
    decide: &Arc<DecidePurge>,
    now: Timestamp,
) -> Result<bool, Failure> {
    let Some(account) = lock(connection, id).await? else {
        return Ok(false);
    };
    let effects = decide(&account).map_err(StoreError::Refused)?;
    one_time_codes::remove_all(connection, id.as_str()).await?;
    diesel::sql_query(REVOKE_ALL)
        .bind::<Text, _>(id.as_str())
        .execute(connection)
        .await?;
    remove_row(connection, id).await?;
    append(connection, &effects, now).await?;
    Ok(true)
}

/// An operator's tables may refer to the row, and his triggers may have a say.
async fn remove_row(connection: &mut AsyncPgConnection, id: &UserId) -> Result<(), Failure> {
    match delete_row(connection, id).await {
        Ok(0) => {
            warn!(user = %id, "an account cannot be removed: a trigger or a rule keeps its row");
            Err(StoreError::Held.into())
        }
        Ok(_) => Ok(()),
        Err(error) if is_refusal(&error) => {
            warn!(user = %id, %error, "an account cannot be removed: the database does not let its row go");
            Err(StoreError::Held.into())
        }
        Err(error) => Err(error.into()),
    }
}

async fn delete_row(connection: &mut AsyncPgConnection, id: &UserId) -> Result<usize, DriverError> {
    let removed = diesel::delete(users::table.filter(users::id.eq(id.as_str())))
        .execute(connection)
        .await?;
    // What is checked at the commit as a rule: then it could not be told from a commit that failed.
    connection
        .batch_execute("SET CONSTRAINTS ALL IMMEDIATE")
        .await?;
    Ok(removed)
}
