//! What of a list comes behind a cursor.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use users_domain::model::{Cursor, CursorKey, PagePlan, SortDirection, User, UserQuery};

use crate::filter::{ID, UsersQuery, key, listed, may_be_stored, planned};
use crate::moment::StoredMoment;
use crate::row::UserRow;
use crate::schema::users::users;
use crate::values::StoredText;

use SortDirection::{Ascending, Descending};

/// The rest of a list in parts, to be read one after the other: each is one range of an index, which
/// all of them together would not be.
pub(crate) async fn behind(
    connection: &mut AsyncPgConnection,
    query: &UserQuery,
    cursor: &Cursor,
    plan: PagePlan,
) -> QueryResult<Vec<UsersQuery>> {
    let list = List {
        query,
        id: planned(ID, plan),
        plan,
    };
    let Some(key) = key(query.sort.order) else {
        return Ok(list.behind_id(cursor));
    };
    let column = &planned(key, plan);
    Ok(match stored(connection, key, query, cursor).await? {
        Stored::AsRead => list.behind_key(column, cursor),
        Stored::Null => {
            let mut cursor = cursor.clone();
            cursor.key = CursorKey::Text(None);
            list.behind_key(column, &cursor)
        }
        Stored::Otherwise => list.behind_stored(column, cursor),
    })
}

/// A list, and how it is read.
pub(crate) struct List<'q> {
    pub(crate) query: &'q UserQuery,
    /// The id as SQL.
    pub(crate) id: String,
    pub(crate) plan: PagePlan,
}

impl List<'_> {
    /// The sign between a value and what comes before it.
    fn later(&self) -> &'static str {
        match self.query.sort.direction {
            Ascending => ">",
            Descending => "<",
        }
    }

    fn listed(&self) -> UsersQuery {
        listed(&self.query.filter, self.query.sort, self.plan)
    }

    pub(crate) fn behind_id(&self, cursor: &Cursor) -> Vec<UsersQuery> {
        let id = cursor.id.as_str().to_owned();
        let behind = sql::<Bool>(&format!("{} {} ", self.id, self.later()));
        vec![self.listed().filter(behind.bind::<Text, _>(id))]
    }

    pub(crate) fn behind_key(&self, column: &str, cursor: &Cursor) -> Vec<UsersQuery> {
        let (id_column, later) = (&self.id, self.later());
        let id = || cursor.id.as_str().to_owned();
        let list = || self.listed();
        let null = || list().filter(sql::<Bool>(&format!("{column} IS NULL")));
        let not_null = || list().filter(sql::<Bool>(&format!("{column} IS NOT NULL")));
        let behind_null =
            || null().filter(sql::<Bool>(&format!("{id_column} {later} ")).bind::<Text, _>(id()));
        // One comparison of both is one range of the index.
        macro_rules! behind_value {
            ($type:ty, $value:expr) => {
                list().filter(
                    sql::<Bool>(&format!("({column}, {id_column}) {later} ("))
                        .bind::<$type, _>($value)
                        .sql(", ")
                        .bind::<Text, _>(id())
                        .sql(")"),
                )
            };
        }
        // NULL comes first when ascending, and last when descending.
        match (&cursor.key, self.query.sort.direction) {
            (CursorKey::Time(Some(micros)), direction) => {
                let moment = StoredMoment::from_unix_micros(*micros);
                with_null_last(behind_value!(Timestamptz, moment), null, direction)
            }
            (CursorKey::Text(Some(text)), direction) => {
                with_null_last(behind_value!(Text, text.clone()), null, direction)
            }
            (_, Ascending) => vec![behind_null(), not_null()],
            (_, Descending) => vec![behind_null()],
        }
    }

    /// The same where the row that the cursor names stands for itself. Its key is not NULL.
    fn behind_stored(&self, column: &str, cursor: &Cursor) -> Vec<UsersQuery> {
        let (id_column, later) = (&self.id, self.later());
        let id = || cursor.id.as_str().to_owned();
        let stored = column.replace("users.", "named.");
        let behind_row = self.listed().filter(
            sql::<Bool>(&format!(
                "({column}, {id_column}) {later} ((SELECT {stored} FROM users AS named
                  WHERE named.id = "
            ))
            .bind::<Text, _>(id())
            .sql("), ")
            .bind::<Text, _>(id())
            .sql(")"),
        );
        let null = || {
            self.listed()
                .filter(sql::<Bool>(&format!("{column} IS NULL")))
        };
        with_null_last(behind_row, null, self.query.sort.direction)
    }
}

fn with_null_last(
    behind: UsersQuery,
    null: impl Fn() -> UsersQuery,
    direction: SortDirection,
) -> Vec<UsersQuery> {
    match direction {
        Ascending => vec![behind],
        Descending => vec![behind, null()],
    }
}

/// How the key of the row that a cursor names is stored.
enum Stored {
    /// As it reads; or it reads otherwise now, or the row is gone.
    AsRead,
    /// As NULL, which reads as the empty text.
    Null,
    /// As something else: a time that no calendar holds.
    Otherwise,
}

/// How the row that a cursor names is stored, if it still reads as it did. It stands in the list
/// where what is stored stands, and to go on from what was read would lead round in circles.
async fn stored(
    connection: &mut AsyncPgConnection,
    column: &str,
    query: &UserQuery,
    cursor: &Cursor,
) -> QueryResult<Stored> {
    if !may_be_stored(cursor.id.as_str()) {
        return Ok(Stored::AsRead);
    }
    let is_not = sql::<Bool>(&format!("{column} IS DISTINCT FROM "));
    let id = StoredText::from_text(cursor.id.as_str());
    let named = users::table.filter(users::id.eq(id)).into_boxed();
    let stored_otherwise: UsersQuery = match &cursor.key {
        CursorKey::Id => return Ok(Stored::AsRead),
        CursorKey::Time(key) => {
            named.filter(is_not.bind::<diesel::sql_types::Nullable<Timestamptz>, _>(
                key.map(StoredMoment::from_unix_micros),
            ))
        }
        CursorKey::Text(key) => {
            named.filter(is_not.bind::<diesel::sql_types::Nullable<Text>, _>(key.clone()))
        }
    };
    let is_null = sql::<Bool>(&format!("{column} IS NULL"));
    let row: Option<(UserRow, bool)> = stored_otherwise
        .select((UserRow::as_select(), is_null))
        .first(connection)
        .await
        .optional()?;
    let Some((row, is_null)) = row else {
        return Ok(Stored::AsRead);
    };
    let account = User::from(row);
    if Cursor::after(&account, &query.filter, query.sort) != *cursor {
        return Ok(Stored::AsRead);
    }
    Ok(if is_null {
        Stored::Null
    } else {
        Stored::Otherwise
    })
}
