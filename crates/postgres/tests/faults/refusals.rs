//! Servers that are not there, or have no room.

use std::time::Duration;

use futures::future::join_all;
use users_domain::ports::UserStore as _;
use users_postgres::Condition;
use users_test_postgres::ServerOptions;
use users_testkit::people::user;

use crate::fixture::Fixture;
use crate::work::{
    assert_unavailable, bounded, find, proxy, server, through, until, warm_up, within,
};

/// How long the store may wait, and how soon it has to answer where there is nothing to wait for.
const BOUND: Duration = Duration::from_secs(10);
const SOON: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_server_that_refuses_connections() {
    let (fixture, proxy) = (Fixture::new(), proxy());
    let store = fixture.open_with(through(&proxy, bounded(&fixture, BOUND, 4)));
    proxy.refuse();
    // At the first attempt, and when all connections were lost.
    for _ in 0..2 {
        for _ in 0..3 {
            let reads = (0..20).map(|_| async {
                assert_unavailable(&find(&store, "ada").await);
            });
            within(SOON, join_all(reads)).await;
        }
        let write = store.insert(user("ada"), Vec::new());
        assert_unavailable(&within(SOON, write).await);
        assert!(store.stats().connect_errors > 0);
        assert_eq!(store.stats().waiting, 0);

        proxy.accept();
        // An attempt that was begun before may fail once more.
        until("connections are let in", async || {
            find(&store, "ada").await.is_ok()
        })
        .await;
        assert_eq!(find(&store, "ada").await.unwrap(), None);
        warm_up(&fixture, &store).await;
        proxy.refuse();
        proxy.cut_all();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_free_connection_is_unavailable_at_once_until_others_leave() {
    let few = ServerOptions {
        max_connections: 10,
        ..ServerOptions::default()
    };
    let server = server(&few);
    let fixture = Fixture::on(&server);
    let others = fixture.database.connection();
    let mut sessions = Vec::new();
    let refusal = loop {
        match others.open() {
            Ok(session) => sessions.push(session),
            Err(refusal) => break refusal,
        }
    };
    assert_eq!(refusal.code.as_deref(), Some("53300"));
    let store = fixture.open_with(bounded(&fixture, BOUND, 4));
    let read = find(&store, "ada");
    assert_unavailable(&within(SOON, read).await);
    sessions.clear();
    until("the others have left", async || {
        within(SOON, store.insert(user("ada"), Vec::new()))
            .await
            .is_ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_fewer_connections_than_it_may_have_the_store_makes_do() {
    let fixture = Fixture::new();
    let name = fixture.database.name();
    let superuser = fixture.database.superuser();
    superuser.execute(&format!("ALTER DATABASE {name} CONNECTION LIMIT 2"));
    let store = fixture.open_with(bounded(&fixture, BOUND, 20));
    store.insert(user("ada"), Vec::new()).await.unwrap();
    let reads = (0..100).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { find(&store, "ada").await })
    });
    for read in within(BOUND, join_all(reads)).await {
        assert_eq!(read.unwrap().unwrap(), Some(user("ada")));
    }
    assert!(store.stats().connections <= 2);
    assert!(store.stats().connect_errors > 0);
}

/// How many connections that watch are open.
fn watching(fixture: &Fixture) -> usize {
    let superuser = fixture.database.superuser();
    let open = superuser.query(
        "SELECT pid FROM pg_stat_activity
         WHERE datname = current_database() AND query LIKE '%pg_is_in_recovery%'
           AND pid <> pg_backend_pid()",
    );
    open.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_pool_does_not_look_like_a_database_that_is_away() {
    let fixture = Fixture::new();
    let store = fixture.open_with(bounded(&fixture, BOUND, 2));
    let session = fixture.database.connection().open().unwrap();
    session.execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE");
    let reads = (0..20).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { find(&store, "ada").await })
    });
    let reads: Vec<_> = reads.collect();
    until(
        "all connections are used, and wanted by others",
        async || {
            store.stats().connections == 2 && store.stats().idle == 0 && store.stats().waiting == 18
        },
    )
    .await;
    // Opened when it is first needed, kept, and replaced when it is lost.
    for _ in 0..2 {
        for _ in 0..3 {
            let condition = within(SOON, store.probe()).await.unwrap();
            assert_eq!(condition, Condition::Writable);
        }
        let watching = fixture.database.query(
            "SELECT pid, pg_terminate_backend(pid, 10000) FROM pg_stat_activity
             WHERE datname = current_database() AND query LIKE '%pg_is_in_recovery%'
               AND pid <> pg_backend_pid()",
        );
        assert_eq!(watching.len(), 1, "{watching:?}");
    }
    session.execute("COMMIT");
    for read in join_all(reads).await {
        assert_eq!(read.unwrap().unwrap(), None);
    }
    store.close().await;
    until("the store has left nothing open that watches", async || {
        watching(&fixture) == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_gives_no_connection_but_that_which_watches_is_away() {
    // Whoever says so must not be counted.
    let server = server(&ServerOptions::default());
    let fixture = Fixture::on(&server);
    let store = fixture.open_with(bounded(&fixture, BOUND, 2));
    let name = fixture.database.name();
    let limit = |connections: i32| {
        fixture.database.superuser().execute(&format!(
            "ALTER DATABASE {name} CONNECTION LIMIT {connections}"
        ));
    };
    limit(1);
    // What prepared the database may still be leaving, and takes the room until it has.
    until("the one that watches is open", async || {
        assert_unavailable(&within(SOON, store.probe()).await);
        watching(&fixture) == 1
    })
    .await;
    assert_unavailable(&within(SOON, find(&store, "ada")).await);
    limit(2);
    until("there is room for both", async || {
        matches!(within(SOON, store.probe()).await, Ok(Condition::Writable))
    })
    .await;
    assert_eq!(find(&store, "ada").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_being_opened_is_waited_for_though_another_was_refused() {
    let (fixture, proxy) = (Fixture::new(), proxy());
    let store = fixture.open_with(through(&proxy, bounded(&fixture, BOUND, 4)));
    let read = || {
        let store = store.clone();
        tokio::spawn(async move { find(&store, "ada").await })
    };
    proxy.freeze();
    let before = proxy.accepted();
    let first = read();
    until("a connection is being opened", async || {
        proxy.accepted() > before
    })
    .await;
    proxy.refuse();
    let second = read();
    until("another is refused", async || {
        store.stats().connect_errors > 0
    })
    .await;
    assert!(!first.is_finished());
    proxy.thaw();
    for read in [first, second] {
        assert_eq!(within(SOON, read).await.unwrap().unwrap(), None);
    }
}
