//! Searches by what the triggers keep find the same accounts as looking at each of them.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use users_domain::model::{
    Cursor, Metadata, Order, Position, Role, Sort, SortDirection, Status, TagFilter, User,
    UserFilter, UserQuery,
};
use users_domain::ports::UserStore;
use users_sqlite::SqliteStore;

use crate::fixture::Fixture;

/// What happens to accounts; the numbers say whose.
#[derive(Debug, Clone)]
enum Step {
    Insert(Box<Values>),
    Update(usize, &'static str, String),
    Replace(usize, Box<Values>),
    Delete(usize),
    Vacuum,
}

#[derive(Debug, Clone)]
struct Values {
    name: String,
    first_name: String,
    tags: String,
    metadata: String,
    status: u8,
}

fn name() -> impl Strategy<Value = String> {
    // Few letters, so that parts are found; one of two bytes, one that has another case only
    // outside ASCII, a sign of FTS5's, of LIKE's, and a U+0000.
    "[aAbBüÜ日\"%\u{0}]{0,8}"
}

fn tags() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => vec("[abü]{1,2}", 0..4).prop_map(|tags| serde_json::Value::from(tags).to_string()),
        1 => Just("no json".to_owned()),
        1 => Just("{\"a\":\"b\"}".to_owned()),
        1 => Just(format!("[\"{}\", \"\\u0000a\", 7, null]", "a".repeat(70))),
    ]
}

/// JSON as text, each value in one of the ways it can be written.
fn json() -> impl Strategy<Value = String> {
    let plain = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        prop::sample::select(vec![
            "0",
            "-0",
            "0.0",
            "-0.0e5",
            "1",
            "1.0",
            "10e-1",
            "100",
            "1e2",
            "1E+2",
            "2.5",
            "25e-1",
            "0.1",
            "1e-320",
            "1e308",
            "-1e308",
            "1.2345678905",
            "1.23456789049999999",
            "999999999999999",
            "999999999999999.0",
            "1000000000000000",
            "1e15",
            "123456789012345678",
            "123456789012345678.0",
            "123456789012345680",
            "9223372036854775807",
            "9223372036854775808",
            "123456789012345678901234567890",
            "-9223372036854775808",
        ])
        .prop_map(str::to_owned),
        prop::sample::select(vec![
            r#""""#,
            r#""a""#,
            r#""\u0061""#,
            r#""A""#,
            r#""ü""#,
            r#""\u00fc""#,
            r#""a\u0000b""#,
            r#""a\u0000c""#,
            r#""\ud83d\ude00""#,
            r#""😀""#,
            r#""\/""#,
            r#""/""#,
            r#""*""#,
        ])
        .prop_map(str::to_owned),
        (60..70_usize).prop_map(|length| format!("\"{}\"", "ü".repeat(length))),
    ];
    plain.prop_recursive(3, 12, 3, |inner| {
        let name = prop::sample::select(vec![
            r#""a""#,
            r#""\u0061""#,
            r#""b""#,
            r#""ü""#,
            r#""""#,
            r#""a\u0000""#,
            r#""=""#,
        ]);
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(|values| format!("[{}]", values.join(","))),
            vec((name, inner), 0..3).prop_map(|members| {
                let members: Vec<String> = members
                    .into_iter()
                    .map(|(name, value)| format!("{name}: {value}"))
                    .collect();
                format!("{{{}}}", members.join(" , "))
            }),
        ]
    })
}

