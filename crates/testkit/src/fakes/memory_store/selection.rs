//! Which accounts somebody means, and in what order.

use std::cmp::Ordering;

use users_domain::model::{
    Cursor, CursorKey, Metadata, Order, Sort, SortDirection, Status, TagFilter, Timestamp, User,
    UserFilter, Username,
};

/// Whether somebody who types this may mean the account.
pub(super) fn fits_login(user: &User, identity: &str) -> bool {
    let same = |text: &str| text.eq_ignore_ascii_case(identity);
    let named = || username(user).is_some_and(same);
    user.status == Status::Enabled && (same(user.email.as_str()) || named())
}

/// Whether an account passes every condition of a filter.
pub(super) fn passes(user: &User, filter: &UserFilter) -> bool {
    let created_in_time = || match (filter.created_from, filter.created_to) {
        (None, None) => true,
        (from, to) => user.created_at.is_some_and(|moment| {
            from.is_none_or(|from| from <= moment) && to.is_none_or(|to| moment <= to)
        }),
    };
    filter.status.is_none_or(|status| status == user.status)
        && filter.role.is_none_or(|role| role == user.role)
        && contains(Some(user.id.as_str()), filter.id.as_deref())
        && contains(username(user), filter.username.as_deref())
        && contains(Some(user.email.as_str()), filter.email.as_deref())
        && contains(Some(user.first_name.as_str()), filter.first_name.as_deref())
        && contains(Some(user.last_name.as_str()), filter.last_name.as_deref())
        && has_tags(user, filter.tags.as_ref())
        && has_metadata(user, filter.metadata.as_ref())
        && created_in_time()
}

/// How two accounts stand to each other in a list.
pub(super) fn in_order(one: &User, other: &User, sort: Sort) -> Ordering {
    let place = |user| (key(user, sort.order), user_id(user));
    directed(place(one).cmp(&place(other)), sort.direction)
}

/// Whether an account stands behind a place in a list.
pub(super) fn is_behind(user: &User, cursor: &Cursor, sort: Sort) -> bool {
    let place = (key_of(cursor), cursor.id.as_str());
    directed(
        (key(user, sort.order), user_id(user)).cmp(&place),
        sort.direction,
    ) == Ordering::Greater
}

/// What a list is ordered by, besides the id; what is absent comes first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Id,
    Time(Option<i128>),
    Text(Option<&'a str>),
}

fn key(user: &User, order: Order) -> Key<'_> {
    match order {
        Order::CreatedAt => Key::Time(user.created_at.map(micros)),
        Order::UpdatedAt => Key::Time(user.updated_at.or(user.created_at).map(micros)),
        Order::FirstName => Key::Text(Some(user.first_name.as_str())),
        Order::LastName => Key::Text(Some(user.last_name.as_str())),
        Order::Username => Key::Text(username(user)),
        Order::Email => Key::Text(Some(user.email.as_str())),
        Order::Id => Key::Id,
    }
}

fn key_of(cursor: &Cursor) -> Key<'_> {
    match &cursor.key {
        CursorKey::Id => Key::Id,
        CursorKey::Time(moment) => Key::Time(moment.map(i128::from)),
        CursorKey::Text(text) => Key::Text(text.as_deref()),
    }
}

fn micros(moment: Timestamp) -> i128 {
    moment.unix_timestamp_nanos() / 1000
}

fn user_id(user: &User) -> &str {
    user.id.as_str()
}

fn directed(ascending: Ordering, direction: SortDirection) -> Ordering {
    match direction {
        SortDirection::Ascending => ascending,
        SortDirection::Descending => ascending.reverse(),
    }
}

fn username(user: &User) -> Option<&str> {
    user.username.as_ref().map(Username::as_str)
}

/// Whether a text holds a part without ASCII case; an absent text holds nothing.
fn contains(text: Option<&str>, part: Option<&str>) -> bool {
    let folded = str::to_ascii_lowercase;
    part.is_none_or(|part| text.is_some_and(|text| folded(text).contains(&folded(part))))
}

fn has_tags(user: &User, filter: Option<&TagFilter>) -> bool {
    let has = |tag: &String| user.tags.as_slice().contains(tag);
    match filter {
        None => true,
        Some(TagFilter::All(tags)) => tags.iter().all(has),
        Some(TagFilter::Any(tags)) => tags.iter().any(has),
    }
}

fn has_metadata(user: &User, part: Option<&Metadata>) -> bool {
    part.is_none_or(|part| user.metadata.contains(part))
}
