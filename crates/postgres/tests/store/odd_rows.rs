//! Rows that no rule of today would let in: readable, found, and left as they are stored.

use std::collections::HashSet;
use std::sync::Arc;

use users_domain::model::{
    Change, Cursor, Metadata, Needs, Order, Position, Role, Sort, SortDirection, Status, TagFilter,
    Tags, User, UserFilter, UserId, UserQuery,
};
use users_domain::ports::UserStore;
use users_postgres::PostgresStore;

use crate::fixture::{Fixture, literal};

/// What is odd: the row's name, and what stands in a column of it.
const ODD: [(&str, &str, &str); 18] = [
    ("nothing", "role", "NULL"),
    ("role 2", "role", "2"),
    ("role 32767", "role", "32767"),
    ("status 7", "status", "7"),
    ("tags null", "tags", "NULL"),
    ("tags mixed", "tags", "ARRAY['a', NULL, 'b']"),
    ("tags deep", "tags", "ARRAY[['a', 'b'], ['c', 'd']]"),
    ("tags from 5", "tags", "'[5:6]={a,x}'"),
    ("metadata null", "metadata", "'null'"),
    ("metadata text", "metadata", "'\"text\"'"),
    (
        "metadata number",
        "metadata",
        "'123456789012345678901234567890'",
    ),
    (
        "metadata deep",
        "private_metadata",
        "(repeat('[', 6000) || repeat(']', 6000))::jsonb",
    ),
    ("year one", "verified_at", "'0001-01-01T00:00:00Z'"),
    ("year 12000", "created_at", "'12000-01-01T00:00:00Z'"),
    ("before Christ", "created_at", "'0044-03-15 BC'"),
    ("for ever", "created_at", "'infinity'"),
    ("never", "updated_at", "'-infinity'"),
    ("no address", "email", "''"),
];

const ALL: u64 = ODD.len() as u64;

/// A store with odd rows in it; each is named after what is odd.
fn odd() -> (Fixture, PostgresStore) {
    let fixture = Fixture::new();
    for (name, column, value) in ODD {
        let name = literal(name);
        fixture.database.execute(&format!(
            "INSERT INTO users (id, email, first_name, last_name, created_at)
             VALUES ({name}, {name}, '', '', 'epoch');
             UPDATE users SET {column} = {value}, version = version WHERE id = {name};
             UPDATE users SET version = 1 WHERE id = {name}"
        ));
    }
    let store = fixture.open();
    (fixture, store)
}

fn id(text: &str) -> UserId {
    UserId::from_stored(text.to_owned())
}

async fn get(store: &PostgresStore, name: &str) -> User {
    store.find(&id(name)).await.unwrap().unwrap()
}

/// A change of a column that is not odd.
async fn touch(store: &PostgresStore, name: &str) -> User {
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
    store.update(&id(name), Needs::ROW, decide).await.unwrap()
}

/// Whom a walk through the whole list meets, each once.
async fn walk(store: &PostgresStore, sort: Sort) -> HashSet<UserId> {
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
            return met;
        }
        position = Position::After(Cursor::after(user, &filter, sort));
    }
}

fn sorts() -> Vec<Sort> {
    let directions = [SortDirection::Ascending, SortDirection::Descending];
    let sorts = Order::ALL
        .into_iter()
        .flat_map(|(_, order)| directions.map(|direction| Sort { order, direction }));
    sorts.collect()
}

