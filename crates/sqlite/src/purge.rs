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
    // Those that are no text at all are not walked along: they are counted where a walk begins.
    let mut odd = match after {
        None => odd_ids(connection, cutoff)?,
        Some(_) => 0,
    };
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
        let is_odd = |(id, bytes, ..): &&Row| id.0.as_bytes() != bytes;
        odd += rows.iter().filter(is_odd).count();
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
    if odd > 0 {
        warn!(
            accounts = odd,
            "deleted accounts stay: their ids are no text, so nobody can name them; remove their rows \
             by hand"
        );
    }
    Ok(accounts)
}

/// How many of those that were not deleted later have an id that is no text.
fn odd_ids(connection: &mut SqliteConnection, cutoff: Timestamp) -> QueryResult<usize> {
    let (later, odd) = DELETED_LATER;
    let count: i64 = users::table
        .filter(users::status.eq(i64::from(Status::Deleted.as_i16())))
        .filter(
            sql::<Bool>(later)
                .bind::<BigInt, _>(micros(cutoff))
                .sql(odd),
        )
        .filter(sql::<Bool>("typeof(users.id) = 'blob'"))
        .count()
        .get_result(connection)?;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// Removes the row of an account with its sessions; the codes go by themselves. An operator's tables
/// may refer to it, and his triggers may have a say; one that raises ROLLBACK ends more than its own
/// statement, and counts as a fault.
pub(crate) fn remove(connection: &mut SqliteConnection, id: &str) -> Result<(), Failure> {
    let sessions = refresh_sessions::table.filter(refresh_sessions::user_id.eq(id));
    let removed = diesel::delete(sessions)
        .execute(connection)
        .and_then(|_| diesel::delete(users::table.find(id)).execute(connection));
    match removed {
        Ok(0) => {
            warn!(
                user = id,
                "an account cannot be removed: a trigger keeps its row"
            );
            Err(StoreError::Held.into())
        }
        Ok(_) => Ok(()),
        Err(error) if is_refusal(&error) => Err(held(id, &error)),
        Err(error) => Err(error.into()),
    }
}

/// What a commit means that failed: a key that is checked as late as that may say no.
pub(crate) fn at_commit(id: &str, failure: Failure) -> Failure {
    match failure {
        Failure::Driver(
            error @ DriverError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _),
        ) => held(id, &error),
        failure => failure,
    }
}

fn held(id: &str, error: &DriverError) -> Failure {
    warn!(user = id, %error, "an account cannot be removed: the database does not let its row go");
    StoreError::Held.into()
}

/// How SQLite's messages of faults begin. The driver tells no kind of them, nor of what a trigger
/// raises: that is whatever else there is.
const FAULTS: [&str; 18] = [
    "access permission denied",
    "attempt to write a readonly database",
    "bad parameter or other API misuse",
    "callback requested query abort",
    "cannot commit",
    "cannot rollback",
    "cannot start a transaction",
    "database disk image is malformed",
    "database is locked",
    "database or disk is full",
    "database schema",
    "database table is locked",
    "disk I/O error",
    "file is not a database",
    "interrupted",
    "locking protocol",
    "out of memory",
    "unable to open database file",
];

/// Whether something of others said no: a constraint, or a trigger in its own words.
fn is_refusal(error: &DriverError) -> bool {
    let DriverError::DatabaseError(kind, information) = error else {
        return false;
    };
    match kind {
        DatabaseErrorKind::ForeignKeyViolation
        | DatabaseErrorKind::NotNullViolation
        | DatabaseErrorKind::CheckViolation
        | DatabaseErrorKind::UniqueViolation => true,
        DatabaseErrorKind::Unknown => {
            let message = information.message();
            !FAULTS.iter().any(|fault| message.starts_with(fault))
        }
        _ => false,
    }
}
