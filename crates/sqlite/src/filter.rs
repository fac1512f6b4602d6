//! Which rows of `users` somebody means, and in what order: the queries, apart from running them.

use diesel::dsl::{IntoBoxed, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::sqlite::Sqlite;
use users_domain::model::{
    Order, Role, Sort, SortDirection, Status, TagFilter, User, UserFilter, Username,
};
use users_domain::ports::MAX_LOGIN_CANDIDATES;

use crate::candidates::Candidates;
use crate::row::micros;
use crate::schema::{instr, lower, metadata_contains, users};

pub(crate) type UsersQuery = IntoBoxed<'static, users::table, Sqlite>;

const ENABLED: i64 = Status::Enabled.as_i16() as i64;
const ADMIN: i64 = Role::Admin.as_i16() as i64;

/// The plus keeps SQLite from taking an index on the column.
const STATUS_WITHOUT_INDEX: &str = "+users.status";
const CREATED_AT_WITHOUT_INDEX: &str = "+users.created_at";

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

/// The accounts with these ids.
pub(crate) fn with_ids(ids: Vec<String>) -> UsersQuery {
    users::table.filter(users::id.eq_any(ids)).into_boxed()
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

/// Whether a filter asks for nothing but these two, of which the numbers are known.
pub(crate) fn is_of_status_and_role_only(filter: &UserFilter) -> bool {
    UserFilter {
        status: None,
        role: None,
        ..filter.clone()
    } == UserFilter::default()
}

fn everybody() -> UsersQuery {
    // A literal keeps diesel from caching the statement: its cache never forgets, and callers may
    // combine filters and orders in thousands of ways.
    users::table.filter(sql::<Bool>("TRUE")).into_boxed()
}

/// The accounts that pass, each looked at: no condition uses an index. Which rows are looked at is
/// for [`crate::candidates`] to say, or for the order.
pub(crate) fn filtered(filter: &UserFilter) -> UsersQuery {
    let mut query = everybody();
    if let Some(status) = filter.status {
        let status = i64::from(status.as_i16());
        query = query.filter(sql::<BigInt>(STATUS_WITHOUT_INDEX).eq(status));
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
        query = query.filter(sql::<BigInt>(CREATED_AT_WITHOUT_INDEX).ge(micros(from)));
    }
    if let Some(to) = filter.created_to {
        query = query.filter(sql::<BigInt>(CREATED_AT_WITHOUT_INDEX).le(micros(to)));
    }
    query
}

/// The tags of a row. Text that is no JSON array would fail the whole statement: it has none.
const TAGS: &str = "SELECT tag.value FROM json_each(CASE \
    WHEN json_valid(CAST(users.tags AS text)) \
    THEN CASE json_type(CAST(users.tags AS text)) WHEN 'array' THEN CAST(users.tags AS text) \
    ELSE '[]' END ELSE '[]' END) AS tag WHERE tag.type = 'text'";

fn json(tags: &[String]) -> String {
    serde_json::Value::from(tags).to_string()
}

/// How the rows of a list are read. The list is the same.
pub(crate) enum Reading {
    /// Along the index of its order, passing over what does not pass the filter.
    Along,
    /// Those found here that pass, then sorted.
    Among(Among),
}

/// Where those that pass a filter are found. Only of what an index names can it be known that all of
/// it passes: whoever comes from the whole table is looked at.
pub(crate) enum Among {
    /// Among all rows.
    All,
    /// Among these, of which some may not pass.
    Some(Candidates),
    /// They are these, and nobody else is one.
    Passing(Candidates),
}

impl Reading {
    /// What a list is ordered by before the id, as SQL: of it an index is used only along that.
    pub(crate) fn column(&self, order: Order) -> Option<&'static str> {
        let (indexed, without_index) = match order {
            Order::Id => return None,
            Order::CreatedAt => ("users.created_at", CREATED_AT_WITHOUT_INDEX),
            Order::UpdatedAt => (
                "coalesce(users.updated_at, users.created_at)",
                "+coalesce(users.updated_at, users.created_at)",
            ),
            Order::FirstName => ("users.first_name", "+users.first_name"),
            Order::LastName => ("users.last_name", "+users.last_name"),
            Order::Username => ("users.username", "+users.username"),
            Order::Email => ("users.email", "+users.email"),
        };
        Some(match self {
            Self::Along => indexed,
            Self::Among(_) => without_index,
        })
    }

    /// The same for the id.
    pub(crate) fn id(&self) -> &'static str {
        match self {
            Self::Along => "users.id",
            Self::Among(_) => "+users.id",
        }
    }
}

/// The accounts that pass, in order. SQLite puts NULL first when ascending and compares texts byte
/// for byte.
pub(crate) fn listed(filter: &UserFilter, sort: Sort, reading: &Reading) -> UsersQuery {
    let query = match reading {
        Reading::Along => along(filter, sort),
        Reading::Among(Among::All) => filtered(filter),
        Reading::Among(Among::Some(candidates)) => candidates.narrow(filtered(filter)),
        Reading::Among(Among::Passing(candidates)) => candidates.narrow(everybody()),
    };
    let direction = match sort.direction {
        SortDirection::Ascending => "ASC",
        SortDirection::Descending => "DESC",
    };
    let by = |column: &str| sql::<Text>(&format!("{column} {direction}"));
    match reading.column(sort.order) {
        Some(column) => query.order((by(column), by(reading.id()))),
        None => query.order(by(reading.id())),
    }
}

/// The accounts that pass, of the part of the order's index in which they stand.
fn along(filter: &UserFilter, sort: Sort) -> UsersQuery {
    let mut query = filtered(filter);
    if sort.order == Order::CreatedAt {
        if let Some(from) = filter.created_from {
            query = query.filter(users::created_at.ge(micros(from)));
        }
        if let Some(to) = filter.created_to {
            query = query.filter(users::created_at.le(micros(to)));
        }
    }
    query
}
