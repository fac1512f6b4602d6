//! Which rows of `users` somebody means, and in what order: the queries, apart from running them.

use diesel::dsl::{IntoBoxed, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::sqlite::Sqlite;
use users_domain::model::{
    Order, Role, Sort, SortDirection, Status, TagFilter, User, UserFilter, Username,
};
use users_domain::ports::MAX_LOGIN_CANDIDATES;

use crate::row::micros;
use crate::schema::{coalesce, instr, lower, metadata_contains, users};

pub(crate) type UsersQuery = IntoBoxed<'static, users::table, Sqlite>;

const ENABLED: i64 = Status::Enabled.as_i16() as i64;
const ADMIN: i64 = Role::Admin.as_i16() as i64;

/// The plus keeps SQLite from taking the index on the column, which nearly all rows would pass.
const STATUS_WITHOUT_INDEX: &str = "+users.status";

/// The contract's number as SQLite counts.
#[expect(clippy::cast_possible_wrap, reason = "a hundred fits")]
const LOGIN_CANDIDATES: i64 = MAX_LOGIN_CANDIDATES as i64;

/// The enabled accounts that somebody who types this may mean, exact matches first.
pub(crate) fn login_candidates(exact: String, folded: String) -> UsersQuery {
    users::table
        .filter(
            lower(users::email)
                .nullable()
                .eq(folded.clone())
                .or(lower(users::username).eq(folded)),
        )
        .filter(sql::<BigInt>(STATUS_WITHOUT_INDEX).eq(ENABLED))
        // Exact matches decide a login, so they must be among the first.
        .order((
            users::email.eq(exact.clone()).desc(),
            users::username.eq(exact).desc(),
            users::id.asc(),
        ))
        .limit(LOGIN_CANDIDATES)
        .into_boxed()
}

/// Who else has this address, without case.
pub(crate) fn others_with_email(id: String, folded: String) -> UsersQuery {
    users::table
        .filter(lower(users::email).eq(folded))
        .filter(users::id.ne(id))
        .into_boxed()
}

/// Who else has this username, without case.
pub(crate) fn others_with_username(id: String, folded: String) -> UsersQuery {
    users::table
        .filter(lower(users::username).eq(folded))
        .filter(users::id.ne(id))
        .into_boxed()
}

/// Who has the id, the e-mail address or the username of an account, the latter two without case.
pub(crate) fn holders(user: &User) -> UsersQuery {
    let username = user.username.as_ref().map(Username::folded);
    users::table
        .filter(
            users::id
                .eq(user.id.as_str().to_owned())
                .or(lower(users::email).eq(user.email.folded()))
                .nullable()
                .or(lower(users::username).eq(username)),
        )
        .into_boxed()
}

/// Who may administer at present, by id.
pub(crate) fn enabled_administrators() -> UsersQuery {
    users::table
        .filter(users::status.eq(ENABLED))
        .filter(users::role.eq(ADMIN))
        .order(users::id)
        .into_boxed()
}

/// The accounts that pass: one function for page and count.
pub(crate) fn filtered(filter: &UserFilter) -> UsersQuery {
    // A literal keeps diesel from caching the statement: its cache never forgets, and callers may
    // combine filters and orders in thousands of ways.
    let mut query = users::table.filter(sql::<Bool>("TRUE")).into_boxed();
    if let Some(status) = filter.status {
        query = query.filter(users::status.eq(i64::from(status.as_i16())));
    }
    query = match filter.role {
        None => query,
        Some(Role::Admin) => query.filter(users::role.eq(ADMIN)),
        Some(Role::User) => query.filter(users::role.is_null().or(users::role.ne(ADMIN))),
    };
    // `instr` of folded texts rather than LIKE: nothing in the text has a meaning to be escaped,
    // and no length or byte of it is refused.
    macro_rules! containing {
        ($part:expr, $column:expr) => {
            if let Some(part) = $part {
                let found = instr(lower($column.nullable()), part.to_ascii_lowercase());
                query = query.filter(found.gt(0));
            }
        };
    }
    containing!(&filter.id, users::id);
    containing!(&filter.username, users::username);
    containing!(&filter.email, users::email);
    containing!(&filter.first_name, users::first_name);
    containing!(&filter.last_name, users::last_name);
    query = match &filter.tags {
        None => query,
        Some(TagFilter::All(tags)) => query.filter(
            sql::<Bool>("NOT EXISTS (SELECT 1 FROM json_each(")
                .bind::<Text, _>(json(tags))
                .sql(") AS wanted WHERE wanted.value NOT IN (")
                .sql(TAGS)
                .sql("))"),
        ),
        Some(TagFilter::Any(tags)) => query.filter(
            sql::<Bool>("EXISTS (SELECT 1 FROM json_each(")
                .bind::<Text, _>(json(tags))
                .sql(") AS wanted WHERE wanted.value IN (")
                .sql(TAGS)
                .sql("))"),
        ),
    };
    if let Some(part) = &filter.metadata {
        query = query.filter(metadata_contains(users::metadata, part.as_str().to_owned()));
    }
    if let Some(from) = filter.created_from {
        query = query.filter(users::created_at.ge(micros(from)));
    }
    if let Some(to) = filter.created_to {
        query = query.filter(users::created_at.le(micros(to)));
    }
    query
}

/// The tags of a row. Text that is no JSON array would fail the whole statement: it has none.
const TAGS: &str = "SELECT tag.value FROM json_each(CASE WHEN json_valid(users.tags) \
    THEN CASE json_type(users.tags) WHEN 'array' THEN users.tags ELSE '[]' END \
    ELSE '[]' END) AS tag WHERE tag.type = 'text'";

fn json(tags: &[String]) -> String {
    serde_json::Value::from(tags).to_string()
}

/// The same in order. SQLite puts NULL first when ascending and compares texts byte for byte.
pub(crate) fn listed(filter: &UserFilter, sort: Sort) -> UsersQuery {
    let query = match filter {
        // Nearly all accounts are enabled users: walking along the order and skipping the others
        // is faster than SQLite's first idea, to collect them all by status and sort.
        UserFilter {
            status: Some(Status::Enabled),
            role: None | Some(Role::User),
            ..
        } => filtered(&UserFilter {
            status: None,
            ..filter.clone()
        })
        .filter(sql::<BigInt>(STATUS_WITHOUT_INDEX).eq(ENABLED)),
        _ => filtered(filter),
    };
    macro_rules! by {
        ($column:expr) => {
            match sort.direction {
                SortDirection::Ascending => query.order(($column.asc(), users::id.asc())),
                SortDirection::Descending => query.order(($column.desc(), users::id.desc())),
            }
        };
    }
    match sort.order {
        Order::CreatedAt => by!(users::created_at),
        Order::UpdatedAt => by!(coalesce(users::updated_at, users::created_at)),
        Order::FirstName => by!(users::first_name),
        Order::LastName => by!(users::last_name),
        Order::Username => by!(users::username),
        Order::Email => by!(users::email),
        Order::Id => match sort.direction {
            SortDirection::Ascending => query.order(users::id.asc()),
            SortDirection::Descending => query.order(users::id.desc()),
        },
    }
}
