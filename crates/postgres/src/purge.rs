//! Accounts that go for good: who has been deleted long enough, and the end of a row.

use std::sync::Arc;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text, Timestamptz, Untyped};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection as _};
use tracing::warn;
use users_domain::model::{DeletedAccount, PagePlan, Status, Timestamp, UserId};
use users_domain::ports::{DecidePurge, StoreError};

use crate::change::lock;
use crate::error::Failure;
use crate::filter::{ID, UsersQuery, planned};
use crate::moment::StoredMoment;
use crate::outbox::append;
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
    remove(connection, id).await?;
    append(connection, &effects, now).await?;
    Ok(true)
}

/// Removes the row with all that is kept of it, and says in the setting `users.refusal` who refused
/// that, if somebody did; the driver gives no SQLSTATE that would tell it from a fault. Everything
/// that is no refusal goes on as an error: a lost race (40), no resources (53), a limit (54), somebody
/// else at it (55), an operator (57; that a statement was cancelled is caught in no case), the system
/// (58), the server itself (XX, F0), the connection (08), a transaction that only reads (25).
///
/// What is checked at the commit as a rule is checked at once: then it could not be told from a commit
/// that failed.
const REMOVE: &str = "
DO $$
DECLARE
    leaving CONSTANT text := current_setting('users.leaving');
    removed bigint;
BEGIN
    DELETE FROM one_time_codes WHERE user_id = leaving;
    DELETE FROM users_verifications WHERE user_id = leaving;
    DELETE FROM refresh_sessions WHERE id IN (
        SELECT id FROM refresh_sessions WHERE user_id = leaving ORDER BY created_at, id FOR UPDATE);
    DELETE FROM users WHERE id = leaving;
    GET DIAGNOSTICS removed = ROW_COUNT;
    SET CONSTRAINTS ALL IMMEDIATE;
    PERFORM set_config(
        'users.refusal', CASE removed WHEN 0 THEN 'a trigger or a rule keeps its row' ELSE '' END, true);
EXCEPTION WHEN OTHERS THEN
    IF left(SQLSTATE, 2) IN ('08', '25', '40', '53', '54', '55', '57', '58', 'F0', 'XX') THEN
        RAISE;
    END IF;
    PERFORM set_config('users.refusal', SQLSTATE || ': ' || SQLERRM, true);
END
$$";

/// An operator's tables may refer to the row, and his triggers may have a say.
async fn remove(connection: &mut AsyncPgConnection, id: &UserId) -> Result<(), Failure> {
    diesel::sql_query("SELECT set_config('users.leaving', $1, true)")
        .bind::<Text, _>(id.as_str())
        .execute(connection)
        .await?;
    connection.batch_execute(REMOVE).await?;
    let refusal: String = diesel::select(sql::<Text>("current_setting('users.refusal')"))
        .get_result(connection)
        .await?;
    if refusal.is_empty() {
        return Ok(());
    }
    warn!(user = %id, refusal, "an account cannot be removed: the database does not let its row go");
    Err(StoreError::Held.into())
}
