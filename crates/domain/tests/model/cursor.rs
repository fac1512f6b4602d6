//! Where a page ended: what a cursor remembers, and of which list it is good.

use proptest::prelude::*;
use time::macros::datetime;
use users_domain::error::InvalidReason;
use users_domain::model::{
    Cursor, CursorKey, Metadata, Order, PersonName, Role, Sort, SortDirection, Status, TagFilter,
    User, UserFilter, UserId, Username,
};

use super::account::complete;

fn sort(order: Order, direction: SortDirection) -> Sort {
    Sort { order, direction }
}

/// Every order in both directions.
fn sorts() -> Vec<Sort> {
    let directions = [SortDirection::Ascending, SortDirection::Descending];
    let orders = Order::ALL.iter();
    orders
        .flat_map(|(_, order)| directions.map(|direction| sort(*order, direction)))
        .collect()
}

/// A filter for each condition, no two alike.
fn filters() -> Vec<UserFilter> {
    let text = |text: &str| Some(text.to_owned());
    let tags = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect();
    let metadata = |text: &str| Some(Metadata::from_stored(text.to_owned()));
    let moment = Some(datetime!(2026-01-01 0:00 UTC));
    let none = UserFilter::default;
    vec![
        none(),
        UserFilter {
            status: Some(Status::Enabled),
            ..none()
        },
        UserFilter {
            status: Some(Status::Disabled),
            ..none()
        },
        UserFilter {
            role: Some(Role::User),
            ..none()
        },
        UserFilter {
            id: text("a"),
            ..none()
        },
        UserFilter {
            username: text("a"),
            ..none()
        },
        UserFilter {
            email: text("a"),
            ..none()
        },
        UserFilter {
            first_name: text("a"),
            ..none()
        },
        UserFilter {
            last_name: text("a"),
            ..none()
        },
        UserFilter {
            last_name: text(""),
            ..none()
        },
        UserFilter {
            last_name: text("a\", None"),
            ..none()
        },
        UserFilter {
            tags: Some(TagFilter::All(tags(&["a", "b"]))),
            ..none()
        },
        UserFilter {
            tags: Some(TagFilter::Any(tags(&["a", "b"]))),
            ..none()
        },
        UserFilter {
            tags: Some(TagFilter::All(tags(&["a\", \"b"]))),
            ..none()
        },
        UserFilter {
            tags: Some(TagFilter::All(tags(&[]))),
            ..none()
        },
        UserFilter {
            metadata: metadata("{}"),
            ..none()
        },
        UserFilter {
            metadata: metadata(r#"{"a":1}"#),
            ..none()
        },
        UserFilter {
            created_from: moment,
            ..none()
        },
        UserFilter {
            created_to: moment,
            ..none()
        },
    ]
}

/// What makes a text no cursor of a list.
fn refusal(text: &str, filter: &UserFilter, sort: Sort) -> String {
    let refused = Cursor::parse(text, filter, sort).unwrap_err();
    assert_eq!(refused.field, "cursor");
    assert!(matches!(refused.reason, InvalidReason::Malformed(_)));
    refused.reason.to_string()
}

#[test]
fn a_cursor_remembers_what_the_list_is_ordered_by_and_the_id() {
    let user = complete("grace");
    let text = |text: &str| CursorKey::Text(Some(text.to_owned()));
    for (order, key) in [
        (Order::Id, CursorKey::Id),
        (
            Order::CreatedAt,
            CursorKey::Time(Some(1_795_436_046_544_989)),
        ),
        (
            Order::UpdatedAt,
            CursorKey::Time(Some(1_795_436_059_500_000)),
        ),
        (Order::FirstName, text("grace first")),
        (Order::LastName, text("grace last")),
        (Order::Username, text("grace")),
        (Order::Email, text("grace@example.com")),
    ] {
        let sort = sort(order, SortDirection::Descending);
        let cursor = Cursor::after(&user, &UserFilter::default(), sort);
        assert!(cursor.key == key, "{order:?}");
        assert_eq!(cursor.id, user.id);
    }
}

#[test]
fn what_an_account_does_not_have_is_remembered_as_absent() {
    let user = User {
        username: None,
        created_at: None,
        updated_at: None,
        ..complete("grace")
    };
    for (order, key) in [
        (Order::CreatedAt, CursorKey::Time(None)),
        (Order::UpdatedAt, CursorKey::Time(None)),
        (Order::Username, CursorKey::Text(None)),
    ] {
        let sort = sort(order, SortDirection::Ascending);
        let filter = UserFilter::default();
        let cursor = Cursor::after(&user, &filter, sort);
        assert!(cursor.key == key, "{order:?}");
        let read = Cursor::parse(&cursor.to_text(), &filter, sort);
        assert_eq!(read.unwrap(), cursor);
    }
}

#[test]
fn an_account_that_was_never_changed_counts_as_changed_when_it_was_made() {
    let user = User {
        updated_at: None,
        ..complete("grace")
    };
    let of = |order| {
        let sort = sort(order, SortDirection::Descending);
        Cursor::after(&user, &UserFilter::default(), sort).key
    };
    assert!(of(Order::UpdatedAt) == of(Order::CreatedAt));
}

#[test]
fn a_cursor_survives_its_text_in_every_list() {
    for filter in filters() {
        for sort in sorts() {
            let cursor = Cursor::after(&complete("grace"), &filter, sort);
            let text = cursor.to_text();
            let fits_a_query = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            assert!(text.chars().all(fits_a_query), "{text}");
            assert_eq!(Cursor::parse(&text, &filter, sort).unwrap(), cursor);
        }
    }
}

#[test]
fn a_cursor_of_another_list_is_refused() {
    let lists: Vec<(UserFilter, Sort)> = filters()
        .into_iter()
        .flat_map(|filter| sorts().into_iter().map(move |sort| (filter.clone(), sort)))
        .collect();
    let user = complete("grace");
    let texts: Vec<String> = lists
        .iter()
        .map(|(filter, sort)| Cursor::after(&user, filter, *sort).to_text())
        .collect();
    for (number, (filter, sort)) in lists.iter().enumerate() {
        for (other, text) in texts.iter().enumerate() {
            if number != other {
                let reason = refusal(text, filter, *sort);
                assert!(reason.contains("another list"), "{reason}");
            }
        }
    }
}

#[test]
fn a_text_that_is_no_cursor_is_refused() {
    let (filter, sort) = (UserFilter::default(), Sort::default());
    let good = Cursor::after(&complete("grace"), &filter, sort).to_text();
    let padded = format!("{good}=");
    let shortened = &good[..good.len() - 1];
    for text in [
        "", "0", "10", "e30", "bnVsbA", "%", "ü", "\0", &padded, shortened,
    ] {
        assert_eq!(
            refusal(text, &filter, sort),
            "is no cursor of ours",
            "{text:?}"
        );
    }
}

/// Somebody may make a cursor up; it must not reach a store that cannot keep U+0000.
#[test]
fn a_made_up_cursor_with_an_odd_text_is_refused() {
    let filter = UserFilter::default();
    let sort = sort(Order::FirstName, SortDirection::Ascending);
    let odd = User {
        first_name: PersonName::from_stored("a\0b".to_owned()),
        ..complete("grace")
    };
    refusal(&Cursor::after(&odd, &filter, sort).to_text(), &filter, sort);
    let odd = User {
        id: UserId::from_stored("a\0b".to_owned()),
        ..complete("grace")
    };
    refusal(&Cursor::after(&odd, &filter, sort).to_text(), &filter, sort);
}

proptest! {
    #![proptest_config(crate::fixed_cases())]

    #[test]
    fn any_account_can_be_the_last_of_a_page(
        id in "[^\0]*",
        name in "[^\0]*",
        username in proptest::option::of("[^\0]*"),
    ) {
        let user = User {
            id: UserId::from_stored(id),
            first_name: PersonName::from_stored(name),
            username: username.map(Username::from_stored),
            ..complete("grace")
        };
        let filter = UserFilter::default();
        for sort in sorts() {
            let cursor = Cursor::after(&user, &filter, sort);
            let read = Cursor::parse(&cursor.to_text(), &filter, sort);
            prop_assert_eq!(read, Ok(cursor));
        }
    }

    #[test]
    fn no_text_makes_reading_a_cursor_panic(text in any::<String>(), cursor in "[A-Za-z0-9_-]*") {
        for text in [text, cursor] {
            let _ = Cursor::parse(&text, &UserFilter::default(), Sort::default());
        }
    }
}
