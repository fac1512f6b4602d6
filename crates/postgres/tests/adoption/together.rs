//! Several programs at once: replicas of this one, and the deployed service.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use futures::future::join_all;
use users_postgres::{OpenError, PostgresSettings, PostgresStore};
use users_test_postgres::{Database, PgBouncer, Proxy, Server};
use users_testkit::fakes::FixedClock;

use crate::fixture::settings;
use crate::scene::{
    CURRENT, FIRST, INDEXES, OWN, RENAMED, VERIFIED, filled, ids, names, recorded, store, value,
};

#[tokio::test(flavor = "multi_thread")]
async fn twenty_that_start_on_an_empty_database_make_one_schema() {
    let database = filled(&[]);
    let stores: Vec<_> = (0..20).map(|_| store(&database)).collect();
    let done = join_all(stores.iter().map(PostgresStore::migrate)).await;
    let worked: Vec<_> = done
        .into_iter()
        .map(Result::unwrap)
        .filter(|steps| !steps.is_empty())
        .collect();
    assert_eq!(worked.len(), 1, "one works, the others find it done");
    assert_eq!(worked[0].len(), 12 + OWN.len() + INDEXES.len());
    assert_eq!(recorded(&database), ids(12));
    let versions = "SELECT version FROM __diesel_schema_migrations ORDER BY 1";
    assert_eq!(names(&database, versions), OWN.map(|name| &name[..4]));
    assert_eq!(value(&database, "SELECT count(*) FROM adoption"), "1");
}

/// Until a session was seen to wait for a lock, to give up, and to wait again.
async fn gave_way_and_came_back(database: &Database) {
    let waits = "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let superuser = database.superuser();
    for waiting in ["1", "0", "1"] {
        let seen = async {
            while superuser.query(waits) != [[Some(waiting.to_owned())]] {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), seen)
            .await
            .unwrap();
    }
}

/// Nobody may be held up for as long as the migration waits.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_transaction_of_the_deployed_service_holds_up_the_migration_and_nobody_else() {
    let database = filled(&CURRENT);
    let busy = database.connection().open().unwrap();
    busy.try_query("BEGIN; UPDATE users SET first_name = 'B' WHERE id = 'ui later'")
        .unwrap();
    let store = store(&database);
    let migrating = tokio::spawn(async move { store.migrate().await });
    gave_way_and_came_back(&database).await;
    // Whoever comes after the one that waits is served within its second.
    let login = database.connection().open().unwrap();
    login.try_query("SET statement_timeout = '3s'").unwrap();
    login
        .try_query("SELECT secret FROM users WHERE email = 'later@example.com' AND status = 0")
        .unwrap();
    busy.try_query("COMMIT").unwrap();
    assert_eq!(migrating.await.unwrap().unwrap(), OWN);
    let kept = "SELECT first_name FROM users WHERE id = 'ui later'";
    assert_eq!(value(&database, kept), "B");
}

