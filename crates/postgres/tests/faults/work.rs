//! What the tests do with a store, and how they look at it.

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use users_domain::model::{Change, PersonName, User};
use users_domain::ports::{Decide, StoreError, UserStore as _};
use users_postgres::{PostgresSettings, PostgresStore};
use users_test_postgres::{Binaries, Proxy, Server, ServerOptions};
use users_testkit::people::id_of;

use crate::fixture::{Fixture, settings};

/// Nothing that is waited for here takes longer on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that this test alone uses.
pub(crate) fn server(options: &ServerOptions) -> Server {
    let binaries = Binaries::find().unwrap_or_else(|missing| panic!("{missing}"));
    Server::start(&binaries, options)
}

/// Settings with these bounds, both of the same length, and so many connections.
pub(crate) fn bounded(fixture: &Fixture, bound: Duration, connections: u32) -> PostgresSettings {
    PostgresSettings {
        max_connections: connections,
        connect_timeout: bound,
        statement_timeout: bound,
        ..settings(&fixture.database.connection().plain())
    }
}

/// The same through a proxy in front of the server.
pub(crate) fn through(proxy: &Proxy, settings: PostgresSettings) -> PostgresSettings {
    PostgresSettings {
        host: "127.0.0.1".to_owned(),
        port: proxy.port(),
        ..settings
    }
}

/// A proxy in front of the server of all tests.
pub(crate) fn proxy() -> Proxy {
    let server = Server::shared();
    Proxy::start((server.host(), server.port()))
}

/// Waits for what comes by itself.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < PATIENCE, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Whether there is an account of this name, as the store has it.
pub(crate) async fn find(store: &PostgresStore, name: &str) -> Result<Option<User>, StoreError> {
    store.find(&id_of(name)).await
}

/// What a call answers, which has to come within this time.
pub(crate) async fn within<T>(bound: Duration, call: impl Future<Output = T>) -> T {
    let answer = tokio::time::timeout(bound, call).await;
    answer.unwrap_or_else(|_| panic!("no answer within {bound:?}"))
}

#[track_caller]
pub(crate) fn assert_unavailable<T: Debug>(answer: &Result<T, StoreError>) {
    assert!(matches!(answer, Err(StoreError::Unavailable)), "{answer:?}");
}

/// Opens all connections that the store may have.
pub(crate) async fn warm_up(fixture: &Fixture, store: &PostgresStore) {
    let wanted = store.stats().max_connections;
    // Who has to wait for a lock keeps his connection meanwhile.
    let session = fixture.database.connection().open().unwrap();
    session.execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE");
    let reads = (0..wanted).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { find(&store, "nobody").await })
    });
    let reads: Vec<_> = reads.collect();
    until("all connections are used", async || {
        store.stats().connections == wanted && store.stats().idle == 0
    })
    .await;
    session.execute("COMMIT");
    for read in join_all(reads).await {
        assert_eq!(read.unwrap().unwrap(), None);
    }
}

/// The server's processes that work for the store.
pub(crate) fn backends(fixture: &Fixture) -> Vec<String> {
    let backends = fixture.database.query(
        "SELECT pid FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'magistrala-users'
         ORDER BY pid",
    );
    backends.into_iter().flatten().flatten().collect()
}

/// How many of them wait for a lock.
pub(crate) fn waiting(fixture: &Fixture) -> usize {
    let waiting = fixture.database.query(
        "SELECT pid FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'magistrala-users'
           AND wait_event_type = 'Lock'",
    );
    waiting.len()
}

/// How many accounts have this address.
pub(crate) fn stored(fixture: &Fixture, account: &User) -> usize {
    let ids = format!(
        "SELECT id FROM users WHERE email = '{}'",
        account.email.as_str()
    );
    fixture.database.query(&ids).len()
}

/// Gives an account this first name.
pub(crate) fn call(name: &str) -> Arc<Decide> {
    let name = PersonName::from_stored(name.to_owned());
    Arc::new(move |user: &User, _: &_| {
        Ok(Change {
            user: User {
                first_name: name.clone(),
                ..user.clone()
            },
            effects: Vec::new(),
        })
    })
}

/// The first name that an account has now.
pub(crate) async fn called(store: &PostgresStore, account: &User) -> String {
    let found = store.find(&account.id).await.unwrap();
    found.unwrap().first_name.as_str().to_owned()
}
