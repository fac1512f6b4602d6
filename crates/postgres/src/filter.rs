//! Which rows of `users` somebody means, and in what order: the queries, apart from running them.

use diesel::dsl::{IntoBoxed, sql};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Jsonb, Nullable, Text};
use users_domain::model::{
    Metadata, Order, Role, Sort, SortDirection, Status, TagFilter, UserFilter, check_json,
};
use users_domain::ports::MAX_LOGIN_CANDIDATES;

use crate::moment::StoredMoment;
use crate::schema::users::{bytewise, coalesce, lower, users};
use crate::values::{StoredJson, StoredNumber, StoredTags};

pub(crate) type UsersQuery = IntoBoxed<'static, users::table, Pg>;

const ENABLED: StoredNumber = StoredNumber(Status::Enabled.as_i16() as i64);
const ADMIN: StoredNumber = StoredNumber(Role::Admin.as_i16() as i64);

/// The contract's number as Postgres counts.
#[expect(clippy::cast_possible_wrap, reason = "a hundred fits")]
const LOGIN_CANDIDATES: i64 = MAX_LOGIN_CANDIDATES as i64;

/// Postgres keeps no U+0000 and refuses a statement that asks for it: nothing holds such a text.
pub(crate) fn may_be_stored(text: &str) -> bool {
    !text.contains('\0')
}

/// The enabled accounts that somebody who types this may mean, exact matches first.
pub(crate) fn login_candidates(exact: &str) -> UsersQuery {
    let folded = exact.to_ascii_lowercase();
    let exact = exact.to_owned();
    users::table
        .filter(
            lower(bytewise(users::email))
                .eq(folded.clone())
                .or(lower(bytewise(users::username)).eq(folded)),
        )
        .filter(users::status.eq(ENABLED))
        // Exact matches decide a login, so they must be among the first.
        .order((
            users::email.is_not_distinct_from(exact.clone()).desc(),
            users::username.is_not_distinct_from(exact).desc(),
            bytewise(users::id.nullable()).asc(),
        ))
        .limit(LOGIN_CANDIDATES)
        .into_boxed()
}

/// Who else has this address, without case.
pub(crate) fn others_with_email(id: String, folded: String) -> UsersQuery {
    users::table
        .filter(lower(bytewise(users::email)).eq(folded))
        .filter(users::id.ne(id))
        .into_boxed()
}

/// Who else has this username, without case.
pub(crate) fn others_with_username(id: String, folded: String) -> UsersQuery {
    users::table
        .filter(lower(bytewise(users::username)).eq(folded))
        .filter(users::id.ne(id))
        .into_boxed()
}

/// The accounts that pass: one function for page and count.
pub(crate) fn filtered(filter: &UserFilter) -> UsersQuery {
    // A literal keeps diesel from caching the statement: its cache never forgets, and callers may
    // combine filters and orders in thousands of ways.
    let mut query = users::table.filter(sql::<Bool>("TRUE")).into_boxed();
    if let Some(status) = filter.status {
        query = query.filter(users::status.eq(StoredNumber(status.as_i16().into())));
    }
    query = match filter.role {
        None => query,
        Some(Role::Admin) => query.filter(users::role.eq(ADMIN)),
        Some(Role::User) => query.filter(users::role.is_distinct_from(ADMIN)),
    };
    // NULL passes where it reads as the empty text, and not where it reads as none.
    // `strpos` of folded texts rather than LIKE: nothing in the text has a meaning to be escaped.
    macro_rules! containing {
        ($part:expr, $column:literal) => {
            match $part {
                None => {}
                Some(part) if may_be_stored(part) => {
                    let found = concat!("strpos(lower(", $column, " COLLATE \"C\"), ");
                    query = query.filter(
                        sql::<Bool>(found)
                            .bind::<Text, _>(part.to_ascii_lowercase())
                            .sql(") > 0"),
                    );
                }
                Some(_) => query = query.filter(sql::<Bool>("FALSE")),
            }
        };
    }
    containing!(&filter.id, "users.id");
    containing!(&filter.username, "users.username");
    containing!(&filter.email, "coalesce(users.email, '')");
    containing!(&filter.first_name, "coalesce(users.first_name, '')");
    containing!(&filter.last_name, "coalesce(users.last_name, '')");
    query = match &filter.tags {
        None => query,
        Some(TagFilter::All(tags)) if tags.is_empty() => query,
        Some(TagFilter::All(tags)) if tags.iter().all(|tag| may_be_stored(tag)) => query.filter(
            sql::<Bool>("users.tags::text[] @> ")
                .bind::<Array<Nullable<Text>>, _>(StoredTags(tags.clone())),
        ),
        Some(TagFilter::All(_)) => query.filter(sql::<Bool>("FALSE")),
        Some(TagFilter::Any(tags)) => {
            let tags = tags.iter().filter(|tag| may_be_stored(tag));
            query.filter(
                sql::<Bool>("users.tags::text[] && ")
                    .bind::<Array<Nullable<Text>>, _>(StoredTags(tags.cloned().collect())),
            )
        }
    };
    if let Some(part) = &filter.metadata {
        query = having_metadata(query, part);
    }
    if let Some(from) = filter.created_from {
        query = query.filter(users::created_at.ge(StoredMoment::from(from)));
    }
    if let Some(to) = filter.created_to {
        query = query.filter(users::created_at.le(StoredMoment::from(to)));
    }
    query
}

fn having_metadata(query: UsersQuery, part: &Metadata) -> UsersQuery {
    // What comes from outside passes; anything else might be more than Postgres reads as JSON.
    if check_json(part.as_str()).is_err() {
        return query.filter(sql::<Bool>("FALSE"));
    }
    let part_json = StoredJson(part.as_str().to_owned());
    let contains = sql::<Bool>("(users.metadata @> ").bind::<Jsonb, _>(part_json);
    if part.is_object() && part.is_empty() {
        // NULL reads as an empty object.
        query.filter(contains.sql(" OR users.metadata IS NULL)"))
    } else {
        query.filter(contains.sql(")"))
    }
}

/// The same in order: absent values come first when ascending, texts compare byte for byte.
pub(crate) fn listed(filter: &UserFilter, sort: Sort) -> UsersQuery {
    let query = filtered(filter);
    let id = || bytewise(users::id.nullable());
    macro_rules! by {
        ($column:expr) => {
            match sort.direction {
                SortDirection::Ascending => query.order(($column.asc().nulls_first(), id().asc())),
                SortDirection::Descending => {
                    query.order(($column.desc().nulls_last(), id().desc()))
                }
            }
        };
    }
    match sort.order {
        Order::CreatedAt => by!(users::created_at),
        Order::UpdatedAt => by!(coalesce(users::updated_at, users::created_at)),
        Order::FirstName => by!(bytewise(users::first_name)),
        Order::LastName => by!(bytewise(users::last_name)),
        Order::Username => by!(bytewise(users::username)),
        Order::Email => by!(bytewise(users::email)),
        Order::Id => match sort.direction {
            SortDirection::Ascending => query.order(id().asc()),
            SortDirection::Descending => query.order(id().desc()),
        },
    }
}
