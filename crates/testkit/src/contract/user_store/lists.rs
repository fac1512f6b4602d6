//! Many made-up queries against what a plain reading of their documentation gives.

use std::cmp::Ordering;
use std::time::Duration;

use users_domain::model::{
    Cursor, Metadata, Order, PersonName, Position, Role, Sort, SortDirection, Status, TagFilter,
    Tags, User, UserFilter, UserQuery, Username,
};

use super::{UserStoreUnderTest, id};
use crate::contract::material::LONG_AGO;
use crate::fakes::SeededEntropy;
use crate::people::user;

const PEOPLE: usize = 80;
const QUERIES: usize = 800;

/// Some contain others.
const METADATA: [&str; 5] = [
    "{}",
    r#"{"a":1}"#,
    r#"{"a":1.0,"b":[1,2,"x"]}"#,
    r#"{"b":[2]}"#,
    r#"{"a":{"a":1},"b":null}"#,
];

pub async fn every_list_is_what_a_plain_reading_of_its_query_gives(subject: &UserStoreUnderTest) {
    let chance = SeededEntropy::new(20_200_202);
    let people: Vec<User> = (0..PEOPLE)
        .map(|number| somebody(&chance, number))
        .collect();
    for user in &people {
        (subject.put_raw)(user.clone());
    }
    for number in 0..QUERIES {
        let mut query = some_query(&chance);
        // Half of the pages begin behind somebody who was never stored.
        let behind = chance.one_in(2).then(|| somebody(&chance, PEOPLE + number));
        if let Some(user) = &behind {
            query.position = Position::After(Cursor::after(user, &query.filter, query.sort));
        }
        let mut expected: Vec<&User> = people
            .iter()
            .filter(|user| passes(user, &query.filter))
            .collect();
        expected.sort_by(|one, other| compared(one, other, query.sort));
        let total = expected.len() as u64;
        if let Some(user) = &behind {
            expected.retain(|other| compared(other, user, query.sort).is_gt());
        }
        let offset = usize::try_from(query.position.offset()).unwrap();
        let limit = usize::try_from(query.limit).unwrap();
        let mut ids: Vec<_> = expected.iter().map(|user| &user.id).skip(offset).collect();
        let more = ids.len() > limit;
        ids.truncate(limit);
        let page = subject.store.page(&query).await.unwrap();
        let listed: Vec<_> = page.items.iter().map(|user| &user.id).collect();
        assert_eq!(
            (listed, page.total, page.more),
            (ids, total, more),
            "query {number}: {query:?}"
        );
        assert_eq!(subject.store.count(&query.filter).await.unwrap(), total);
    }
}

fn one_of<T: Clone>(chance: &SeededEntropy, things: &[T]) -> T {
    things[chance.below(things.len())].clone()
}

/// An account whose values are few, so that queries find some and ties are many.
fn somebody(chance: &SeededEntropy, number: usize) -> User {
    let moment = || {
        let steps = u32::try_from(chance.below(6)).unwrap();
        (steps > 0).then(|| LONG_AGO + Duration::from_micros(1) * steps)
    };
    let name = || one_of(chance, &["Ada", "ada", "Grace", "%", "Ёж", "a_b", ""]);
    let tag_count = chance.below(3);
    let tags = (0..tag_count).map(|_| one_of(chance, &["a", "b", "A"]).to_owned());
    User {
        id: id(&format!("{}{number}", one_of(chance, &["x", "X", "ü", ""]))),
        username: (!chance.one_in(4)).then(|| Username::from_stored(format!("{}{number}", name()))),
        first_name: PersonName::from_stored(name().to_owned()),
        last_name: PersonName::from_stored(name().to_owned()),
        tags: Tags::from_stored(tags.collect()),
        metadata: Metadata::from_stored(one_of(chance, &METADATA).to_owned()),
        role: one_of(chance, &[Role::User, Role::User, Role::Admin]),
        status: one_of(
            chance,
            &[Status::Enabled, Status::Disabled, Status::Deleted],
        ),
        created_at: moment(),
        updated_at: moment(),
        ..user(&format!("user{number}"))
    }
}

