//! Servers that end and come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use users_domain::model::User;
use users_domain::ports::{StoreError, UserStore as _};
use users_postgres::PostgresStore;
use users_test_postgres::ServerOptions;
use users_testkit::people::user;

use crate::fixture::Fixture;
use crate::work::{bounded, find, server, stored, until, warm_up};

const BOUND: Duration = Duration::from_secs(5);
/// Who works at the same time.
const PEOPLE: usize = 8;

/// What all of them see.
#[derive(Default)]
struct Day {
    is_over: AtomicBool,
    acknowledged: AtomicUsize,
    unavailable: AtomicUsize,
}

/// An answer, unless the store says that there is none; nothing else is an answer here.
fn answer<T>(day: &Day, begun: Instant, answer: Result<T, StoreError>) -> Option<T> {
    assert!(begun.elapsed() < BOUND * 2, "{:?}", begun.elapsed());
    match answer {
        Ok(answer) => Some(answer),
        Err(StoreError::Unavailable) => {
            day.unavailable.fetch_add(1, Ordering::SeqCst);
            None
        }
        Err(other) => panic!("{other}"),
    }
}

/// Makes accounts and looks at them until the day is over; gives those that were acknowledged.
async fn works(store: PostgresStore, person: usize, day: Arc<Day>) -> Vec<User> {
    let mut acknowledged: Vec<User> = Vec::new();
    let mut number = 0;
    while !day.is_over.load(Ordering::SeqCst) {
        number += 1;
        let account = user(&format!("person-{person}-{number}"));
        let begun = Instant::now();
        let written = store.insert(account.clone(), Vec::new()).await;
        if let Some(written) = answer(&day, begun, written) {
            assert_eq!(written, account);
            acknowledged.push(account);
            day.acknowledged.fetch_add(1, Ordering::SeqCst);
        } else {
            // As a client does who is told to come back.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if let Some(last) = acknowledged.last() {
            let begun = Instant::now();
            let read = store.find(&last.id).await;
            if let Some(read) = answer(&day, begun, read) {
                assert_eq!(read.as_ref(), Some(last));
            }
        }
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_restarts_under_load_and_work_goes_on() {
    let durable = ServerOptions {
        durable: true,
        ..ServerOptions::default()
    };
    let server = server(&durable);
    let fixture = Fixture::on(&server);
    let store = fixture.open_with(bounded(&fixture, BOUND, 4));
    let day = Arc::new(Day::default());
    let people = (0..PEOPLE).map(|person| tokio::spawn(works(store.clone(), person, day.clone())));
    let people: Vec<_> = people.collect();
    let goes_on = async || {
        let before = day.acknowledged.load(Ordering::SeqCst);
        until("the work goes on", async || {
            day.acknowledged.load(Ordering::SeqCst) > before + 20
        })
        .await;
    };
    for _ in 0..3 {
        goes_on().await;
        server.restart_fast();
        goes_on().await;
        server.crash();
        let before = day.unavailable.load(Ordering::SeqCst);
        until("somebody notices", async || {
            day.unavailable.load(Ordering::SeqCst) > before
        })
        .await;
        server.start_again();
    }
    goes_on().await;
    day.is_over.store(true, Ordering::SeqCst);
    for person in people {
        for account in person.await.unwrap() {
            assert_eq!(stored(&fixture, &account), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_on_connections_that_died_meanwhile_are_carried_out_on_new_ones() {
    let server = server(&ServerOptions::default());
    let fixture = Fixture::on(&server);
    let store = fixture.open_with(bounded(&fixture, BOUND, 4));
    for round in 0..3 {
        warm_up(&fixture, &store).await;
        server.restart_fast();
        let reads = (0..8).map(|_| find(&store, "nobody"));
        for read in join_all(reads).await {
            assert_eq!(read.unwrap(), None);
        }
        warm_up(&fixture, &store).await;
        server.restart_fast();
        let account = user(&format!("round-{round}"));
        let written = store.insert(account.clone(), Vec::new()).await;
        assert_eq!(written.unwrap(), account);
    }
}
