//! Which rows of `users` somebody means, and in what order: the queries, apart from running them.

use diesel::dsl::{IntoBoxed, sql};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Jsonb, Nullable, Text, Untyped};
use users_domain::model::{
    Metadata, Order, PagePlan, Role, Sort, SortDirection, Status, TagFilter, UserFilter, check_json,
};
use users_domain::ports::MAX_LOGIN_CANDIDATES;

use crate::moment::StoredMoment;
use crate::schema::users::{bytewise, lower, users};
use crate::values::{StoredJson, StoredNumber, StoredTags};

pub(crate) type UsersQuery = IntoBoxed<'static, users::table, Pg>;

const ENABLED: StoredNumber = StoredNumber(Status::Enabled.as_i16() as i64);
/// As the index of the administrators has it.
pub(crate) const IS_ADMINISTRATOR: &str = "users.role = 1";
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

/// The accounts with these ids.
pub(crate) fn with_ids(ids: Vec<String>) -> UsersQuery {
    users::table.filter(users::id.eq_any(ids)).into_boxed()
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
    // Numbers as they are, since an index of few rows is used only where the plan knows them.
    if let Some(status) = filter.status {
        query = query.filter(sql::<Bool>(&format!("users.status = {}", status.as_i16())));
    }
    query = match filter.role {
        None => query,
        Some(Role::Admin) => query.filter(sql::<Bool>(IS_ADMINISTRATOR)),
        Some(Role::User) => query.filter(users::role.is_distinct_from(ADMIN)),
    };
    // NULL is no text that holds a part, but reads as the empty text, which holds the empty part, of
    // every column but the username.
    macro_rules! containing {
        ($part:expr, $column:literal) => {
            match $part.as_deref() {
                None | Some("") => {}
                Some(part) => query = having_part(query, $column, part),
            }
        };
    }
    containing!(filter.id, "users.id");
    containing!(filter.username, "users.username");
    if filter.username.as_deref() == Some("") {
        query = query.filter(users::username.is_not_null());
    }
    containing!(filter.email, "users.email");
    containing!(filter.first_name, "users.first_name");
    containing!(filter.last_name, "users.last_name");
    query = match &filter.tags {
        None => query,
        Some(tags) => having_tags(query, tags),
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

/// LIKE of folded texts, which the index of trigrams serves.
fn having_part(query: UsersQuery, column: &str, part: &str) -> UsersQuery {
    if !may_be_stored(part) {
        return query.filter(sql::<Bool>("FALSE"));
    }
    let folded = format!("lower({column} COLLATE \"C\")");
    let part = part.to_ascii_lowercase();
    // The index folds beyond ASCII, and some servers fold this letter by what comes behind it: a part
    // of a text would not be found in it.
    if part.contains('\u{3a3}') {
        let found = sql::<Bool>(&format!("strpos({folded}, "));
        return query.filter(found.bind::<Text, _>(part).sql(") > 0"));
    }
    let like = sql::<Bool>(&format!("{folded} LIKE "));
    query.filter(like.bind::<Text, _>(pattern(&part)))
}

/// What LIKE takes for texts that hold this one, each of whose characters stands for itself.
fn pattern(part: &str) -> String {
    let mut pattern = String::with_capacity(part.len() + 2);
    pattern.push('%');
    for character in part.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// The index knows numbers of tags, the row the tags.
fn having_tags(query: UsersQuery, filter: &TagFilter) -> UsersQuery {
    let (sign, tags) = match filter {
        TagFilter::All(tags) if tags.is_empty() => return query,
        TagFilter::All(tags) if tags.iter().all(|tag| may_be_stored(tag)) => ("@>", tags.clone()),
        TagFilter::All(_) => return query.filter(sql::<Bool>("FALSE")),
        TagFilter::Any(tags) => {
            let tags = tags.iter().filter(|tag| may_be_stored(tag));
            ("&&", tags.cloned().collect())
        }
    };
    let keys = sql::<Bool>(&format!(
        "users_tag_keys(users.tags::text[]) {sign} users_tag_keys("
    ));
    let found = sql::<Bool>(&format!("users.tags::text[] {sign} "));
    query
        .filter(
            keys.bind::<Array<Nullable<Text>>, _>(StoredTags(tags.clone()))
                .sql(")"),
        )
        .filter(found.bind::<Array<Nullable<Text>>, _>(StoredTags(tags)))
}

/// What a list is ordered by before the id, as SQL that fits its index.
pub(crate) fn key(order: Order) -> Option<&'static str> {
    match order {
        Order::Id => None,
        Order::CreatedAt => Some("users.created_at"),
        Order::UpdatedAt => Some("coalesce(users.updated_at, users.created_at)"),
        Order::FirstName => Some("users.first_name COLLATE \"C\""),
        Order::LastName => Some("users.last_name COLLATE \"C\""),
        Order::Username => Some("users.username COLLATE \"C\""),
        Order::Email => Some("users.email COLLATE \"C\""),
    }
}

/// The id as lists are ordered by it.
pub(crate) const ID: &str = "users.id COLLATE \"C\"";

/// The expression as the plan wants it. That of a walk fits its index; that of what is gathered has
/// the same values and the same order, and fits none.
pub(crate) fn planned(expression: &str, plan: PagePlan) -> String {
    match (plan, expression.strip_suffix(" COLLATE \"C\"")) {
        (PagePlan::Walk, _) => expression.to_owned(),
        (PagePlan::Gather, Some(column)) => format!("(ARRAY[{column}])[1] COLLATE \"C\""),
        (PagePlan::Gather, None) => format!("(ARRAY[{expression}])[1]"),
    }
}

/// The same in order: absent values come first when ascending, texts compare byte for byte.
pub(crate) fn listed(filter: &UserFilter, sort: Sort, plan: PagePlan) -> UsersQuery {
    let (direction, nulls) = match sort.direction {
        SortDirection::Ascending => ("ASC", "FIRST"),
        SortDirection::Descending => ("DESC", "LAST"),
    };
    let id = planned(ID, plan);
    let order = match key(sort.order) {
        None => format!("{id} {direction}"),
        Some(key) => {
            let key = planned(key, plan);
            format!("{key} {direction} NULLS {nulls}, {id} {direction}")
        }
    };
    filtered(filter).order(sql::<Untyped>(&order))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_character_of_a_part_stands_for_itself() {
        assert_eq!(pattern("ada"), "%ada%");
        assert_eq!(pattern(r"50%_\x"), r"%50\%\_\\x%");
        assert_eq!(pattern("\u{fc}\u{1f600}"), "%\u{fc}\u{1f600}%");
    }
}