#[tokio::test]
async fn no_odd_row_spoils_a_list_in_any_order_or_by_any_filter() {
    let (_fixture, store) = odd();
    for sort in sorts() {
        let query = UserQuery {
            filter: UserFilter::default(),
            sort,
            position: Position::START,
            limit: 100,
        };
        let page = store.page(&query).await.unwrap();
        let length = page.items.len() as u64;
        assert_eq!((length, page.total), (ALL, ALL), "{sort:?}");
    }
    let text = || Some(String::new());
    let passed_by_all = [
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
    for filter in passed_by_all {
        assert_eq!(store.count(&filter).await.unwrap(), ALL, "{filter:?}");
    }
    let tagged = UserFilter {
        tags: Some(TagFilter::Any(vec!["a".to_owned()])),
        ..UserFilter::default()
    };
    assert_eq!(store.count(&tagged).await.unwrap(), 3);
}

#[tokio::test]
async fn a_walk_meets_every_odd_row_once() {
    let (_fixture, store) = odd();
    for sort in sorts() {
        let met = walk(&store, sort).await;
        assert_eq!(met.len() as u64, ALL, "{sort:?}");
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
    // NULL is empty; null, the text and the number are no objects.
    assert_eq!(count("{}").await, ALL - 3);
    assert_eq!(count("123456789012345678901234567890").await, 1);
    assert_eq!(count(r#"{"a":1}"#).await, 0);
    for unreadable in [r#"{"a":"\u0000"}"#, "1e-20000", r#""\ud800""#] {
        assert_eq!(count(unreadable).await, 0, "{unreadable}");
    }
}

#[tokio::test]
async fn odd_values_read_as_what_is_nearest() {
    let (_fixture, store) = odd();
    let nothing = get(&store, "nothing").await;
    assert_eq!(
        (nothing.role, nothing.status, nothing.version),
        (Role::User, Status::Enabled, 1)
    );
    assert!(nothing.username.is_none() && nothing.secret.is_none());
    assert!(nothing.tags.is_empty() && nothing.metadata.is_empty());
    for name in ["role 2", "role 32767"] {
        assert_eq!(get(&store, name).await.role, Role::User, "{name}");
    }
    assert_eq!(get(&store, "status 7").await.status, Status::Disabled);
    for (name, tags) in [
        ("tags null", &[][..]),
        ("tags mixed", &["a", "", "b"]),
        ("tags deep", &["a", "b", "c", "d"]),
        ("tags from 5", &["a", "x"]),
    ] {
        assert_eq!(get(&store, name).await.tags.as_slice(), tags, "{name}");
    }
    let number = get(&store, "metadata number").await;
    assert_eq!(number.metadata.as_str(), "123456789012345678901234567890");
    let deep = get(&store, "metadata deep").await;
    assert_eq!(deep.private_metadata.as_str().len(), 12_000);
    assert!(!get(&store, "year one").await.is_verified());
    for name in ["year 12000", "before Christ", "for ever"] {
        assert_eq!(get(&store, name).await.created_at, None, "{name}");
    }
    assert_eq!(get(&store, "never").await.updated_at, None);
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
    assert_eq!(count(None, Some(Status::Enabled)).await, ALL - 1);
    assert_eq!(count(None, Some(Status::Disabled)).await, 0);
}

#[tokio::test]
async fn a_change_leaves_other_odd_columns_as_they_are_stored() {
    let (fixture, store) = odd();
    for (name, column, _) in ODD {
        let stored = || {
            let name = literal(name);
            fixture.database.query(&format!(
                "SELECT {column}, to_jsonb(users) - 'version' - 'updated_by'
                 FROM users WHERE id = {name}"
            ))
        };
        let before = stored();
        let changed = touch(&store, name).await;
        assert_eq!(
            (changed.updated_by.as_deref(), changed.version),
            (Some("somebody"), 2),
            "{name}"
        );
        assert_eq!(stored(), before, "{name}");
        assert_eq!(get(&store, name).await, changed, "{name}");
    }
}

#[tokio::test]
async fn columns_that_an_operator_made_wider_are_read_and_written() {
    let (fixture, store) = odd();
    drop(store);
    fixture.database.execute(
        "DROP TRIGGER users_version_trigger ON users; DROP INDEX users_by_metadata_idx;
         ALTER TABLE users ALTER status TYPE bigint, ALTER role TYPE integer,
            ALTER email TYPE text, ALTER username TYPE text, ALTER metadata TYPE json;
         UPDATE users SET role = 65537, status = 65536 WHERE id = 'role 2'",
    );
    let store = fixture.open();
    let user = touch(&store, "role 2").await;
    assert_eq!((user.role, user.status), (Role::User, Status::Disabled));
    assert_eq!(
        get(&store, "metadata text").await.metadata.as_str(),
        "\"text\""
    );
    assert_eq!(store.find_by_login("NOTHING").await.unwrap().len(), 1);
}

#[tokio::test]
async fn columns_that_an_operator_let_be_null_read_as_empty() {
    let (fixture, store) = odd();
    drop(store);
    fixture.database.execute(
        "ALTER TABLE users ALTER email DROP NOT NULL, ALTER status DROP NOT NULL,
            ALTER first_name DROP NOT NULL, ALTER last_name DROP NOT NULL;
         UPDATE users SET email = NULL, first_name = NULL, last_name = NULL, status = NULL
         WHERE id IN ('nothing', 'role 2', 'no address')",
    );
    let store = fixture.open();
    let user = get(&store, "nothing").await;
    assert_eq!(user.email.as_str(), "");
    assert_eq!(
        (user.first_name.as_str(), user.last_name.as_str()),
        ("", "")
    );
    assert_eq!(user.status, Status::Disabled);
    for sort in sorts() {
        let walked = walk(&store, sort).await;
        assert_eq!(walked.len() as u64, ALL, "{sort:?}");
    }
    let text = || Some(String::new());
    let empty = UserFilter {
        email: text(),
        first_name: text(),
        last_name: text(),
        ..UserFilter::default()
    };
    assert_eq!(store.count(&empty).await.unwrap(), ALL);
    let stored = || {
        fixture.database.query(
            "SELECT email, first_name, last_name, status FROM users
             WHERE id = 'nothing' AND email IS NULL AND first_name IS NULL
               AND last_name IS NULL AND status IS NULL",
        )
    };
    assert_eq!(stored().len(), 1);
    touch(&store, "nothing").await;
    assert_eq!(stored().len(), 1);
    // NULL is nobody's name, and comes before no name at a login.
    assert_eq!(store.find_by_login("").await.unwrap(), []);
    assert_eq!(store.find_by_login("role 32767").await.unwrap().len(), 1);
}

#[tokio::test]
async fn tags_of_another_type_of_text_are_found_and_written() {
    let (fixture, store) = odd();
    drop(store);
    fixture
        .database
        .execute("ALTER TABLE users ALTER tags TYPE varchar(254)[]");
    let store = fixture.open();
    let count = async |tags| {
        let filter = UserFilter {
            tags: Some(tags),
            ..UserFilter::default()
        };
        store.count(&filter).await.unwrap()
    };
    let a = || vec!["a".to_owned()];
    assert_eq!(count(TagFilter::Any(a())).await, 3);
    assert_eq!(count(TagFilter::All(a())).await, 3);
    let decide = Arc::new(|user: &User, _: &_| {
        let user = User {
            tags: Tags::from_stored(vec!["a".to_owned()]),
            ..user.clone()
        };
        Ok(Change {
            user,
            effects: Vec::new(),
        })
    });
    let changed = store.update(&id("tags null"), Needs::ROW, decide).await;
    assert_eq!(changed.unwrap().tags.as_slice(), a());
    assert_eq!(count(TagFilter::All(a())).await, 4);
}
