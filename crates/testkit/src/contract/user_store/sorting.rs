//! In what order a list stands.

use std::time::Duration;

use users_domain::model::{
    Email, Order, PersonName, Position, Sort, SortDirection, User, UserFilter, UserQuery, Username,
};

use super::{UserStoreUnderTest, id};
use crate::contract::material::LONG_AGO;
use crate::people::user;

/// The finest step of time that a store can tell.
const STEP: Duration = Duration::from_micros(1);

impl UserStoreUnderTest {
    /// The ids of everybody must stand in this order when ascending, and in the opposite one when
    /// descending.
    async fn assert_order(&self, order: Order, ascending: &[&str]) {
        for direction in [SortDirection::Ascending, SortDirection::Descending] {
            let query = UserQuery {
                filter: UserFilter::default(),
                sort: Sort { order, direction },
                position: Position::START,
                limit: 100,
            };
            let page = self.store.page(&query).await.unwrap();
            let ids: Vec<_> = page.items.iter().map(|user| user.id.as_str()).collect();
            let mut expected = ascending.to_vec();
            if direction == SortDirection::Descending {
                expected.reverse();
            }
            assert_eq!(ids, expected, "{order:?} {direction:?}");
        }
    }
}

pub async fn times_sort_to_the_microsecond_and_absent_ones_first(subject: &UserStoreUnderTest) {
    for (text, created_at) in [
        ("1", Some(LONG_AGO + STEP)),
        ("2", None),
        ("3", Some(LONG_AGO - STEP)),
        ("4", Some(LONG_AGO)),
    ] {
        (subject.put_raw)(User {
            id: id(text),
            created_at,
            ..user(&format!("name{text}"))
        });
    }
    subject
        .assert_order(Order::CreatedAt, &["2", "3", "4", "1"])
        .await;
}

pub async fn an_account_never_updated_sorts_by_its_creation(subject: &UserStoreUnderTest) {
    for (text, created_at, updated_at) in [
        ("1", Some(LONG_AGO), Some(LONG_AGO + STEP * 3)),
        ("2", Some(LONG_AGO + STEP * 2), None),
        ("3", None, Some(LONG_AGO + STEP)),
        ("4", None, None),
        ("5", Some(LONG_AGO + STEP * 9), Some(LONG_AGO)),
    ] {
        (subject.put_raw)(User {
            id: id(text),
            created_at,
            updated_at,
            ..user(&format!("name{text}"))
        });
    }
    subject
        .assert_order(Order::UpdatedAt, &["4", "5", "3", "2", "1"])
        .await;
}

pub async fn texts_sort_byte_for_byte(subject: &UserStoreUnderTest) {
    for text in [
        "a", "B", "ab", "Z", "_", "ä", "A", "9", "a b", "z", "Я", "🔑",
    ] {
        (subject.put_raw)(User {
            id: id(text),
            username: Some(Username::from_stored(format!("{text}.u"))),
            email: Email::from_stored(format!("{text}.e")),
            first_name: PersonName::from_stored(format!("{text}.f")),
            last_name: PersonName::from_stored(format!("{text}.l")),
            ..user("texts")
        });
    }
    let bytewise = [
        "9", "A", "B", "Z", "_", "a", "a b", "ab", "z", "ä", "Я", "🔑",
    ];
    subject.assert_order(Order::Id, &bytewise).await;
    // A space stands before the dot that follows each text, letters behind it.
    let with_dot = [
        "9", "A", "B", "Z", "_", "a b", "a", "ab", "z", "ä", "Я", "🔑",
    ];
    for order in [
        Order::Username,
        Order::Email,
        Order::FirstName,
        Order::LastName,
    ] {
        subject.assert_order(order, &with_dot).await;
    }
}

pub async fn an_absent_username_sorts_first(subject: &UserStoreUnderTest) {
    for (text, username) in [
        ("1", Some("b")),
        ("2", None),
        ("3", Some("")),
        ("4", Some("a")),
    ] {
        (subject.put_raw)(User {
            id: id(text),
            username: username.map(|name| Username::from_stored(name.to_owned())),
            ..user(&format!("name{text}"))
        });
    }
    subject
        .assert_order(Order::Username, &["2", "3", "4", "1"])
        .await;
}

pub async fn ties_are_sorted_by_id_in_the_same_direction(subject: &UserStoreUnderTest) {
    for text in ["c", "A", "b", "a"] {
        (subject.put_raw)(User {
            id: id(text),
            username: None,
            email: Email::from_stored(format!("{text}@example.com")),
            ..user("same")
        });
    }
    for order in [
        Order::CreatedAt,
        Order::UpdatedAt,
        Order::FirstName,
        Order::LastName,
    ] {
        subject.assert_order(order, &["A", "a", "b", "c"]).await;
    }
    subject
        .assert_order(Order::Username, &["A", "a", "b", "c"])
        .await;
}