fn values() -> impl Strategy<Value = Box<Values>> {
    (name(), name(), tags(), json(), 0..3_u8).prop_map(
        |(name, first_name, tags, metadata, status)| {
            Box::new(Values {
                name,
                first_name,
                tags,
                metadata,
                status,
            })
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let any = any::<usize>;
    prop_oneof![
        6 => values().prop_map(Step::Insert),
        1 => (any(), name()).prop_map(|(who, name)| Step::Update(who, "username", name)),
        1 => (any(), name()).prop_map(|(who, name)| Step::Update(who, "first_name", name)),
        1 => (any(), tags()).prop_map(|(who, tags)| Step::Update(who, "tags", tags)),
        1 => (any(), json()).prop_map(|(who, json)| Step::Update(who, "metadata", json)),
        1 => (any(), values()).prop_map(|(who, values)| Step::Replace(who, values)),
        2 => any().prop_map(Step::Delete),
        1 => Just(Step::Vacuum),
    ]
}

/// Carries steps out as somebody at a shell does.
fn carry_out(connection: &mut SqliteConnection, steps: &[Step]) {
    let mut ids: Vec<usize> = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let who = |who: usize| ids.get(who.checked_rem(ids.len())?).copied();
        match step {
            Step::Insert(values) => {
                put(connection, "INSERT", number, values);
                ids.push(number);
            }
            Step::Replace(one, values) => {
                if let Some(id) = who(*one) {
                    put(connection, "REPLACE", id, values);
                }
            }
            Step::Update(one, column, value) => {
                if let Some(id) = who(*one) {
                    let value = if *column == "username" {
                        unique(value, id)
                    } else {
                        value.clone()
                    };
                    diesel::sql_query(format!(
                        "UPDATE users SET {column} = ? WHERE id = 'id-{id}'"
                    ))
                    .bind::<Text, _>(value)
                    .execute(connection)
                    .unwrap();
                }
            }
            Step::Delete(one) => {
                if let Some(id) = who(*one) {
                    connection
                        .batch_execute(&format!("DELETE FROM users WHERE id = 'id-{id}'"))
                        .unwrap();
                    ids.retain(|other| *other != id);
                }
            }
            Step::Vacuum => connection.batch_execute("VACUUM").unwrap(),
        }
    }
}

fn unique(name: &str, id: usize) -> String {
    format!("{name}{id}")
}

fn put(connection: &mut SqliteConnection, verb: &str, id: usize, values: &Values) {
    diesel::sql_query(format!(
        "{verb} INTO users (id, email, username, first_name, last_name, tags, metadata, status)
         VALUES ('id-{id}', '{id}@example.com', ?, ?, 'x', ?, ?, {})",
        values.status
    ))
    .bind::<Text, _>(unique(&values.name, id))
    .bind::<Text, _>(&values.first_name)
    .bind::<Text, _>(&values.tags)
    .bind::<Text, _>(&values.metadata)
    .execute(connection)
    .unwrap();
}

fn filter() -> impl Strategy<Value = UserFilter> {
    let part = || prop::option::weighted(0.3, "[aAbBüÜ日\"%\u{0}]{0,4}");
    let tags = prop::option::weighted(
        0.4,
        (any::<bool>(), vec("[abü]{1,2}", 0..3)).prop_map(|(all, tags)| {
            if all {
                TagFilter::All(tags)
            } else {
                TagFilter::Any(tags)
            }
        }),
    );
    let metadata = prop::option::weighted(0.4, json().prop_map(Metadata::from_stored));
    let status = prop::option::weighted(0.3, Just(Status::Enabled));
    (part(), part(), tags, metadata, status).prop_map(
        |(username, first_name, tags, metadata, status)| UserFilter {
            username,
            first_name,
            tags,
            metadata,
            status,
            ..UserFilter::default()
        },
    )
}

/// Whether an account passes, without any index.
fn passes(user: &User, filter: &UserFilter) -> bool {
    let has = |text: &str, part: &Option<String>| {
        part.as_ref().is_none_or(|part| {
            text.to_ascii_lowercase()
                .contains(&part.to_ascii_lowercase())
        })
    };
    let tags = user.tags.as_slice();
    has(user.username.as_ref().unwrap().as_str(), &filter.username)
        && has(user.first_name.as_str(), &filter.first_name)
        && match &filter.tags {
            None => true,
            Some(TagFilter::All(wanted)) => wanted.iter().all(|tag| tags.contains(tag)),
            Some(TagFilter::Any(wanted)) => wanted.iter().any(|tag| tags.contains(tag)),
        }
        && filter
            .metadata
            .as_ref()
            .is_none_or(|part| user.metadata.contains(part))
        && filter.status.is_none_or(|status| status == user.status)
        && filter.role.is_none_or(|role| role == Role::User)
}

async fn page(store: &SqliteStore, query: &UserQuery) -> (Vec<User>, u64, bool) {
    let page = store.page(query).await.unwrap();
    (page.items, page.total, page.more)
}

async fn everybody(store: &SqliteStore) -> Vec<User> {
    let query = UserQuery {
        filter: UserFilter::default(),
        sort: Sort {
            order: Order::Id,
            direction: SortDirection::Ascending,
        },
        position: Position::START,
        limit: 1_000,
    };
    page(store, &query).await.0
}

#[test]
fn a_search_finds_who_passes_and_nobody_else() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut runner = TestRunner::new(Config::with_cases(24));
    let cases = (vec(step(), 1..60), vec(filter(), 30));
    runner
        .run(&cases, |(steps, filters)| {
            let fixture = Fixture::new();
            let store = fixture.open();
            carry_out(&mut fixture.connection(), &steps);
            runtime.block_on(async {
                let all = everybody(&store).await;
                for filter in filters {
                    let passing: Vec<&User> =
                        all.iter().filter(|user| passes(user, &filter)).collect();
                    assert_lists(&store, &filter, &passing).await;
                }
            });
            store.close();
            Ok(())
        })
        .unwrap();
}