/// A query with about one condition in four.
fn some_query(chance: &SeededEntropy) -> UserQuery {
    let text = |parts: &[&str]| chance.one_in(4).then(|| one_of(chance, parts).to_owned());
    let moment = || {
        chance
            .one_in(4)
            .then(|| LONG_AGO + Duration::from_micros(2))
    };
    let wanted = || {
        vec![
            one_of(chance, &["a", "b", "A", "c"]).to_owned(),
            "a".to_owned(),
        ]
    };
    UserQuery {
        filter: UserFilter {
            status: chance
                .one_in(4)
                .then(|| one_of(chance, &[Status::Enabled, Status::Disabled])),
            role: chance
                .one_in(4)
                .then(|| one_of(chance, &[Role::User, Role::Admin])),
            id: text(&["x", "1", "ü", "Ü"]),
            username: text(&["ADA", "%", "_", "ё"]),
            email: text(&["USER1", "@", "nobody"]),
            first_name: text(&["a", "ada", "Ё", "%"]),
            last_name: text(&["A", "\\", ""]),
            tags: chance.one_in(4).then(|| match chance.below(2) {
                0 => TagFilter::All(wanted()),
                _ => TagFilter::Any(wanted()),
            }),
            metadata: text(&METADATA).map(Metadata::from_stored),
            created_from: moment(),
            created_to: moment(),
        },
        sort: Sort {
            order: one_of(chance, &Order::ALL).1,
            direction: one_of(
                chance,
                &[SortDirection::Ascending, SortDirection::Descending],
            ),
        },
        position: Position::Offset(chance.below(20) as u64),
        limit: chance.below(30) as u64,
    }
}

/// Whether an account passes, by the filter's documentation.
pub(super) fn passes(user: &User, filter: &UserFilter) -> bool {
    let holds = |text: Option<&str>, part: &Option<String>| match (text, part) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(text), Some(part)) => text
            .to_ascii_lowercase()
            .contains(&part.to_ascii_lowercase()),
    };
    let username = user.username.as_ref().map(Username::as_str);
    let has = |tag: &String| user.tags.as_slice().contains(tag);
    let tagged = match &filter.tags {
        None => true,
        Some(TagFilter::All(tags)) => tags.iter().all(has),
        Some(TagFilter::Any(tags)) => tags.iter().any(has),
    };
    let created = |passes: &dyn Fn(_) -> bool| user.created_at.is_some_and(passes);
    let contains = |part: &Metadata| user.metadata.contains(part);
    tagged
        && filter.metadata.as_ref().is_none_or(contains)
        && filter.status.is_none_or(|status| user.status == status)
        && filter.role.is_none_or(|role| user.role == role)
        && holds(Some(user.id.as_str()), &filter.id)
        && holds(username, &filter.username)
        && holds(Some(user.email.as_str()), &filter.email)
        && holds(Some(user.first_name.as_str()), &filter.first_name)
        && holds(Some(user.last_name.as_str()), &filter.last_name)
        && filter
            .created_from
            .is_none_or(|from| created(&|moment| moment >= from))
        && filter
            .created_to
            .is_none_or(|to| created(&|moment| moment <= to))
}

/// How two accounts stand to each other in a list, by the order's documentation.
pub(super) fn compared(one: &User, other: &User, sort: Sort) -> Ordering {
    // `None` is less than everything, and texts are compared byte for byte.
    let by_order = match sort.order {
        Order::CreatedAt => one.created_at.cmp(&other.created_at),
        Order::UpdatedAt => {
            let changed = |user: &User| user.updated_at.or(user.created_at);
            changed(one).cmp(&changed(other))
        }
        Order::FirstName => one.first_name.as_str().cmp(other.first_name.as_str()),
        Order::LastName => one.last_name.as_str().cmp(other.last_name.as_str()),
        Order::Username => {
            let name = |user: &User| user.username.as_ref().map(|name| name.as_str().to_owned());
            name(one).cmp(&name(other))
        }
        Order::Email => one.email.as_str().cmp(other.email.as_str()),
        Order::Id => Ordering::Equal,
    };
    let ascending = by_order.then_with(|| one.id.cmp(&other.id));
    match sort.direction {
        SortDirection::Ascending => ascending,
        SortDirection::Descending => ascending.reverse(),
    }
}
