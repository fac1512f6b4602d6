//! Indexes of the adopted table: built while it is written to, once, and again where a build was
//! interrupted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use users_postgres::{OpenError, PostgresStore};
use users_test_postgres::Database;

use crate::scene::{CURRENT, INDEXES, filled, names, store, value};

const VALID: &str = "
    SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE indrelid = 'users'::regclass AND indisvalid AND indisready AND relname LIKE 'users%'
    ORDER BY relname";

fn all() -> Vec<String> {
    let mut all = INDEXES.map(str::to_owned);
    all.sort();
    all.into()
}

async fn adopted() -> Database {
    let database = filled(&CURRENT);
    store(&database).migrate().await.unwrap();
    assert_eq!(names(&database, VALID), Vec::<String>::new());
    database
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_build_each_index_once_while_others_write() {
    let database = adopted().await;
    database.execute(
        "INSERT INTO users (id, email, first_name, last_name, created_at)
         SELECT 'many ' || n, n || '@example.com', '', '', now() FROM generate_series(1, 20000) n",
    );
    let done = Arc::new(AtomicBool::new(false));
    let written = Arc::new(AtomicU32::new(0));
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let session = database.connection().open().unwrap();
            let (done, written) = (done.clone(), written.clone());
            thread::spawn(move || {
                let mut number = 0;
                while !done.load(Ordering::Relaxed) {
                    number += 1;
                    let id = format!("{writer} {number}");
                    session
                        .try_query(&format!(
                            "INSERT INTO users (id, email, first_name, last_name, created_at)
                             VALUES ('{id}', '{id}@example.com', '', '', now());
                             UPDATE users SET first_name = 'x' WHERE id = 'many {number}'"
                        ))
                        .unwrap();
                    written.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let stores: Vec<_> = (0..3).map(|_| store(&database)).collect();
    let builds = stores.iter().map(PostgresStore::build_indexes);
    let built: Vec<String> = futures::future::join_all(builds)
        .await
        .into_iter()
        .flat_map(Result::unwrap)
        .collect();
    done.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.join().unwrap();
    }
    assert_eq!(built, INDEXES);
    assert_eq!(names(&database, VALID), all());
    assert!(written.load(Ordering::Relaxed) > 8, "nobody was held up");
    let refused = "SELECT count(*) FROM users WHERE id LIKE '% %' AND first_name = 'x'";
    assert_ne!(value(&database, refused), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_build_left_is_dropped_and_built_again() {
    let database = adopted().await;
    // A transaction that may still see the table as it was keeps the build from its end.
    let reader = database.connection().open().unwrap();
    reader
        .try_query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM users")
        .unwrap();
    let builder = store(&database);
    let build = tokio::spawn(async move { builder.build_indexes().await });
    let running = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND query LIKE 'CREATE INDEX CONCURRENTLY%'
                     AND wait_event_type = 'Lock'";
    let superuser = database.superuser();
    while superuser.query(running) == [[Some("0".to_owned())]] {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    superuser.execute(&running.replace("count(*)", "pg_terminate_backend(pid, 10000)"));
    assert!(build.await.unwrap().is_err());
    let left = "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
                WHERE indrelid = 'users'::regclass AND NOT indisvalid";
    assert_eq!(names(&database, left), [INDEXES[0]]);
    reader.try_query("COMMIT").unwrap();
    let again = store(&database);
    assert_eq!(again.dry_run().await.unwrap(), INDEXES);
    assert_eq!(again.build_indexes().await.unwrap(), INDEXES);
    assert_eq!(names(&database, left), Vec::<String>::new());
    assert_eq!(names(&database, VALID), all());
    assert_eq!(again.build_indexes().await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_the_database_for_statements_and_idle_transactions_ends_no_build() {
    let database = adopted().await;
    database.execute(&format!(
        "ALTER DATABASE {name} SET statement_timeout = '700ms';
         ALTER DATABASE {name} SET idle_in_transaction_session_timeout = '700ms';
         ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'",
        name = database.name()
    ));
    // Servers before 17 do not know it.
    let known = "SELECT count(*) FROM pg_settings WHERE name = 'transaction_timeout'";
    if value(&database, known) == "1" {
        database.execute(&format!(
            "ALTER DATABASE {} SET transaction_timeout = '700ms'",
            database.name()
        ));
    }
    let reader = database.connection().open().unwrap();
    reader
        .try_query(
            "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
             SELECT set_config(name, '0', false) FROM pg_settings
             WHERE name = 'transaction_timeout';
             BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM users",
        )
        .unwrap();
    let builder = store(&database);
    let build = tokio::spawn(async move { builder.build_indexes().await });
    // Longer than any of the limits.
    let reading = tokio::task::spawn_blocking(move || {
        reader.try_query("SELECT pg_sleep(2); COMMIT").unwrap();
    });
    reading.await.unwrap();
    assert_eq!(build.await.unwrap().unwrap(), INDEXES);
}

#[tokio::test]
async fn an_operators_index_with_a_default_name_is_his_and_takes_the_place_of_none() {
    let database = filled(&CURRENT);
    database.execute(
        "CREATE INDEX ON users (email); CREATE INDEX ON users (username);
         CREATE INDEX ON users (status, role); CREATE INDEX ON users (created_at, id);
         CREATE INDEX ON users (lower(email COLLATE \"C\"))",
    );
    let his = "SELECT indexdef FROM pg_indexes
               WHERE tablename = 'users' AND indexname NOT LIKE 'users_by_%' ORDER BY 1";
    let before = names(&database, his);
    assert!(before.iter().any(|index| index.contains("users_email_idx")));
    let ours = store(&database);
    ours.migrate().await.unwrap();
    assert_eq!(ours.build_indexes().await.unwrap(), INDEXES);
    assert_eq!(names(&database, his), before);
    let built = names(&database, VALID);
    assert!(INDEXES.iter().all(|index| built.iter().any(|b| b == index)));
}

#[tokio::test]
async fn an_index_of_another_table_is_never_dropped_for_its_name() {
    let database = adopted().await;
    let taken = INDEXES[0];
    database.execute(&format!(
        "CREATE TABLE other (email text); CREATE INDEX {taken} ON other (email)"
    ));
    let refused = store(&database).build_indexes().await.unwrap_err();
    assert!(matches!(refused, OpenError::Index { .. }), "{refused:?}");
    assert!(refused.to_string().contains(taken), "{refused}");
    let table = format!("SELECT tablename FROM pg_indexes WHERE indexname = '{taken}'");
    assert_eq!(names(&database, &table), ["other"]);
}

#[tokio::test]
async fn on_a_database_that_was_not_migrated_there_is_nothing_to_build() {
    let database = filled(&[]);
    assert_eq!(
        store(&database).build_indexes().await.unwrap(),
        Vec::<String>::new()
    );
}
