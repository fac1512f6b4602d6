//! Accounts that go for good: who has been deleted long enough, and the end of a row.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DriverError};
use diesel::sql_types::{BigInt, Binary, Bool, Text};
use tracing::warn;
use users_domain::model::{DeletedAccount, Status, Timestamp, UserId};
use users_domain::ports::StoreError;

use crate::error::Failure;
use crate::filter::UsersQuery;
use crate::row::{StoredText, micros, moment};
use crate::schema::{refresh_sessions, users};

/// Since when an account has been deleted, if that is later than a moment. Of odd times, which no
/// calendar holds, this says nothing: then they are looked at. The greatest is the last microsecond
/// of the year 9999.
const DELETED_LATER: (&str, &str) = (
    "(coalesce(users.updated_at, users.created_at) > ",
    " AND coalesce(users.updated_at, users.created_at) <= 253402300799999999) IS NOT TRUE",
);

/// The deleted accounts behind an id that were not deleted later than the cutoff, in order. Ids that
/// are no text are passed over: nobody finds an account by what they read as.
///
/// The plus keeps SQLite from walking along the ids, past everybody else.
pub(crate) fn not_deleted_later(cutoff: Timestamp, after: Option<Vec<u8>>) -> UsersQuery {
    let (later, odd) = DELETED_LATER;
    let query = users::table
        .filter(users::status.eq(i64::from(Status::Deleted.as_i16())))
        .filter(
            sql::<Bool>(later)
                .bind::<BigInt, _>(micros(cutoff))
                .sql(odd),
        )
        .filter(sql::<Bool>("+users.id < x''"))
        .order(sql::<Text>("+users.id"))
        .into_boxed();
    match after {
        None => query,
        Some(after) => query.filter(
            sql::<Bool>("+users.id > CAST(")
                .bind::<Binary, _>(after)
                .sql(" AS TEXT)"),
        ),
    }
}

type Row = (StoredText, Vec<u8>, Option<i64>, Option<i64>);

/// Who has been deleted since the cutoff or longer, or since nobody knows when.
pub(crate) fn deleted_before(
    connection: &mut SqliteConnection,
    cutoff: Timestamp,
    mut after: Option<Vec<u8>>,
    limit: u32,
) -> QueryResult<Vec<DeletedAccount>> {
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut accounts = Vec::new();
    while accounts.len() < wanted {
        let missing = wanted - accounts.len();
        let rows: Vec<Row> = not_deleted_later(cutoff, after)
            .limit(i64::try_from(missing).unwrap_or(i64::MAX))
            .select((
                users::id,
                sql::<Binary>("CAST(id AS BLOB)"),
                users::updated_at,
                users::created_at,
            ))
            .load(connection)?;
        let found = rows.len();
        after = rows.last().map(|(_, bytes, ..)| bytes.clone());
        let rows = rows
            .into_iter()
            .filter(|(id, bytes, ..)| id.0.as_bytes() == bytes)
            .map(|(id, _, updated_at, created_at)| DeletedAccount {
                id: UserId::from_stored(id.0),
                deleted_at: updated_at
                    .and_then(moment)
                    .or_else(|| created_at.and_then(moment)),
            });
        accounts.extend(rows.filter(|row| row.deleted_at.is_none_or(|at| at <= cutoff)));
        if found < missing {
            break;
        }
    }
    Ok(accounts)
}

/// Removes the row of an account with its sessions; the codes go by themselves. An operator's tables
/// may refer to it, and his triggers may have a say.
pub(crate) fn remove(connection: &mut SqliteConnection, id: &str) -> Result<(), Failure> {
    diesel::delete(refresh_sessions::table.filter(refresh_sessions::user_id.eq(id)))
        .execute(connection)?;
    match diesel::delete(users::table.find(id)).execute(connection) {
        Ok(0) => {
            warn!(
                user = id,
                "an account cannot be removed: a trigger keeps its row"
            );
            Err(StoreError::Held.into())
        }
        Ok(_) => Ok(()),
        Err(error) if is_refusal(&error) => {
            warn!(user = id, %error, "an account cannot be removed: the database does not let its row go");
            Err(StoreError::Held.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// What SQLite says of a foreign key, whichever way it is checked. That of ON DELETE RESTRICT is a
/// trigger to it, of which the driver does not tell the kind.
const FOREIGN_KEY: &str = "FOREIGN KEY constraint failed";

/// Whether a constraint of another table said no.
fn is_refusal(error: &DriverError) -> bool {
    let DriverError::DatabaseError(kind, information) = error else {
        return false;
    };
    match kind {
        DatabaseErrorKind::ForeignKeyViolation
        | DatabaseErrorKind::NotNullViolation
        | DatabaseErrorKind::CheckViolation
        | DatabaseErrorKind::UniqueViolation => true,
        _ => information.message() == FOREIGN_KEY,
    }
}
