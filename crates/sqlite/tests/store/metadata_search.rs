//! Searches by metadata find whoever has it, however it is written.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use users_domain::model::{Metadata, UserFilter};
use users_domain::ports::UserStore;

use crate::fixture::Fixture;

/// JSON as text, each value in one of the ways it can be written.
pub(crate) fn json() -> impl Strategy<Value = String> {
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
                diesel::sql_query(format!(
                    "INSERT INTO users (id, email, first_name, last_name, metadata)
                     VALUES ('{id}', '{id}', '', '', ?)"
                ))
                .bind::<Text, _>(metadata)
                .execute(&mut connection)
                .unwrap();
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
