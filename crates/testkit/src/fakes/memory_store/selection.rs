//! Which accounts somebody means, and in what order.

use std::cmp::Ordering;

use users_domain::model::{
    Order, Sort, SortDirection, Status, TagFilter, User, UserFilter, Username,
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
        && created_in_time()
}

/// How two accounts stand to each other in a list.
pub(super) fn in_order(one: &User, other: &User, sort: Sort) -> Ordering {
    let updated = |user: &User| user.updated_at.or(user.created_at);
    let ascending = match sort.order {
        Order::CreatedAt => one.created_at.cmp(&other.created_at),
        Order::UpdatedAt => updated(one).cmp(&updated(other)),
        Order::FirstName => one.first_name.as_str().cmp(other.first_name.as_str()),
        Order::LastName => one.last_name.as_str().cmp(other.last_name.as_str()),
        Order::Username => username(one).cmp(&username(other)),
        Order::Email => one.email.as_str().cmp(other.email.as_str()),
        Order::Id => Ordering::Equal,
    }
    .then_with(|| one.id.cmp(&other.id));
    match sort.direction {
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
