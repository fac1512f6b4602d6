//! Names that the deployed service takes at the same time: it knows no locks of ours.

use std::sync::Arc;
use std::time::Duration;

use users_domain::model::{Change, ConflictField, Email, Needs, User, Username};
use users_domain::ports::{StoreError, UserStore};
use users_postgres::PostgresStore;
use users_testkit::people::user;

use crate::fixture::{Fixture, literal};

/// Inserts an account as the deployed service does, and commits when told to.
fn peer_inserts(email: &str, username: &str) -> String {
    format!(
        "BEGIN; INSERT INTO users (id, email, username, first_name, last_name)
         VALUES ('the-peers', {}, {}, '', '')",
        literal(email),
        literal(username),
    )
}

/// Waits until the store waits for the peer's transaction.
async fn until_one_waits(fixture: &Fixture) {
    let waiting = || {
        fixture.database.query(
            "SELECT 1 FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock'",
        )
    };
    let polled = tokio::time::timeout(Duration::from_secs(10), async {
        while waiting().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let outcome = polled.await;
    assert!(outcome.is_ok(), "the store waits for nobody");
}

fn store_call(
    store: &PostgresStore,
    account: User,
) -> tokio::task::JoinHandle<Result<User, StoreError>> {
    let store = store.clone();
    tokio::spawn(async move { store.insert(account, Vec::new()).await })
}

#[tokio::test]
async fn a_name_that_the_deployed_service_takes_meanwhile_is_told_by_its_field() {
    for (email, username, field) in [
        ("ada@example.com", "another", ConflictField::Email),
        ("another@example.com", "ada", ConflictField::Username),
    ] {
        let fixture = Fixture::new();
        let store = fixture.open();
        let peer = fixture.database.connection().open().unwrap();
        peer.execute(&peer_inserts(email, username));
        let insert = store_call(&store, user("ada"));
        until_one_waits(&fixture).await;
        peer.execute("COMMIT");
        let answer = insert.await.unwrap();
        assert!(
            matches!(&answer, Err(StoreError::Conflict(taken)) if *taken == field),
            "{answer:?}"
        );
        assert_eq!(store.find(&user("ada").id).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_name_that_the_deployed_service_gives_up_meanwhile_is_free() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let peer = fixture.database.connection().open().unwrap();
    peer.execute(&peer_inserts("ada@example.com", "ada"));
    let insert = store_call(&store, user("ada"));
    until_one_waits(&fixture).await;
    peer.execute("ROLLBACK");
    assert_eq!(insert.await.unwrap().unwrap(), user("ada"));
}

#[tokio::test]
async fn twins_that_the_deployed_service_stored_stay_and_take_no_third() {
    let fixture = Fixture::new();
    let store = fixture.open();
    for (id, email, username) in [("1", "Ada@x.org", "Ada"), ("2", "ADA@x.org", "ADA")] {
        fixture.database.execute(&format!(
            "INSERT INTO users (id, email, username, first_name, last_name)
             VALUES ('{id}', '{email}', '{username}', '', '')"
        ));
    }
    assert_eq!(store.find_by_login("ada@X.org").await.unwrap().len(), 2);
    let third = User {
        email: Email::from_stored("ada@x.org".to_owned()),
        username: Some(Username::from_stored("third".to_owned())),
        ..user("third")
    };
    let answer = store.insert(third, Vec::new()).await;
    assert!(matches!(
        answer,
        Err(StoreError::Conflict(ConflictField::Email))
    ));
}

#[tokio::test]
async fn a_change_of_the_deployed_service_raises_the_version() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let ada = store.insert(user("ada"), Vec::new()).await.unwrap();
    fixture
        .database
        .execute("UPDATE users SET first_name = 'Augusta'");
    let seen = Arc::new(std::sync::Mutex::new(None));
    let decide = {
        let seen = seen.clone();
        Arc::new(move |user: &User, _: &_| {
            *seen.lock().unwrap() = Some(user.version);
            Ok(Change {
                user: user.clone(),
                effects: Vec::new(),
            })
        })
    };
    store.update(&ada.id, Needs::ROW, decide).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), Some(ada.version + 1));
}
