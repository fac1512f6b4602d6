//! The migration that makes `users` again: nothing of what stood there is lost or changed.

use std::sync::{Arc, Barrier};
use std::thread;

use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use users_domain::model::{Metadata, Status, TagFilter, UserFilter};
use users_domain::ports::UserStore;
use users_sqlite::migrate;

use crate::fixture::Fixture;

/// Ordinary and odd rows, with gaps between their rowids and a code.
const ROWS: &str = r#"
    INSERT INTO users (id, email, username, first_name, last_name, status, role, tags, metadata,
        domain_id, created_at, version)
    VALUES ('ada', 'Ada@example.com', 'Ada', 'Ada', 'Lovelace', 0, 1, '["x","yy"]',
            '{"plan": 1.0}', 'd', 5, 7),
        ('gone', 'gone@example.com', NULL, '', '', 0, 0, NULL, NULL, NULL, NULL, 1),
        ('odd', 'odd', 'odd', x'ff00fe', CAST(x'c328ff' AS text), 7, NULL, 'no json', '{no',
            x'00', 'yesterday', 'v'),
        ('odder', 'a' || char(0) || 'b', NULL, '', '', 'text', 'x', x'5b5d', 7, 1.5, 2.5, -1);
    DELETE FROM users WHERE id = 'gone';
    INSERT INTO one_time_codes VALUES ('digest', 'verify_email', 'ada', 'Ada@example.com', 1, 2, 3);
"#;

/// A file as the program before this one left it.
fn before() -> Fixture {
    let fixture = Fixture::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let source = FileBasedMigrations::from_path(folder).unwrap();
    let mut migrations = MigrationSource::<Sqlite>::migrations(&source).unwrap();
    migrations.sort_by_key(|migration| migration.name().version().to_string());
    let mut connection = fixture.connection();
    connection.batch_execute("PRAGMA journal_mode=WAL").unwrap();
    let _ = MigrationHarness::<Sqlite>::applied_migrations(&mut connection).unwrap();
    for migration in migrations.iter().take(5) {
        connection.run_migration(&**migration).unwrap();
    }
    connection.batch_execute(ROWS).unwrap();
    fixture
}

/// Every value with its type, byte for byte.
fn contents(connection: &mut SqliteConnection) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text)]
        line: String,
    }
    let quoted = |columns: &str| -> String {
        let quoted: Vec<String> = columns
            .split_whitespace()
            .map(|column| format!("typeof({column}) || ' ' || hex({column})"))
            .collect();
        quoted.join(" || ', ' || ")
    };
    let users = quoted(
        "rowid id domain_id email secret tags metadata created_at updated_at updated_by status \
         role username first_name last_name profile_picture verified_at auth_provider \
         private_metadata version tokens_valid_from sessions_valid_from",
    );
    let codes = quoted("digest purpose user_id email created_at expires_at used_at");
    let lines: Vec<Line> = diesel::sql_query(format!(
        "SELECT {users} AS line FROM users UNION ALL SELECT {codes} FROM one_time_codes"
    ))
    .load(connection)
    .unwrap();
    lines.into_iter().map(|line| line.line).collect()
}

#[tokio::test]
async fn every_row_and_code_survives_byte_for_byte() {
    let fixture = before();
    let mut connection = fixture.connection();
    let contents_before = contents(&mut connection);
    assert_eq!(contents_before.len(), 4);
    let store = fixture.open();
    assert_eq!(contents(&mut connection), contents_before);

    let count = async |filter: UserFilter| store.count(&filter).await.unwrap();
    let none = UserFilter::default;
    let plan = Metadata::from_stored("{\"plan\":1}".to_owned());
    let tag = || vec!["yy".to_owned()];
    for (filter, found) in [
        (none(), 3),
        (
            UserFilter {
                status: Some(Status::Enabled),
                ..none()
            },
            1,
        ),
        (
            UserFilter {
                email: Some("EXAMPLE".to_owned()),
                ..none()
            },
            1,
        ),
        (
            UserFilter {
                last_name: Some("(\u{fffd}".to_owned()),
                ..none()
            },
            0,
        ),
        (
            UserFilter {
                tags: Some(TagFilter::All(tag())),
                ..none()
            },
            1,
        ),
        (
            UserFilter {
                metadata: Some(plan),
                ..none()
            },
            1,
        ),
    ] {
        assert_eq!(count(filter.clone()).await, found, "{filter:?}");
    }
    // The codes still go with their account.
    connection
        .batch_execute("PRAGMA foreign_keys=ON; DELETE FROM users WHERE id = 'ada'")
        .unwrap();
    assert_eq!(contents(&mut connection).len(), 2);
}

#[test]
fn going_back_loses_nothing_either() {
    let fixture = before();
    let mut connection = fixture.connection();
    let contents_before = contents(&mut connection);
    migrate::run(&fixture.path()).unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let source = FileBasedMigrations::from_path(folder).unwrap();
    connection.revert_last_migration(source).unwrap();
    assert_eq!(contents(&mut connection), contents_before);
}

#[test]
fn programs_that_start_at_once_make_it_again_once() {
    let fixture = Arc::new(before());
    let together = Arc::new(Barrier::new(4));
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let (fixture, together) = (fixture.clone(), together.clone());
            thread::spawn(move || {
                together.wait();
                migrate::run(&fixture.path()).unwrap().len()
            })
        })
        .collect();
    let taken: usize = starts.into_iter().map(|start| start.join().unwrap()).sum();
    assert_eq!(taken, 1);
    assert_eq!(contents(&mut fixture.connection()).len(), 4);
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// A rowid without a name would be another one after it.
#[tokio::test]
async fn who_is_found_is_found_after_a_vacuum_too() {
    let fixture = before();
    let store = fixture.open();
    let mut connection = fixture.connection();
    let key = "SELECT seq AS number FROM users WHERE id = 'odd'";
    let mut number = || -> i64 {
        let Number { number } = diesel::sql_query(key).get_result(&mut connection).unwrap();
        number
    };
    assert_eq!(number(), 3);
    fixture.connection().batch_execute("VACUUM").unwrap();
    assert_eq!(number(), 3);
    let filter = UserFilter {
        username: Some("odd".to_owned()),
        ..UserFilter::default()
    };
    assert_eq!(store.count(&filter).await.unwrap(), 1);
}