/// In two orders, from the start and behind a cursor.
async fn assert_lists(store: &SqliteStore, filter: &UserFilter, passing: &[&User]) {
    for order in [Order::Id, Order::Email] {
        for direction in [SortDirection::Ascending, SortDirection::Descending] {
            let sort = Sort { order, direction };
            let mut expected = passing.to_vec();
            if order == Order::Email {
                expected.sort_by(|a, b| a.email.as_str().cmp(b.email.as_str()));
            }
            if direction == SortDirection::Descending {
                expected.reverse();
            }
            let mut query = UserQuery {
                filter: filter.clone(),
                sort,
                position: Position::START,
                limit: 3,
            };
            let mut met: Vec<User> = Vec::new();
            loop {
                let (items, total, more) = page(store, &query).await;
                assert_eq!(total, expected.len() as u64, "{filter:?} {query:?}");
                met.extend(items);
                assert_eq!(more, met.len() < expected.len(), "{filter:?} {query:?}");
                match met.last() {
                    Some(last) if more => {
                        query.position = Position::After(Cursor::after(last, filter, sort));
                    }
                    _ => break,
                }
            }
            assert!(
                met.iter().eq(expected.iter().copied()),
                "{filter:?} {sort:?}"
            );
        }
    }
}

#[test]
fn the_index_of_metadata_misses_nobody() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut runner = TestRunner::new(Config::with_cases(6));
    runner
        .run(&(vec(json(), 200), vec(json(), 200)), |(wholes, parts)| {
            let fixture = Fixture::new();
            let store = fixture.open();
            let mut connection = fixture.connection();
            connection.batch_execute("BEGIN").unwrap();
            for (id, metadata) in wholes.iter().enumerate() {
                let values = Values {
                    name: String::new(),
                    first_name: String::new(),
                    tags: "[]".to_owned(),
                    metadata: metadata.clone(),
                    status: 0,
                };
                put(&mut connection, "INSERT", id, &values);
            }
            connection.batch_execute("COMMIT").unwrap();
            let wholes: Vec<Metadata> = wholes.into_iter().map(Metadata::from_stored).collect();
            runtime.block_on(async {
                for part in parts.into_iter().map(Metadata::from_stored) {
                    let there = wholes.iter().filter(|whole| whole.contains(&part)).count();
                    let filter = UserFilter {
                        metadata: Some(part.clone()),
                        ..UserFilter::default()
                    };
                    let found = store.count(&filter).await.unwrap();
                    assert_eq!(found, there as u64, "{}", part.as_str());
                }
            });
            store.close();
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn odd_metadata_is_found_all_the_same() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let mut connection = fixture.connection();
    let many: Vec<String> = (0..200).map(|n| format!("\"k{n}\":{n}")).collect();
    let deep = format!("{}{{\"deep\":7}}{}", "[".repeat(100), "]".repeat(100));
    for (id, metadata) in [
        ("many", format!("'{{{}}}'", many.join(","))),
        ("deep", format!("'{deep}'")),
        ("twice", "'{\"a\":1,\"a\":2}'".to_owned()),
        ("blob", "CAST('{\"blob\":true}' AS blob)".to_owned()),
        (
            "bytes",
            "CAST(x'7b2262223a22ff222c2263223a337d' AS text)".to_owned(),
        ),
        ("number", "7".to_owned()),
    ] {
        connection
            .batch_execute(&format!(
                "INSERT INTO users (id, email, first_name, last_name, metadata)
                 VALUES ('{id}', '{id}', '', '', {metadata})"
            ))
            .unwrap();
    }
    let nested = format!("{}{{\"deep\":7}}{}", "[".repeat(100), "]".repeat(100));
    for (part, found) in [
        (r#"{"k199":199}"#, 1),
        (r#"{"k3":3}"#, 1),
        (nested.as_str(), 1),
        (r#"{"a":2}"#, 1),
        (r#"{"a":1}"#, 0),
        (r#"{"blob":true}"#, 1),
        ("{\"b\":\"\u{fffd}\"}", 1),
        (r#"{"c":3}"#, 1),
        ("7", 1),
    ] {
        let filter = UserFilter {
            metadata: Some(Metadata::from_stored(part.to_owned())),
            ..UserFilter::default()
        };
        assert_eq!(store.count(&filter).await.unwrap(), found, "{part}");
    }
}
