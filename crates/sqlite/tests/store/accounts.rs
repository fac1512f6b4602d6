//! Accounts where SQLite itself could get in the way: plans, snapshots, exact numbers and bytes.

use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::Text;
use users_domain::model::{
    Change, ConflictField, Email, Facts, Metadata, Needs, Role, TagFilter, Tags, User, UserFilter,
    UserQuery,
};
use users_domain::ports::{StoreError, UserStore};

use crate::fixture::{Fixture, effect, user};

#[tokio::test]
async fn what_is_written_is_read_back_whole() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let json = r#"{"n":123456789012345678901234567890,"nested":{"a":[1.0,1e2]}}"#;
    let ada = User {
        tags: Tags::from_stored(vec![
            "a".to_owned(),
            "ü \"x\" \\".to_owned(),
            "a".to_owned(),
        ]),
        metadata: Metadata::from_stored(json.to_owned()),
        tokens_valid_from: Some(7),
        sessions_valid_from: Some(8),
        auth_provider: Some("google".to_owned()),
        role: Role::Admin,
        ..user("ada")
    };
    let written = store.insert(ada.clone(), Vec::new()).await.unwrap();
    assert_eq!(written, ada);
    assert_eq!(store.find(&ada.id).await.unwrap(), Some(ada));
}

#[tokio::test]
async fn texts_in_filters_mean_themselves() {
    let fixture = Fixture::new();
    let store = fixture.open();
    for name in ["a%b", "a_b", "a\\b", "axb", "a\0b"] {
        store.insert(user(name), Vec::new()).await.unwrap();
    }
    for part in ["%", "_", "\\", "A%B", "\0"] {
        let filter = UserFilter {
            username: Some(part.to_owned()),
            ..UserFilter::default()
        };
        assert_eq!(store.count(&filter).await.unwrap(), 1, "{part:?}");
    }
    let endless = UserFilter {
        email: Some("%".repeat(100_000)),
        ..UserFilter::default()
    };
    assert_eq!(store.count(&endless).await.unwrap(), 0);
}

#[tokio::test]
async fn tags_are_compared_byte_for_byte() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let tags = |list: &[&str]| list.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
    let tagged = |name: &str, list: &[&str]| User {
        tags: Tags::from_stored(tags(list)),
        ..user(name)
    };
    for (name, list) in [
        ("one", &["a", "\"q\""][..]),
        ("two", &["a", "b"]),
        ("none", &[]),
    ] {
        store.insert(tagged(name, list), Vec::new()).await.unwrap();
    }
    for (filter, found) in [
        (TagFilter::All(tags(&["a"])), 2),
        (TagFilter::All(tags(&["a", "b"])), 1),
        (TagFilter::All(tags(&["A"])), 0),
        (TagFilter::Any(tags(&["b", "\"q\"", "c"])), 2),
        (TagFilter::Any(Vec::new()), 0),
        (TagFilter::All(Vec::new()), 3),
    ] {
        let filter = UserFilter {
            tags: Some(filter),
            ..UserFilter::default()
        };
        assert_eq!(store.count(&filter).await.unwrap(), found, "{filter:?}");
    }
}

#[tokio::test]
async fn a_page_past_every_number_is_empty_and_knows_the_total() {
    let fixture = Fixture::new();
    let store = fixture.open();
    store.insert(user("ada"), Vec::new()).await.unwrap();
    for (offset, limit) in [(u64::MAX, 10), (i64::MAX as u64 + 1, 10), (1, 10), (0, 0)] {
        let query = UserQuery {
            offset,
            limit,
            ..UserQuery::default()
        };
        let page = store.page(&query).await.unwrap();
        assert_eq!((page.items.len(), page.total), (0, 1), "{offset} {limit}");
    }
    let query = UserQuery {
        limit: u64::MAX,
        ..UserQuery::default()
    };
    assert_eq!(store.page(&query).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn the_exact_match_is_among_the_first_hundred_twins() {
    let fixture = Fixture::new();
    let store = fixture.open();
    store.close();
    let mut connection = fixture.connection();
    for number in 0..200_u32 {
        // 200 spellings of one address that differ by case.
        let name: String = "abcdefgh"
            .chars()
            .enumerate()
            .map(|(bit, c)| {
                if number >> bit & 1 == 1 {
                    c.to_ascii_uppercase()
                } else {
                    c
                }
            })
            .collect();
        diesel::sql_query(
            "INSERT INTO users (id, email, first_name, last_name) VALUES (?, ? || '@x.org', '', '')",
        )
        .bind::<Text, _>(format!("{number:03}"))
        .bind::<Text, _>(name)
        .execute(&mut connection)
        .unwrap();
    }
    let found = fixture
        .open()
        .find_by_login("ABCdeFGh@x.org")
        .await
        .unwrap();
    assert_eq!(
        (found.len(), found[0].email.as_str()),
        (100, "ABCdeFGh@x.org")
    );
}

#[tokio::test]
async fn a_refused_conflict_leaves_no_effect() {
    let fixture = Fixture::new();
    let store = fixture.open();
    store.insert(user("ada"), Vec::new()).await.unwrap();
    let grace = store.insert(user("grace"), Vec::new()).await.unwrap();
    let decide = Arc::new(|user: &User, _: &Facts| {
        let email = Email::from_stored("ADA@example.com".to_owned());
        Ok(Change {
            user: User {
                email,
                ..user.clone()
            },
            effects: vec![effect("grace")],
        })
    });
    let taken = store.update(&grace.id, Needs::ROW, decide).await;
    assert!(
        matches!(taken, Err(StoreError::Conflict(ConflictField::Email))),
        "{taken:?}"
    );
    assert_eq!(store.find(&grace.id).await.unwrap(), Some(grace));
}
