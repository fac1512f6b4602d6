//! Changes of accounts inside a transaction. Locks are taken in one order, so that no two changes
//! wait for each other: the enabled administrators by id, the account, its codes, the one of all
//! names, the names, what waits in the outbox.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use users_domain::model::{
    Change, CodePurpose, ConflictField, Email, Facts, Needs, Status, Timestamp, User, UserId,
    Username,
};
use users_domain::ports::StoreError;

use crate::error::Failure;
use crate::filter::{
    IS_ADMINISTRATOR, UsersQuery, may_be_stored, others_with_email, others_with_username,
};
use crate::one_time_codes;
use crate::outbox::append;
use crate::row::{ChangedColumns, UserRow};
use crate::schema::users::{bytewise, users};
use crate::values::{StoredNumber, StoredText};

/// Locks an account and reads it as it is then.
pub(crate) async fn lock(
    connection: &mut AsyncPgConnection,
    id: &UserId,
) -> QueryResult<Option<User>> {
    if !may_be_stored(id.as_str()) {
        return Ok(None);
    }
    let row: Option<UserRow> = users::table
        .filter(users::id.eq(id.as_str()))
        .select(UserRow::as_select())
        .for_update()
        .first(connection)
        .await
        .optional()?;
    Ok(row.map(User::from))
}

/// What a decision asks for, locked.
pub(crate) async fn facts(connection: &mut AsyncPgConnection, needs: Needs) -> QueryResult<Facts> {
    if !needs.enabled_administrators {
        return Ok(Facts::default());
    }
    let ids: Vec<StoredText> = users::table
        .filter(users::status.eq(StoredNumber(Status::Enabled.as_i16().into())))
        .filter(sql::<Bool>(IS_ADMINISTRATOR))
        .order(bytewise(users::id.nullable()))
        .select(users::id)
        .for_update()
        .load(connection)
        .await?;
    Ok(Facts {
        enabled_administrators: ids
            .into_iter()
            .map(|id| UserId::from_stored(id.0))
            .collect(),
    })
}

/// Writes what was decided about an account that this transaction has locked.
pub(crate) async fn carry_out(
    connection: &mut AsyncPgConnection,
    account: &User,
    change: &Change,
    now: Timestamp,
) -> Result<User, Failure> {
    let Change { user, effects } = change;
    let id = account.id.as_str();
    let changes = ChangedColumns::between(account, user);
    let mut written = User {
        id: account.id.clone(),
        version: account.version,
        ..user.clone()
    };
    if !changes.is_empty() {
        if changes.email.is_some() {
            one_time_codes::void(connection, id, None, now).await?;
        } else if changes.secret.is_some() || changes.status.is_some() {
            let purpose = Some(CodePurpose::ResetSecret);
            one_time_codes::void(connection, id, purpose, now).await?;
        }
        let email = changes.email.is_some().then_some(&user.email);
        let username = user.username.as_ref();
        let username = username.filter(|_| changes.username.is_some());
        lock_names(connection, email, username).await?;
        refuse_taken_names(connection, &account.id, email, username).await?;
        let row: UserRow = diesel::update(users::table.filter(users::id.eq(id)))
            .set((&changes, users::version.eq(account.version + 1)))
            .returning(UserRow::as_returning())
            .get_result(connection)
            .await?;
        written = row.into();
    }
    append(connection, effects, now).await?;
    Ok(written)
}

/// Two writers of one name, in whatever case, come one after the other. Locks of names that hash
/// alike are one lock, which costs a wait and nothing else.
///
/// All writers of names share one more lock, which an import takes for itself while it writes those
/// of a whole batch ([`crate::import::LOCK`]). Theirs comes before those of the names: to be sorted,
/// the rows must all be there. The other way round two writers and an import could wait in a circle.
const LOCK_NAME: &str = "SELECT pg_advisory_xact_lock(key) FROM (
    SELECT DISTINCT hashtextextended(name, 0) AS key
    FROM unnest($1) AS name, pg_advisory_xact_lock_shared(1970432882, 3)
    ORDER BY key
) AS keys";

/// Keeps others from writing these names, until the transaction ends.
pub(crate) async fn lock_names(
    connection: &mut AsyncPgConnection,
    email: Option<&Email>,
    username: Option<&Username>,
) -> QueryResult<()> {
    let email = email.map(|email| format!("users.email {}", email.folded()));
    let username = username.map(|username| format!("users.username {}", username.folded()));
    let names: Vec<String> = email.into_iter().chain(username).collect();
    if names.is_empty() {
        return Ok(());
    }
    diesel::sql_query(LOCK_NAME)
        .bind::<Array<Text>, _>(names)
        .execute(connection)
        .await?;
    Ok(())
}

/// No unique index does this: rows that are twins by case are stored and stay valid. What the
/// deployed service writes meanwhile, which knows no locks, its own constraints catch.
pub(crate) async fn refuse_taken_names(
    connection: &mut AsyncPgConnection,
    id: &UserId,
    email: Option<&Email>,
    username: Option<&Username>,
) -> Result<(), Failure> {
    let id = || id.as_str().to_owned();
    if let Some(email) = email {
        let others = others_with_email(id(), email.folded());
        refuse_if_any(connection, others, ConflictField::Email).await?;
    }
    if let Some(username) = username {
        let others = others_with_username(id(), username.folded());
        refuse_if_any(connection, others, ConflictField::Username).await?;
    }
    Ok(())
}

async fn refuse_if_any(
    connection: &mut AsyncPgConnection,
    others: UsersQuery,
    field: ConflictField,
) -> Result<(), Failure> {
    let taken: bool = diesel::select(diesel::dsl::exists(others))
        .get_result(connection)
        .await?;
    if taken {
        Err(StoreError::Conflict(field).into())
    } else {
        Ok(())
    }
}
