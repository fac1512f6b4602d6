//! What of a list comes behind a cursor.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use users_domain::model::{Cursor, CursorKey, Order, SortDirection, User, UserQuery};

use crate::filter::{UsersQuery, listed};
use crate::row::UserRow;
use crate::schema::users;

use SortDirection::{Ascending, Descending};

/// The rest of a list in parts, to be read one after the other: each is one range of an index, which
/// all of them together would not be.
pub(crate) fn behind(
    connection: &mut SqliteConnection,
    query: &UserQuery,
    cursor: &Cursor,
) -> QueryResult<Vec<UsersQuery>> {
    let Some(column) = column(query.sort.order) else {
        return Ok(behind_id(query, cursor));
    };
    if is_stored_otherwise(connection, column, query, cursor)? {
        return Ok(behind_stored(column, query, cursor));
    }
    Ok(behind_key(column, query, cursor))
}

/// What a list is ordered by before the id, as SQL.
fn column(order: Order) -> Option<&'static str> {
    match order {
        Order::Id => None,
        Order::CreatedAt => Some("created_at"),
        Order::UpdatedAt => Some("coalesce(updated_at, created_at)"),
        Order::FirstName => Some("first_name"),
        Order::LastName => Some("last_name"),
        Order::Username => Some("username"),
        Order::Email => Some("email"),
    }
}

/// The sign between a value and what comes before it.
fn later(query: &UserQuery) -> &'static str {
    match query.sort.direction {
        Ascending => ">",
        Descending => "<",
    }
}

fn behind_id(query: &UserQuery, cursor: &Cursor) -> Vec<UsersQuery> {
    let id = cursor.id.as_str().to_owned();
    let list = listed(&query.filter, query.sort);
    vec![match query.sort.direction {
        Ascending => list.filter(users::id.gt(id)),
        Descending => list.filter(users::id.lt(id)),
    }]
}

pub(crate) fn behind_key(column: &str, query: &UserQuery, cursor: &Cursor) -> Vec<UsersQuery> {
    let later = later(query);
    let id = || cursor.id.as_str().to_owned();
    let list = || listed(&query.filter, query.sort);
    let null = || list().filter(sql::<Bool>(&format!("{column} IS NULL")));
    let not_null = || list().filter(sql::<Bool>(&format!("{column} IS NOT NULL")));
    let behind_null = || {
        null().filter(
            sql::<Bool>(&format!("(id {later} "))
                .bind::<Text, _>(id())
                .sql(")"),
        )
    };
    // The first comparison is a range of the index; the others decide among equals.
    macro_rules! behind_value {
        ($type:ty, $value:expr) => {
            list().filter(
                sql::<Bool>(&format!("({column} {later}= "))
                    .bind::<$type, _>($value)
                    .sql(&format!(" AND ({column} {later} "))
                    .bind::<$type, _>($value)
                    .sql(&format!(" OR id {later} "))
                    .bind::<Text, _>(id())
                    .sql("))"),
            )
        };
    }
    // NULL comes first when ascending, and last when descending.
    match (&cursor.key, query.sort.direction) {
        (CursorKey::Time(Some(micros)), Ascending) => vec![behind_value!(BigInt, *micros)],
        (CursorKey::Time(Some(micros)), Descending) => vec![behind_value!(BigInt, *micros), null()],
        (CursorKey::Text(Some(text)), Ascending) => vec![behind_value!(Text, text.clone())],
        (CursorKey::Text(Some(text)), Descending) => {
            vec![behind_value!(Text, text.clone()), null()]
        }
        (_, Ascending) => vec![behind_null(), not_null()],
        (_, Descending) => vec![behind_null()],
    }
}

/// Whether the row that a cursor names still reads as it did, but is stored as something else: a
/// time that no calendar holds, bytes that are no text. It stands in the list where what is stored
/// stands, and to go on from what was read would lead round in circles.
fn is_stored_otherwise(
    connection: &mut SqliteConnection,
    column: &str,
    query: &UserQuery,
    cursor: &Cursor,
) -> QueryResult<bool> {
    let is_not = sql::<Bool>(&format!("{column} IS NOT "));
    let named = users::table.find(cursor.id.as_str()).into_boxed();
    let stored_otherwise = match &cursor.key {
        CursorKey::Id => return Ok(false),
        CursorKey::Time(key) => named.filter(is_not.bind::<Nullable<BigInt>, _>(*key)),
        CursorKey::Text(key) => named.filter(is_not.bind::<Nullable<Text>, _>(key.clone())),
    };
    let row: Option<UserRow> = stored_otherwise
        .select(UserRow::as_select())
        .first(connection)
        .optional()?;
    Ok(row.is_some_and(|row| {
        let account = User::from(row);
        Cursor::after(&account, &query.filter, query.sort) == *cursor
    }))
}

/// The same where the row that the cursor names stands for itself. Its key is not NULL, which would
/// read as it is stored.
fn behind_stored(column: &str, query: &UserQuery, cursor: &Cursor) -> Vec<UsersQuery> {
    let later = later(query);
    let id = || cursor.id.as_str().to_owned();
    let list = || listed(&query.filter, query.sort);
    let stored = format!("(SELECT {column} FROM users AS named WHERE named.id = ");
    let behind_row = list().filter(
        sql::<Bool>(&format!("({column} {later} {stored}"))
            .bind::<Text, _>(id())
            .sql(&format!(") OR ({column} = {stored}"))
            .bind::<Text, _>(id())
            .sql(&format!(") AND id {later} "))
            .bind::<Text, _>(id())
            .sql("))"),
    );
    match query.sort.direction {
        Ascending => vec![behind_row],
        Descending => {
            let null = list().filter(sql::<Bool>(&format!("{column} IS NULL")));
            vec![behind_row, null]
        }
    }
}
