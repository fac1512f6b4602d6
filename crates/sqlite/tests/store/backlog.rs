//! The outbox beyond its contract: long backlogs, clocks set back, several stores on one file.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use users_domain::model::EffectKind;
use users_domain::ports::{Clock, LEASE, LeaseHolder, Outbox, StoreError};

use crate::fixture::{Fixture, effect};

const KIND: EffectKind = EffectKind::Event;

fn holder(name: &str) -> LeaseHolder {
    LeaseHolder::new(name.to_owned())
}

#[tokio::test]
async fn a_clock_set_back_does_not_stop_the_outbox() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let gone = store
        .claim(KIND, &holder("gone"), 0)
        .await
        .unwrap()
        .unwrap();
    store.add(vec![effect("a")]).await.unwrap();
    fixture
        .clock
        .set(fixture.clock.now() - Duration::from_hours(1));
    // What was never tried is due whatever the clock says, and no lease runs for an hour.
    let claim = store.claim(KIND, &holder("me"), 10).await.unwrap().unwrap();
    assert_eq!(claim.items.len(), 1);
    assert!(claim.fence > gone.fence);
    let late = store.done(KIND, gone.fence, &[claim.items[0].id]).await;
    assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
}

#[tokio::test]
async fn leases_are_shared_by_stores_on_one_file_and_outlive_them() {
    let fixture = Fixture::new();
    let (one, other) = (fixture.open(), fixture.open());
    let mine = one.claim(KIND, &holder("one"), 10).await.unwrap().unwrap();
    assert!(
        other
            .claim(KIND, &holder("other"), 10)
            .await
            .unwrap()
            .is_none()
    );
    one.release(KIND, mine.fence).await.unwrap();
    let theirs = other
        .claim(KIND, &holder("other"), 10)
        .await
        .unwrap()
        .unwrap();
    assert!(theirs.fence > mine.fence);
    other.close();
    drop(other);
    assert!(one.claim(KIND, &holder("one"), 10).await.unwrap().is_none());
    fixture.clock.advance(LEASE);
    assert!(one.claim(KIND, &holder("one"), 10).await.unwrap().is_some());
}

#[tokio::test]
async fn a_record_of_an_unheard_of_kind_is_left_alone() {
    let fixture = Fixture::new();
    let store = fixture.open();
    fixture
        .connection()
        .batch_execute(
            "INSERT INTO outbox (kind, key, format, payload, created_at)
             VALUES ('unheard of', 'a', 1, '{}', 0)",
        )
        .unwrap();
    store.add(vec![effect("a")]).await.unwrap();
    let claim = store.claim(KIND, &holder("me"), 10).await.unwrap().unwrap();
    assert_eq!(claim.items.len(), 1);
    let depth = store.depth(KIND).await.unwrap();
    assert_eq!((depth.pending, depth.parked), (1, 0));
}

#[tokio::test]
async fn a_long_backlog_of_waiting_items_is_passed_over() {
    let fixture = Fixture::new();
    let store = fixture.open();
    fixture
        .connection()
        .batch_execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
             INSERT INTO outbox (kind, key, format, payload, created_at, attempts, due_at)
             SELECT 'event', 'key' || i, 1, '{}', 0, 1, 9000000000000000 FROM n;
             INSERT INTO outbox (kind, key, format, payload, created_at)
             VALUES ('event', 'key1', 1, '{}', 0), ('event', 'another', 1, '{}', 0);",
        )
        .unwrap();
    let claim = store.claim(KIND, &holder("me"), 10).await.unwrap().unwrap();
    assert_eq!(
        claim
            .items
            .iter()
            .map(|item| item.key.as_str())
            .collect::<Vec<_>>(),
        ["another"]
    );
    assert_eq!(store.depth(KIND).await.unwrap().pending, 100_002);
}
