//! Rows that no rule of today would let in: readable, found, and left as they are stored.

use std::collections::HashSet;
use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use users_domain::model::{
    Change, Cursor, Metadata, Needs, Order, Position, Role, Sort, SortDirection, Status, TagFilter,
    User, UserFilter, UserId, UserQuery,
};
use users_domain::ports::UserStore;
use users_sqlite::SqliteStore;
use users_testkit::people::user;

use crate::fixture::Fixture;

/// A store with odd rows in it; each is named after what is odd.
fn odd() -> (Fixture, SqliteStore) {
    let fixture = Fixture::new();
    let store = fixture.open();
    let mut connection = fixture.connection();
    let mut add = |name: &str, column: &str, value: &str| {
        let others = "id, email, first_name, last_name";
        connection
            .batch_execute(&format!(
                "INSERT INTO users ({others}) VALUES ('{name}', '{name}', '', '');
                 UPDATE users SET {column} = {value} WHERE id = '{name}';"
            ))
            .unwrap();
    };
    add("nothing", "role", "NULL");
    add("role 2", "role", "2");
    add("role 65537", "role", "65537");
    add("status 7", "status", "7");
    add("status 65536", "status", "65536");
    add("tags no json", "tags", "'{no'");
    add("tags object", "tags", "'{\"a\":1}'");
    add("tags mixed", "tags", "'[\"a\",null,1]'");
    add("metadata no json", "metadata", "'{no'");
    add(
        "metadata number",
        "metadata",
        "'123456789012345678901234567890'",
    );
    add(
        "metadata deep",
        "private_metadata",
        &format!("'{}'", "[".repeat(200) + &"]".repeat(200)),
    );
    add("year one", "verified_at", "-62135596800000000");
    add("year 12000", "created_at", "316537286400000000");
    add("time text", "created_at", "'yesterday'");
    add("blob", "first_name", "x'ff00fe'");
    add("no address", "email", "''");
    (fixture, store)
}

const ALL: u64 = 16;

async fn get(store: &SqliteStore, id: &str) -> User {
    store
        .find(&UserId::from_stored(id.to_owned()))
        .await
        .unwrap()
        .unwrap()
}

async fn touch(store: &SqliteStore, id: &str) -> User {
    let decide = Arc::new(|user: &User, _: &_| {
        let user = User {
            updated_by: Some("somebody".to_owned()),
            ..user.clone()
        };
        Ok(Change {
            user,
            effects: Vec::new(),
        })
    });
    store
        .update(&UserId::from_stored(id.to_owned()), Needs::ROW, decide)
        .await
        .unwrap()
}

#[tokio::test]
async fn no_odd_row_spoils_a_list_in_any_order_or_by_any_filter() {
    let (_fixture, store) = odd();
    let text = || Some(String::new());
    for (_, order) in Order::ALL {
        for direction in [SortDirection::Ascending, SortDirection::Descending] {
            let sort = Sort { order, direction };
            let query = UserQuery {
                filter: UserFilter::default(),
                sort,
                position: Position::START,
                limit: 100,
            };
            let page = store.page(&query).await.unwrap();
            assert_eq!(
                (page.items.len() as u64, page.total),
                (ALL, ALL),
                "{sort:?}"
            );
        }
    }
    let filters = [
        UserFilter {
            email: text(),
            first_name: text(),
            last_name: text(),
            ..UserFilter::default()
        },
        UserFilter {
            tags: Some(TagFilter::All(Vec::new())),
            ..UserFilter::default()
        },
    ];
    for filter in filters {
        assert_eq!(store.count(&filter).await.unwrap(), ALL, "{filter:?}");
    }
    let tagged = UserFilter {
        tags: Some(TagFilter::Any(vec!["a".to_owned()])),
        ..UserFilter::default()
    };
    assert_eq!(store.count(&tagged).await.unwrap(), 1);
}

#[tokio::test]
async fn a_walk_meets_every_odd_row_once() {
    let (_fixture, store) = odd();
    for (_, order) in Order::ALL {
        for direction in [SortDirection::Ascending, SortDirection::Descending] {
            let sort = Sort { order, direction };
            let filter = UserFilter::default();
            let mut met = HashSet::new();
            let mut position = Position::START;
            loop {
                let query = UserQuery {
                    filter: filter.clone(),
                    sort,
                    position,
                    limit: 1,
                };
                let page = store.page(&query).await.unwrap();
                let [user] = page.items.as_slice() else {
                    panic!("{sort:?}: nobody behind {} others", met.len());
                };
                assert!(met.insert(user.id.clone()), "{sort:?}: {} twice", user.id);
                assert_eq!(page.more, (met.len() as u64) < ALL, "{sort:?}");
                if !page.more {
                    break;
                }
                position = Position::After(Cursor::after(user, &filter, sort));
            }
        }
    }
}

