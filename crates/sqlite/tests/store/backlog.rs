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
async fn a_waiting_item_holds_back_later_ones_of_its_key_only() {
    let fixture = Fixture::new();
    let store = fixture.open();
    for key in ["a", "b", "a", "c"] {
        store.add(vec![effect(key)]).await.unwrap();
    }
    let me = holder("me");
    let claim = store.claim(KIND, &me, 10).await.unwrap().unwrap();
    let keys = |items: &[users_domain::ports::OutboxItem]| {
        items
            .iter()
            .map(|item| item.key.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(&claim.items), ["a", "b", "a", "c"]);
    let later = fixture.clock.now() + Duration::from_secs(5);
    // The later of the two waits: the earlier one is not held back by it.
    store
        .retry(KIND, claim.fence, claim.items[2].id, later)
        .await
        .unwrap();
    assert_eq!(
        keys(&store.claim(KIND, &me, 10).await.unwrap().unwrap().items),
        ["a", "b", "c"]
    );
    store
        .retry(KIND, claim.fence, claim.items[0].id, later)
        .await
        .unwrap();
    assert_eq!(
        keys(&store.claim(KIND, &me, 10).await.unwrap().unwrap().items),
        ["b", "c"]
    );
    store
        .park(KIND, claim.fence, claim.items[0].id, "too large")
        .await
        .unwrap();
    fixture.clock.advance(5);
    let items = store.claim(KIND, &me, 10).await.unwrap().unwrap().items;
    assert_eq!(keys(&items), ["b", "a", "c"]);
    assert_eq!(items[1].attempts, 1);
    let depth = store.depth(KIND).await.unwrap();
    assert_eq!((depth.pending, depth.parked), (3, 1));
    assert_eq!(
        depth.oldest,
        Some(fixture.clock.now() - Duration::from_secs(5))
    );
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
    fixture.clock.advance(-3_600);
    // What was never tried is due whatever the clock says, and no lease runs for an hour.
    let claim = store.claim(KIND, &holder("me"), 10).await.unwrap().unwrap();
    assert_eq!(claim.items.len(), 1);
    assert!(claim.fence > gone.fence);
    let late = store.done(KIND, gone.fence, claim.items[0].id).await;
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
    fixture
        .clock
        .advance(i64::try_from(LEASE.as_secs()).unwrap());
    assert!(one.claim(KIND, &holder("one"), 10).await.unwrap().is_some());
}

#[tokio::test]
async fn a_record_of_another_version_is_claimed_as_unknown() {
    let fixture = Fixture::new();
    let store = fixture.open();
    fixture
        .connection()
        .batch_execute(
            "INSERT INTO outbox (kind, key, format, payload, created_at)
             VALUES ('event', 'a', 99, '{}', 0), ('event', 'b', 1, 'no json', 0),
                    ('unheard of', 'c', 1, '{}', 0)",
        )
        .unwrap();
    let claim = store.claim(KIND, &holder("me"), 10).await.unwrap().unwrap();
    assert_eq!(claim.items.len(), 2);
    assert!(claim.items.iter().all(|item| item.effect.is_err()));
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
