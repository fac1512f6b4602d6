//! Imports among others who write, and through faults of the server and the network.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use users_domain::model::{Arrival, ConflictField, Effect, ImportOutcome, User};
use users_domain::ports::{ImportMode, UserImport, UserStore as _, UserTransfer as _};
use users_postgres::PostgresStore;
use users_test_postgres::{ServerOptions, Session};
use users_testkit::contract::event;
use users_testkit::people::user;

use crate::fixture::{Fixture, literal};
use crate::work::{assert_unavailable, bounded, proxy, server, stored, through, until};

const BOUND: Duration = Duration::from_secs(5);

/// Accounts of these numbers, each with its event.
fn arrivals(numbers: std::ops::Range<usize>) -> Vec<Arrival> {
    let arrival = |number| {
        let user = user(&format!("arrival-{number}"));
        let effects = vec![Effect::Event(event(user.id.as_str(), 0))];
        Arrival {
            user,
            has_id: true,
            effects,
        }
    };
    numbers.map(arrival).collect()
}

async fn begin(store: &PostgresStore) -> Box<dyn UserImport> {
    store.begin_import(ImportMode::Write).await.unwrap()
}

fn count(fixture: &Fixture, what: &str) -> usize {
    let counted = fixture
        .database
        .query(&format!("SELECT count(*) FROM {what}"));
    counted[0][0].as_ref().unwrap().parse().unwrap()
}

/// Takes accounts in by a task of its own.
fn adding(
    store: &PostgresStore,
    accounts: Vec<Arrival>,
) -> tokio::task::JoinHandle<Vec<ImportOutcome>> {
    let store = store.clone();
    tokio::spawn(async move { begin(&store).await.add(&accounts).await.unwrap() })
}

/// Waits until a statement that begins like this waits for somebody.
async fn until_waits(fixture: &Fixture, statement: &str) {
    let waiting = format!(
        "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
         AND query LIKE '{statement}%'"
    );
    until("the import waits", async || count(fixture, &waiting) > 0).await;
}