#[tokio::test]
async fn odd_metadata_contains_what_it_reads_as() {
    let (_fixture, store) = odd();
    let count = async |part: &str| {
        let filter = UserFilter {
            metadata: Some(Metadata::from_stored(part.to_owned())),
            ..UserFilter::default()
        };
        store.count(&filter).await.unwrap()
    };
    // What is no JSON, or NULL, is empty; the number is no object.
    assert_eq!(count("{}").await, ALL - 1);
    assert_eq!(count("123456789012345678901234567890").await, 1);
    assert_eq!(count(r#"{"a":1}"#).await, 0);
}

#[tokio::test]
async fn odd_values_read_as_what_is_nearest() {
    let (_fixture, store) = odd();
    let nothing = get(&store, "nothing").await;
    assert_eq!(
        (nothing.role, nothing.status, nothing.version),
        (Role::User, Status::Enabled, 1)
    );
    assert!(nothing.username.is_none() && nothing.created_at.is_none());
    assert!(nothing.tags.is_empty() && nothing.metadata.is_empty());
    for id in ["role 2", "role 65537"] {
        assert_eq!(get(&store, id).await.role, Role::User, "{id}");
    }
    for id in ["status 7", "status 65536"] {
        assert_eq!(get(&store, id).await.status, Status::Disabled, "{id}");
    }
    for id in ["tags no json", "tags object"] {
        assert!(get(&store, id).await.tags.is_empty(), "{id}");
    }
    assert_eq!(
        get(&store, "tags mixed").await.tags.as_slice(),
        ["a", "", ""]
    );
    assert!(get(&store, "metadata no json").await.metadata.is_empty());
    let number = get(&store, "metadata number").await;
    assert_eq!(number.metadata.as_str(), "123456789012345678901234567890");
    assert_eq!(
        get(&store, "metadata deep")
            .await
            .private_metadata
            .as_str()
            .len(),
        400
    );
    assert!(!get(&store, "year one").await.is_verified());
    assert_eq!(get(&store, "year 12000").await.created_at, None);
}

#[tokio::test]
async fn odd_roles_count_as_user_and_odd_states_only_as_any() {
    let (_fixture, store) = odd();
    let count = async |role, status| {
        store
            .count(&UserFilter {
                role,
                status,
                ..UserFilter::default()
            })
            .await
            .unwrap()
    };
    assert_eq!(count(Some(Role::User), None).await, ALL);
    assert_eq!(count(Some(Role::Admin), None).await, 0);
    assert_eq!(count(None, Some(Status::Enabled)).await, ALL - 2);
    assert_eq!(count(None, Some(Status::Disabled)).await, 0);
}

#[tokio::test]
async fn a_change_leaves_other_odd_columns_as_they_are_stored() {
    #[derive(QueryableByName, PartialEq, Debug)]
    struct Stored {
        #[diesel(sql_type = Nullable<BigInt>)]
        role: Option<i64>,
        #[diesel(sql_type = BigInt)]
        status: i64,
        #[diesel(sql_type = Nullable<Text>)]
        tags: Option<String>,
        #[diesel(sql_type = Nullable<Text>)]
        metadata: Option<String>,
        #[diesel(sql_type = Nullable<BigInt>)]
        created_at: Option<i64>,
    }
    let (fixture, store) = odd();
    let mut connection = fixture.connection();
    let mut stored = |id: &str| -> Stored {
        diesel::sql_query("SELECT role, status, tags, metadata, created_at FROM users WHERE id = ?")
            .bind::<Text, _>(id)
            .get_result(&mut connection)
            .unwrap()
    };
    for id in [
        "nothing",
        "role 65537",
        "status 7",
        "tags mixed",
        "metadata no json",
        "year 12000",
    ] {
        let before = stored(id);
        let changed = touch(&store, id).await;
        assert_eq!(
            (changed.updated_by.as_deref(), changed.version),
            (Some("somebody"), 2)
        );
        assert_eq!(stored(id), before, "{id}");
        assert_eq!(get(&store, id).await, changed, "{id}");
    }
}

#[tokio::test]
async fn a_nul_is_a_character_like_any_other() {
    let fixture = Fixture::new();
    let store = fixture.open();
    for name in ["a", "a\0b", "a\0c"] {
        store.insert(user(name), Vec::new()).await.unwrap();
    }
    for (part, found) in [("\0", 2), ("a\0B", 1), ("c", 1)] {
        let filter = UserFilter {
            username: Some(part.to_owned()),
            ..UserFilter::default()
        };
        assert_eq!(store.count(&filter).await.unwrap(), found, "{part:?}");
    }
    assert_eq!(get(&store, "id-of-a\0b").await, user("a\0b"));
}
