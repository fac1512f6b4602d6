//! Servers that read and do not write.

use std::time::Duration;

use users_domain::model::User;
use users_domain::ports::{StoreError, UserStore as _};
use users_postgres::{Condition, PostgresStore};
use users_test_postgres::ServerOptions;
use users_testkit::people::user;

use crate::fixture::Fixture;
use crate::work::{assert_unavailable, bounded, server, until, within};

const BOUND: Duration = Duration::from_secs(5);

/// Everything is as it was, and stays so.
async fn reads_and_does_not_write(store: &PostgresStore, ada: &User) {
    for _ in 0..3 {
        let read = within(BOUND, store.find(&ada.id)).await.unwrap();
        assert_eq!(read.as_ref(), Some(ada));
        let write = store.insert(user("grace"), Vec::new());
        assert_unavailable(&within(BOUND, write).await);
    }
    let found = store.find_by_login("grace@example.com").await.unwrap();
    assert_eq!(found, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_its_operator_made_read_only_reads_and_writes_again_when_it_may() {
    let server = server(&ServerOptions::default());
    let fixture = Fixture::on(&server);
    let store = fixture.open_with(bounded(&fixture, BOUND, 4));
    let ada = store.insert(user("ada"), Vec::new()).await.unwrap();
    server.set("default_transaction_read_only", "on");
    until("it is read-only", async || {
        store.probe().await.unwrap() == Condition::ReadOnly
    })
    .await;
    reads_and_does_not_write(&store, &ada).await;
    server.set("default_transaction_read_only", "off");
    until("it writes", async || {
        store.probe().await.unwrap() == Condition::Writable
    })
    .await;
    store.insert(user("grace"), Vec::new()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_reads_and_writes_once_it_is_promoted() {
    let server = server(&ServerOptions::default());
    let fixture = Fixture::on(&server);
    let store = fixture.open_with(bounded(&fixture, BOUND, 4));
    let ada = store.insert(user("ada"), Vec::new()).await.unwrap();
    server.demote();
    assert_eq!(store.probe().await.unwrap(), Condition::ReadOnly);
    reads_and_does_not_write(&store, &ada).await;
    server.promote();
    until("it writes", async || {
        store.probe().await.unwrap() == Condition::Writable
    })
    .await;
    store.insert(user("grace"), Vec::new()).await.unwrap();
}

/// Makes the table of accounts larger than the server's other files, every page of it full.
const FILL: &str = "
    ALTER TABLE users SET (autovacuum_enabled = off);
    ALTER TABLE users ALTER COLUMN secret SET STORAGE PLAIN;
    INSERT INTO users (id, email, first_name, last_name, secret)
    SELECT 'id-' || n, n || '@example.org', '', '', repeat('x', 8000)
    FROM generate_series(1, 2200) AS n";

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_takes_no_writes_and_loses_none() {
    let server = server(&ServerOptions::default());
    let fixture = Fixture::on(&server);
    let store = fixture.open_with(bounded(&fixture, BOUND, 4));
    fixture.database.execute(FILL);
    let ada = store.insert(user("ada"), Vec::new()).await.unwrap();
    let size = fixture.database.query("SELECT pg_relation_size('users')");
    let size: u64 = size[0][0].as_ref().unwrap().parse().unwrap();
    server.limit_files(Some(size));
    // The last pages may have room for some: newer servers add several at a time.
    let mut acknowledged = vec![ada.clone()];
    let refused = loop {
        let account = user(&format!("number-{}", acknowledged.len()));
        match within(BOUND, store.insert(account.clone(), Vec::new())).await {
            Ok(_) => acknowledged.push(account),
            Err(refused) => break refused,
        }
        assert!(acknowledged.len() < 5_000, "the disk is not full");
    };
    assert!(matches!(refused, StoreError::Unavailable), "{refused:?}");
    assert!(server.log().contains("could not extend file"));
    reads_and_does_not_write(&store, &ada).await;

    server.limit_files(None);
    store.insert(user("grace"), Vec::new()).await.unwrap();
    for account in acknowledged {
        let read = store.find(&account.id).await.unwrap();
        assert_eq!(read, Some(account));
    }
}