/// As the deployed service makes an account, which knows no locks; not committed yet.
fn made_by_another(fixture: &Fixture, account: &User) -> Session {
    let session = fixture.database.connection().open().unwrap();
    session.execute(&format!(
        "BEGIN; INSERT INTO users (id, email, first_name, last_name, created_at)
         VALUES ('another', {}, '', '', now())",
        literal(account.email.as_str())
    ));
    session
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_the_deployed_service_makes_in_the_same_moment_keeps_its_address() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let accounts = arrivals(0..50);
    let session = made_by_another(&fixture, &accounts[30].user);
    let adding = adding(&store, accounts.clone());
    // What is not committed nobody sees, but the unique index keeps who would write it waiting.
    until_waits(&fixture, "INSERT INTO users").await;
    session.execute("COMMIT");
    let outcomes = adding.await.unwrap();
    for (number, outcome) in outcomes.into_iter().enumerate() {
        let expected = if number == 30 {
            ImportOutcome::Refused(ConflictField::Email)
        } else {
            ImportOutcome::Imported
        };
        assert_eq!(outcome, expected, "{number}");
    }
    assert_eq!(count(&fixture, "users"), 50);
    assert_eq!(count(&fixture, "outbox"), 49);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_the_deployed_service_takes_back_is_in_nobodys_way() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let accounts = arrivals(0..50);
    let session = made_by_another(&fixture, &accounts[30].user);
    let adding = adding(&store, accounts.clone());
    until_waits(&fixture, "INSERT INTO users").await;
    session.execute("ROLLBACK");
    assert_eq!(adding.await.unwrap(), [ImportOutcome::Imported; 50]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_waits_for_a_writer_lets_the_others_pass() {
    let fixture = Fixture::new();
    let store = fixture.open_with(bounded(&fixture, BOUND, 4));
    // A writer of a name whose transaction does not end.
    let session = fixture.database.connection().open().unwrap();
    session.execute("BEGIN; SELECT pg_advisory_xact_lock_shared(1970432882, 3)");
    let adding = adding(&store, arrivals(0..50));
    until_waits(&fixture, "SELECT pg_advisory_xact_lock").await;
    for number in 0..3 {
        let account = user(&format!("registered-{number}"));
        store.insert(account, Vec::new()).await.unwrap();
    }
    assert!(!adding.is_finished());
    assert_eq!(count(&fixture, "users"), 3);
    session.execute("COMMIT");
    assert_eq!(adding.await.unwrap(), [ImportOutcome::Imported; 50]);
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_beside_an_import_all_succeed() {
    const WRITERS: usize = 8;
    let fixture = Fixture::new();
    let store = fixture.open_with(bounded(&fixture, BOUND, 8));
    let done = Arc::new(AtomicBool::new(false));
    let written = Arc::new(AtomicUsize::new(0));
    let writers = (0..WRITERS).map(|writer| {
        let (store, done, written) = (store.clone(), done.clone(), written.clone());
        tokio::spawn(async move {
            let mut number = 0;
            while !done.load(Ordering::SeqCst) {
                number += 1;
                let account = user(&format!("writer-{writer}-{number}"));
                store.insert(account, Vec::new()).await.unwrap();
                written.fetch_add(1, Ordering::SeqCst);
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let mut import = begin(&store).await;
    for batch in 0..10 {
        let before = written.load(Ordering::SeqCst);
        let accounts = arrivals(batch * 300..(batch + 1) * 300);
        let outcomes = import.add(&accounts).await.unwrap();
        assert_eq!(outcomes, [ImportOutcome::Imported; 300]);
        until("others write between two batches", async || {
            written.load(Ordering::SeqCst) > before
        })
        .await;
    }
    import.finish().await.unwrap();
    done.store(true, Ordering::SeqCst);
    for writer in join_all(writers).await {
        writer.unwrap();
    }
    let written = written.load(Ordering::SeqCst);
    assert_eq!(count(&fixture, "users"), 3000 + written);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_commit_whose_answer_is_lost_the_next_call_finds_all_there() {
    let (fixture, proxy) = (Fixture::new(), proxy());
    let store = fixture.open_with(through(&proxy, bounded(&fixture, BOUND, 4)));
    let mut import = begin(&store).await;
    let accounts = arrivals(0..20);
    proxy.cut_after_commit();
    assert_unavailable(&import.add(&accounts).await);
    assert_eq!(proxy.cuts(), 1);
    let outcomes = import.add(&accounts).await.unwrap();
    assert_eq!(outcomes, [ImportOutcome::AlreadyThere; 20]);
    assert_eq!(count(&fixture, "outbox"), 20);

    let accounts = arrivals(20..40);
    proxy.cut_before_commit();
    assert_unavailable(&import.add(&accounts).await);
    assert_eq!(stored(&fixture, &accounts[0].user), 0);
    let outcomes = import.add(&accounts).await.unwrap();
    assert_eq!(outcomes, [ImportOutcome::Imported; 20]);
    assert_eq!(count(&fixture, "outbox"), 40);
    import.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_cut_before_its_commit_is_done_once_and_nobody_notices() {
    let (fixture, proxy) = (Fixture::new(), proxy());
    let store = fixture.open_with(through(&proxy, bounded(&fixture, BOUND, 4)));
    let mut import = begin(&store).await;
    let steps = [
        "CREATE TEMPORARY TABLE",
        "pg_advisory_xact_lock(",
        "INSERT INTO users",
    ];
    for (number, step) in steps.into_iter().enumerate() {
        for (half, after) in [false, true].into_iter().enumerate() {
            if after {
                proxy.cut_after(step);
            } else {
                proxy.cut_before(step);
            }
            let first = (number * 2 + half) * 10;
            let outcomes = import.add(&arrivals(first..first + 10)).await;
            assert_eq!(outcomes.unwrap(), [ImportOutcome::Imported; 10], "{step}");
        }
    }
    assert_eq!(proxy.cuts(), 6);
    assert_eq!(count(&fixture, "users"), 60);
    assert_eq!(count(&fixture, "outbox"), 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_whose_connection_is_cut_is_over() {
    let (fixture, proxy) = (Fixture::new(), proxy());
    let store = fixture.open_with(through(&proxy, bounded(&fixture, BOUND, 4)));
    let mut dry_run = store.begin_import(ImportMode::DryRun).await.unwrap();
    let accounts = arrivals(0..20);
    let outcomes = dry_run.add(&accounts).await.unwrap();
    assert_eq!(outcomes, [ImportOutcome::Imported; 20]);
    proxy.cut_all();
    // What it said before it does not know any more: better no answer than a wrong one.
    for _ in 0..2 {
        assert_unavailable(&dry_run.add(&accounts).await);
    }
    assert_eq!(count(&fixture, "users"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_added_again_after_restarts_is_in_once() {
    const BATCHES: usize = 40;
    let durable = ServerOptions {
        durable: true,
        ..ServerOptions::default()
    };
    let server = server(&durable);
    let fixture = Fixture::on(&server);
    let store = fixture.open_with(bounded(&fixture, BOUND, 4));
    let begun = Arc::new(AtomicUsize::new(0));
    let importing = {
        let (store, begun) = (store.clone(), begun.clone());
        tokio::spawn(async move {
            let mut import = begin(&store).await;
            for batch in 0..BATCHES {
                begun.store(batch, Ordering::SeqCst);
                let accounts = arrivals(batch * 100..(batch + 1) * 100);
                let outcomes = loop {
                    // As somebody does who is told to come back.
                    match import.add(&accounts).await {
                        Ok(outcomes) => break outcomes,
                        Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                    }
                };
                let first = outcomes[0];
                assert!(!matches!(first, ImportOutcome::Refused(_)));
                assert_eq!(outcomes, [first; 100], "all or nothing");
            }
            import.finish().await.unwrap();
        })
    };
    for batch in [10, 20, 30] {
        until("the import goes on", async || {
            begun.load(Ordering::SeqCst) >= batch
        })
        .await;
        if batch == 20 {
            server.crash();
            server.start_again();
        } else {
            server.restart_fast();
        }
    }
    importing.await.unwrap();
    assert_eq!(count(&fixture, "users"), BATCHES * 100);
    assert_eq!(count(&fixture, "outbox"), BATCHES * 100);
}
