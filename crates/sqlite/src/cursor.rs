//! What of a list comes behind a cursor.

use diesel::dsl::sql;
use diesel::expression::BoxableExpression;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel::sqlite::Sqlite;
use users_domain::model::{Cursor, CursorKey, Order, Sort, SortDirection, User, UserQuery};

use crate::filter::{Reading, UsersQuery, listed};
use crate::row::UserRow;
use crate::schema::users;

use SortDirection::{Ascending, Descending};

type Condition = Box<dyn BoxableExpression<users::table, Sqlite, SqlType = Bool>>;

/// Rows behind a cursor that are one range of the order's index.
struct Range {
    condition: Condition,
    /// Whether all of them have the same key, so that only the id orders them. SQLite does not see
    /// it where the key is an expression.
    of_one_key: bool,
}

impl Range {
    fn of_one_key(condition: Condition) -> Self {
        Self {
            condition,
            of_one_key: true,
        }
    }

    fn of_many(condition: Condition) -> Self {
        Self {
            condition,
            of_one_key: false,
        }
    }
}

/// The rest of a list in parts, to be read one after the other: along an index each is one range of
/// it, which all of them together would not be.
pub(crate) fn behind(
    connection: &mut SqliteConnection,
    query: &UserQuery,
    cursor: &Cursor,
    reading: &Reading,
) -> QueryResult<Vec<UsersQuery>> {
    let Some(column) = reading.column(query.sort.order) else {
        return Ok(vec![
            listed(&query.filter, query.sort, reading).filter(behind_id(query, cursor, reading)),
        ]);
    };
    let ranges = if is_stored_otherwise(connection, column, query, cursor)? {
        behind_stored(column, query, cursor, reading)
    } else {
        behind_key(column, query, cursor, reading)
    };
    Ok(parts(ranges, query, reading))
}

/// Rows that are sorted anyway are read at once.
fn parts(ranges: Vec<Range>, query: &UserQuery, reading: &Reading) -> Vec<UsersQuery> {
    let list = || listed(&query.filter, query.sort, reading);
    match reading {
        Reading::Along => ranges
            .into_iter()
            .map(|range| {
                let part = list().filter(range.condition);
                if range.of_one_key {
                    ordered_by_id(part, query.sort.direction)
                } else {
                    part
                }
            })
            .collect(),
        Reading::Among(_) => ranges
            .into_iter()
            .map(|range| range.condition)
            .reduce(|one, other| Box::new(one.or(other)))
            .map(|any| list().filter(any))
            .into_iter()
            .collect(),
    }
}

fn ordered_by_id(part: UsersQuery, direction: SortDirection) -> UsersQuery {
    match direction {
        Ascending => part.order(users::id.asc()),
        Descending => part.order(users::id.desc()),
    }
}

/// The sign between a value and what comes before it.
fn later(query: &UserQuery) -> &'static str {
    match query.sort.direction {
        Ascending => ">",
        Descending => "<",
    }
}

fn behind_id(query: &UserQuery, cursor: &Cursor, reading: &Reading) -> Condition {
    Box::new(
        sql::<Bool>(&format!("({} {} ", reading.id(), later(query)))
            .bind::<Text, _>(cursor.id.as_str().to_owned())
            .sql(")"),
    )
}

/// Whether rows without a key may come last.
fn ends_with_null(sort: Sort) -> bool {
    sort.direction == Descending
        && match sort.order {
            Order::CreatedAt | Order::UpdatedAt | Order::Username => true,
            Order::FirstName | Order::LastName | Order::Email | Order::Id => false,
        }
}

/// Every id is as great as the empty text. Saying so makes SQLite take the order's index: by the
/// unique one on the username it would expect a single row, and sort them all.
fn all_without_key(column: &str, reading: &Reading) -> Range {
    let condition = format!("({column} IS NULL AND {} >= '')", reading.id());
    Range::of_one_key(Box::new(sql::<Bool>(&condition)))
}

/// Along an index both those of the same key and those of a later one are one step into it, however
/// many there are.
fn behind_key(column: &str, query: &UserQuery, cursor: &Cursor, reading: &Reading) -> Vec<Range> {
    let later = later(query);
    let behind_id = || behind_id(query, cursor, reading);
    let is_null = || -> Condition { Box::new(sql::<Bool>(&format!("{column} IS NULL"))) };
    macro_rules! compared {
        ($sign:expr, $type:ty, $value:expr) => {
            sql::<Bool>(&format!("({column} {} ", $sign))
                .bind::<$type, _>($value)
                .sql(")")
        };
    }
    let (same, further): (Condition, Condition) = match &cursor.key {
        CursorKey::Time(Some(micros)) => (
            Box::new(compared!("=", BigInt, *micros).and(behind_id())),
            Box::new(compared!(later, BigInt, *micros)),
        ),
        CursorKey::Text(Some(text)) => (
            Box::new(compared!("=", Text, text.clone()).and(behind_id())),
            Box::new(compared!(later, Text, text.clone())),
        ),
        // NULL comes first when ascending, and last when descending.
        _ => {
            let mut ranges = vec![Range::of_one_key(Box::new(is_null().and(behind_id())))];
            if query.sort.direction == Ascending {
                // Of an expression SQLite takes only a comparison for a range of its index; the
                // number is less than all others, and every number less than a text.
                let not_null = match cursor.key {
                    CursorKey::Time(_) => ">= -9e999",
                    CursorKey::Text(_) | CursorKey::Id => "IS NOT NULL",
                };
                let not_null = sql::<Bool>(&format!("{column} {not_null}"));
                ranges.push(Range::of_many(Box::new(not_null)));
            }
            return ranges;
        }
    };
    let mut ranges = vec![Range::of_one_key(same), Range::of_many(further)];
    if ends_with_null(query.sort) {
        ranges.push(all_without_key(column, reading));
    }
    ranges
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
    let named = users::table
        .filter(users::id.eq(cursor.id.as_str()))
        .into_boxed();
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
fn behind_stored(
    column: &str,
    query: &UserQuery,
    cursor: &Cursor,
    reading: &Reading,
) -> Vec<Range> {
    let stored = column.replace("users.", "named.");
    let compared = |sign: &str| {
        let select = format!("(SELECT {stored} FROM users AS named WHERE named.id = ");
        sql::<Bool>(&format!("({column} {sign} {select}"))
            .bind::<Text, _>(cursor.id.as_str().to_owned())
            .sql("))")
    };
    let behind_id = behind_id(query, cursor, reading);
    let mut ranges = vec![
        Range::of_one_key(Box::new(compared("=").and(behind_id))),
        Range::of_many(Box::new(compared(later(query)))),
    ];
    if ends_with_null(query.sort) {
        ranges.push(all_without_key(column, reading));
    }
    ranges
}
