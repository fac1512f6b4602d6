//! The schema's history: looked at without a trace, up and down and up again.

use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use users_sqlite::{OpenError, migrate};

use crate::fixture::Fixture;

const NAMES: [&str; 6] = [
    "0001_users",
    "0002_outbox",
    "0003_refresh_sessions",
    "0004_one_time_codes",
    "0005_outbox_once",
    "0006_user_counts",
];

#[test]
fn a_list_neither_makes_nor_changes_a_file() {
    let fixture = Fixture::new();
    assert_eq!(migrate::pending(&fixture.path()).unwrap(), NAMES);
    assert!(!fixture.path().exists());

    assert_eq!(migrate::run(&fixture.path()).unwrap(), NAMES);
    let before = std::fs::read(fixture.path()).unwrap();
    let list = migrate::list(&fixture.path()).unwrap();
    assert_eq!(
        list.iter()
            .map(|status| status.name.as_str())
            .collect::<Vec<_>>(),
        NAMES
    );
    assert!(
        list.iter()
            .all(|status| status.applied_at.is_some_and(|at| at.year() > 2000))
    );
    assert!(migrate::pending(&fixture.path()).unwrap().is_empty());
    assert_eq!(std::fs::read(fixture.path()).unwrap(), before);
    assert_eq!(std::fs::read_dir(fixture.folder.path()).unwrap().count(), 1);
}

#[test]
fn a_list_reads_a_file_that_is_in_use() {
    let fixture = Fixture::new();
    let store = fixture.open();
    assert_eq!(migrate::list(&fixture.path()).unwrap().len(), NAMES.len());
    drop(store);
}

#[test]
fn looking_at_what_is_no_database_speaks_of_looking_and_not_of_migrating() {
    let fixture = Fixture::new();
    migrate::run(&fixture.path()).unwrap();
    let mut damaged = std::fs::read(fixture.path()).unwrap();
    // Behind the header of 100 bytes (<https://sqlite.org/fileformat2.html>).
    damaged[100..].fill(0xa5);
    for content in [damaged, b"This is no database. ".repeat(100)] {
        std::fs::write(fixture.path(), content).unwrap();
        let error = migrate::list(&fixture.path()).unwrap_err();
        assert!(matches!(error, OpenError::Connect { .. }), "{error}");
        let message = error.to_string();
        assert!(message.contains("users.sqlite"), "{message}");
        assert!(!message.contains("up to date"), "{message}");
    }
}

#[test]
fn a_second_run_has_nothing_to_do() {
    let fixture = Fixture::new();
    migrate::run(&fixture.path()).unwrap();
    assert!(migrate::run(&fixture.path()).unwrap().is_empty());
}

#[test]
fn a_newer_programs_migration_is_listed_and_does_not_stop_the_start() {
    let fixture = Fixture::new();
    migrate::run(&fixture.path()).unwrap();
    fixture
        .connection()
        .batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')")
        .unwrap();
    assert_eq!(
        migrate::list(&fixture.path()).unwrap().last().unwrap().name,
        "9999"
    );
    fixture.open().close();
}

#[test]
fn each_migration_up_down_up_gives_the_same_schema() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let source = FileBasedMigrations::from_path(folder).unwrap();
    let mut migrations = MigrationSource::<Sqlite>::migrations(&source).unwrap();
    migrations.sort_by_key(|migration| migration.name().version().to_string());
    assert_eq!(migrations.len(), NAMES.len());
    let fixture = Fixture::new();
    let mut connection = fixture.connection();
    for migration in migrations {
        let before = schema(&mut connection);
        connection.run_migration(&*migration).unwrap();
        let after = schema(&mut connection);
        connection.revert_migration(&*migration).unwrap();
        assert_eq!(schema(&mut connection), before, "{}", migration.name());
        connection.run_migration(&*migration).unwrap();
        assert_eq!(schema(&mut connection), after, "{}", migration.name());
    }
}

/// Every object and its text, but for those that come and go with diesel and SQLite themselves.
fn schema(connection: &mut SqliteConnection) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Object {
        #[diesel(sql_type = Text)]
        sql: String,
    }
    let _ = MigrationHarness::<Sqlite>::applied_migrations(connection).unwrap();
    let objects: Vec<Object> = diesel::sql_query(
        "SELECT type || ' ' || name || ': ' || coalesce(sql, '') AS sql FROM sqlite_master
         WHERE name <> 'sqlite_sequence' ORDER BY 1",
    )
    .load(connection)
    .unwrap();
    objects.into_iter().map(|object| object.sql).collect()
}
