//! Opening a file: alone, at once with others, and when it cannot be done.

use std::process::Command;
use std::sync::{Arc, Barrier};
use std::thread;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use users_domain::model::{Metadata, UserFilter};
use users_domain::ports::{StoreError, UserStore};
use users_sqlite::{OpenError, SqliteOptions, SqliteStore, migrate};
use users_testkit::people::user;

use crate::fixture::Fixture;

/// Tells a copy of this test program which file to open.
const OPEN_THIS: &str = "USERS_SQLITE_TEST_OPEN";

#[test]
fn threads_that_open_a_fresh_file_at_once_all_succeed() {
    for _ in 0..10 {
        let fixture = Arc::new(Fixture::new());
        let together = Arc::new(Barrier::new(8));
        let openers: Vec<_> = (0..8)
            .map(|_| {
                let (fixture, together) = (fixture.clone(), together.clone());
                thread::spawn(move || {
                    together.wait();
                    fixture.open().close();
                })
            })
            .collect();
        for opener in openers {
            opener.join().unwrap();
        }
    }
}

#[test]
fn processes_that_open_a_fresh_file_at_once_all_succeed() {
    let fixture = Fixture::new();
    let mut openers: Vec<_> = (0..4)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "opening::opens_what_another_process_names"])
                .env(OPEN_THIS, fixture.path())
                .spawn()
                .unwrap()
        })
        .collect();
    for opener in &mut openers {
        assert!(opener.wait().unwrap().success());
    }
    assert_eq!(migrate::pending(&fixture.path()).unwrap(), [""; 0]);
}

/// Run alone it has nothing to open; see the test above.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test program has no settings to read"
)]
fn opens_what_another_process_names() {
    if let Some(path) = std::env::var_os(OPEN_THIS) {
        let options = SqliteOptions::default();
        let store = Fixture::new().try_open(path.as_ref(), options).unwrap();
        store.close();
    }
}

#[tokio::test]
async fn two_stores_on_one_file_see_each_other() {
    let fixture = Fixture::new();
    let (one, other) = (fixture.open(), fixture.open());
    one.insert(user("ada"), Vec::new()).await.unwrap();
    other.insert(user("grace"), Vec::new()).await.unwrap();
    assert_eq!(one.count(&UserFilter::default()).await.unwrap(), 2);
}

#[tokio::test]
async fn who_only_looks_reads_and_leaves_no_trace() {
    let fixture = Fixture::new();
    let look = || SqliteStore::look(&fixture.path(), Arc::new(fixture.clock.clone()));
    assert!(look().is_err(), "nothing is made");
    assert!(!fixture.path().exists());

    let store = fixture.open();
    store.insert(user("ada"), Vec::new()).await.unwrap();
    let beside = look().unwrap();
    assert_eq!(beside.count(&UserFilter::default()).await.unwrap(), 1);
    beside.close();
    store.close();

    let before = std::fs::read(fixture.path()).unwrap();
    let alone = look().unwrap();
    let by_metadata = UserFilter {
        metadata: Some(Metadata::default()),
        ..UserFilter::default()
    };
    for filter in [UserFilter::default(), by_metadata] {
        assert_eq!(alone.count(&filter).await.unwrap(), 1);
    }
    assert!(matches!(
        alone.insert(user("grace"), Vec::new()).await,
        Err(StoreError::Unavailable)
    ));
    alone.close();
    assert_eq!(std::fs::read(fixture.path()).unwrap(), before);
    assert_eq!(std::fs::read_dir(fixture.folder.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn what_is_made_is_for_its_user_only() {
    use std::os::unix::fs::PermissionsExt;

    let fixture = Fixture::new();
    let path = fixture.folder.path().join("a/b/users.sqlite");
    let store = fixture.try_open(&path, SqliteOptions::default()).unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for name in ["users.sqlite", "users.sqlite-wal", "users.sqlite-shm"] {
        assert_eq!(mode(&path.with_file_name(name)), 0o600, "{name}");
    }
    drop(store);
}

#[test]
fn a_name_with_odd_characters_is_a_name() {
    let fixture = Fixture::new();
    let path = fixture
        .folder
        .path()
        .join("file:a b?mode=ro&c#d%20é.sqlite");
    let store = fixture.try_open(&path, SqliteOptions::default()).unwrap();
    store.close();
    assert!(path.is_file());
    assert_eq!(std::fs::read_dir(fixture.folder.path()).unwrap().count(), 1);
}

#[test]
fn what_cannot_be_opened_says_which_and_what_to_do() {
    let fixture = Fixture::new();
    let open = |path: &std::path::Path| {
        let opened = fixture.try_open(path, SqliteOptions::default());
        opened.err().unwrap()
    };
    let text = fixture.folder.path().join("notes.txt");
    std::fs::write(
        &text,
        "This is no database, but long enough to be taken for one.".repeat(20),
    )
    .unwrap();
    let no_database = open(&text);
    assert!(
        matches!(no_database, OpenError::Connect { .. }),
        "{no_database}"
    );
    let in_a_file = open(&text.join("users.sqlite"));
    assert!(matches!(in_a_file, OpenError::Folder { .. }), "{in_a_file}");
    let a_folder = open(fixture.folder.path());
    assert!(matches!(a_folder, OpenError::Connect { .. }), "{a_folder}");
    for (error, path) in [(no_database, "notes.txt"), (in_a_file, "notes.txt")] {
        let message = error.to_string();
        assert!(
            message.contains(path) && message.contains("; "),
            "{message}"
        );
    }
}

#[test]
fn a_file_whose_schema_is_somebody_elses_is_left_as_it_is() {
    #[derive(QueryableByName)]
    struct Tables {
        #[diesel(sql_type = BigInt)]
        tables: i64,
    }
    let fixture = Fixture::new();
    let mut connection = fixture.connection();
    connection
        .batch_execute("CREATE TABLE users (name text)")
        .unwrap();
    let error = migrate::run(&fixture.path()).unwrap_err();
    assert!(matches!(error, OpenError::Migrate { .. }), "{error}");
    let found: Tables = diesel::sql_query("SELECT count(*) AS tables FROM sqlite_master")
        .get_result(&mut connection)
        .unwrap();
    assert_eq!(found.tables, 1);
}

#[test]
fn the_log_is_written_ahead() {
    #[derive(QueryableByName)]
    struct Mode {
        #[diesel(sql_type = Text)]
        journal_mode: String,
    }
    let fixture = Fixture::new();
    fixture.open().close();
    let mode: Mode = diesel::sql_query("PRAGMA journal_mode")
        .get_result(&mut fixture.connection())
        .unwrap();
    assert_eq!(mode.journal_mode, "wal");
}