/// An attempt that is given up after the rows were rewritten leaves its copies behind in the table.
#[tokio::test(flavor = "multi_thread")]
async fn while_others_write_the_rows_are_rewritten_once() {
    const ROWS: usize = 5000;
    let database = filled(&[FIRST, RENAMED, VERIFIED]);
    database.execute(&format!(
        "INSERT INTO users (id, email, first_name, last_name, metadata)
         SELECT n, n || '@example.com', '', '', '{{\"ui\": {{\"k\": 1}}}}'
         FROM generate_series(1, {ROWS}) n"
    ));
    let how_many = "SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'users'";
    let before: usize = value(&database, how_many).parse().unwrap();
    let slow = database.connection().open().unwrap();
    slow.try_query("BEGIN; UPDATE users SET first_name = 'slow' WHERE id = '1'")
        .unwrap();
    let ours = store(&database);
    let migrating = tokio::spawn(async move { ours.migrate().await });
    gave_way_and_came_back(&database).await;
    let done = Arc::new(AtomicBool::new(false));
    let written = Arc::new(AtomicUsize::new(1));
    let writers: Vec<_> = (2..6)
        .map(|id| {
            let session = database.connection().open().unwrap();
            let (done, written) = (done.clone(), written.clone());
            thread::spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    let update = format!("UPDATE users SET first_name = 'x' WHERE id = '{id}'");
                    session.try_query(&update).unwrap();
                    written.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    slow.try_query("COMMIT").unwrap();
    let steps = migrating.await.unwrap().unwrap();
    done.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.join().unwrap();
    }
    assert_eq!(steps[..2], ["clients_11", "clients_12"]);
    // Sessions report what they did when they end, and that takes a moment.
    let until = Instant::now() + Duration::from_secs(20);
    let updates = loop {
        let updates = value(&database, how_many).parse::<usize>().unwrap() - before;
        if updates >= ROWS || Instant::now() > until {
            break updates;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    // Of the two accounts that were there before each may hold both keys.
    let most = ROWS + 2 * 2 + written.load(Ordering::Relaxed);
    assert!(
        (ROWS..=most).contains(&updates),
        "{updates}, at most {most}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_starting_service_that_reads_its_list_waits_for_the_migration_and_finds_it_whole() {
    let database = filled(&CURRENT[..1]);
    let blocker = database.connection().open().unwrap();
    // The migration has locked the list when it comes to the accounts.
    blocker
        .try_query("BEGIN; LOCK TABLE clients IN ROW EXCLUSIVE MODE")
        .unwrap();
    let migrating = store(&database);
    let migrating = tokio::spawn(async move { migrating.migrate().await });
    let locked = "SELECT count(*) FROM pg_locks
                  WHERE relation = 'gorp_migrations'::regclass AND mode = 'AccessExclusiveLock'";
    while value(&database, locked) == "0" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    blocker.try_query("COMMIT").unwrap();
    let list = recorded(&database);
    assert!(
        list == ids(2) || list == ids(12),
        "nothing halfway: {list:?}"
    );
    migrating.await.unwrap().unwrap();
    assert_eq!(recorded(&database), ids(12));
}

/// As it is for replicas that start while another one works for long.
#[tokio::test(flavor = "multi_thread")]
async fn who_finds_the_lists_locked_waits_and_does_not_take_the_server_for_away() {
    let database = filled(&CURRENT);
    let other = database.connection().open().unwrap();
    other
        .try_query("BEGIN; LOCK TABLE gorp_migrations IN ACCESS EXCLUSIVE MODE")
        .unwrap();
    let settings = PostgresSettings {
        statement_timeout: Duration::from_secs(2),
        ..settings(database.connection())
    };
    let ours = PostgresStore::new(settings, Arc::new(FixedClock::new())).unwrap();
    for refused in [
        ours.migrations().await.unwrap_err(),
        ours.dry_run().await.unwrap_err(),
        ours.survey(10).await.unwrap_err(),
    ] {
        assert!(matches!(refused, OpenError::TimedOut { .. }), "{refused:?}");
        let said = refused.to_string();
        assert!(
            said.contains("locked") && !said.contains("password"),
            "{said}"
        );
    }
    let starting = tokio::spawn(async move { ours.migrate().await });
    gave_way_and_came_back(&database).await;
    // By now it has waited longer than for any one answer of the server.
    gave_way_and_came_back(&database).await;
    assert!(!starting.is_finished(), "it waits on");
    other.try_query("COMMIT").unwrap();
    assert_eq!(starting.await.unwrap().unwrap(), OWN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_was_lost_is_looked_up_and_done_once() {
    let server = Server::shared().superuser();
    for cut in [Proxy::cut_before_commit, Proxy::cut_after_commit] {
        let database = filled(&CURRENT);
        store(&database).migrate().await.unwrap();
        // This step again: others hold texts that the proxy takes for a commit.
        database.execute(
            "ALTER TABLE outbox DROP once;
             DELETE FROM __diesel_schema_migrations WHERE version = '0005'",
        );
        let proxy = Proxy::start((server.host.as_str(), server.port));
        let through = settings(&database.connection().through(proxy.port()));
        let store = PostgresStore::new(through, Arc::new(FixedClock::new())).unwrap();
        cut(&proxy);
        assert_eq!(store.migrate().await.unwrap(), OWN[4..5]);
        assert_eq!(proxy.cuts(), 1);
        let recorded = "SELECT count(*) FROM __diesel_schema_migrations";
        assert_eq!(value(&database, recorded), "6");
        assert_eq!(store.migrate().await.unwrap(), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_works_behind_a_pooler_in_transaction_mode() {
    let database = filled(&CURRENT);
    let role = database.connection();
    let server = Server::shared().superuser().as_user(&role.user);
    let pooler = PgBouncer::start_with(&server, "transaction", &[("default_pool_size", "4")]);
    let pooler = pooler.unwrap();
    let through = || {
        let settings = PostgresSettings {
            statement_cache: false,
            ..settings(&pooler.connection(role))
        };
        let clock = Arc::new(FixedClock::new());
        PostgresStore::new(settings, clock).unwrap()
    };
    let (one, other) = (through(), through());
    let (done, done_too) = tokio::join!(one.migrate(), other.migrate());
    assert_eq!([done.unwrap(), done_too.unwrap()].concat(), OWN);
    let (built, built_too) = tokio::join!(one.build_indexes(), other.build_indexes());
    assert_eq!([built.unwrap(), built_too.unwrap()].concat(), INDEXES);
    assert_eq!(one.dry_run().await.unwrap(), Vec::<String>::new());
}
