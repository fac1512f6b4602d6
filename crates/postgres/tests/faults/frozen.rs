//! A server that takes questions and answers none.

use std::time::Duration;

use futures::future::join_all;
use users_domain::ports::UserStore as _;
use users_postgres::PostgresSettings;
use users_test_postgres::ServerOptions;
use users_testkit::people::user;

use crate::fixture::Fixture;
use crate::work::{
    assert_unavailable, backends, bounded, find, proxy, server, stored, through, until, waiting,
    warm_up, within,
};

const CONNECTIONS: u32 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_server_is_unavailable_in_time_and_of_use_again_when_it_goes_on() {
    let server = server(&ServerOptions::default());
    let fixture = Fixture::on(&server);
    let bound = Duration::from_secs(2);
    let store = fixture.open_with(bounded(&fixture, bound, CONNECTIONS));
    warm_up(&fixture, &store).await;
    let before = backends(&fixture);
    assert_eq!(before.len(), CONNECTIONS as usize);

    server.freeze();
    // Half of them find an open connection, the others wait for one.
    let reads = (0..CONNECTIONS).map(|_| async {
        assert_unavailable(&find(&store, "ada").await);
    });
    let writes = (0..CONNECTIONS).map(|number| {
        let (store, account) = (store.clone(), user(&format!("frozen-{number}")));
        async move { assert_unavailable(&store.insert(account, Vec::new()).await) }
    });
    let all = async {
        tokio::join!(join_all(reads), join_all(writes));
    };
    within(bound * 2 + Duration::from_secs(1), all).await;
    // And so it is for who comes later.
    let late = find(&store, "ada");
    assert_unavailable(&within(bound * 2 + Duration::from_secs(1), late).await);
    assert!(store.stats().statement_timeouts >= CONNECTIONS.into());

    server.thaw();
    until("it answers", async || find(&store, "ada").await.is_ok()).await;
    until("what was given up is gone", async || {
        !backends(&fixture).iter().any(|pid| before.contains(pid))
    })
    .await;
    // Nothing is left of them that would count as a connection.
    warm_up(&fixture, &store).await;
    assert_eq!(store.stats().waiting, 0);
    for number in 0..CONNECTIONS {
        assert_eq!(stored(&fixture, &user(&format!("frozen-{number}"))), 0);
    }
    store.insert(user("ada"), Vec::new()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_lost_its_connection_gets_no_more_time_for_another_one() {
    let (fixture, proxy) = (Fixture::new(), proxy());
    let bound = Duration::from_secs(1);
    let store = fixture.open_with(PostgresSettings {
        connect_timeout: Duration::from_secs(10),
        ..through(&proxy, bounded(&fixture, bound, CONNECTIONS))
    });
    assert_eq!(find(&store, "ada").await.unwrap(), None);
    let session = fixture.database.connection().open().unwrap();
    session.execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE");
    let read = tokio::spawn({
        let store = store.clone();
        async move { find(&store, "ada").await }
    });
    until("the store waits", async || waiting(&fixture) == 1).await;
    proxy.freeze();
    proxy.cut_all();
    assert_unavailable(&within(bound * 3, read).await.unwrap());
}
