//! The outbox beyond its contract: long backlogs, clocks set back, several replicas.

use std::time::{Duration, Instant};

use futures::future::join_all;
use users_domain::model::{Effect, EffectKind};
use users_domain::ports::{Clock, LEASE, LeaseHolder, Outbox, StoreError};
use users_testkit::contract::event;

use crate::fixture::Fixture;

const KIND: EffectKind = EffectKind::Event;

fn holder(name: &str) -> LeaseHolder {
    LeaseHolder::new(name.to_owned())
}

fn effect(key: &str) -> Effect {
    Effect::Event(event(key, 0))
}

#[tokio::test]
async fn a_clock_set_back_does_not_stop_the_outbox() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let gone = store.claim(KIND, &holder("gone"), 0).await;
    let gone = gone.unwrap().unwrap();
    store.add(vec![effect("a")]).await.unwrap();
    let earlier = fixture.clock.now() - Duration::from_hours(1);
    fixture.clock.set(earlier);
    // What was never tried is due whatever the clock says, and no lease runs for an hour.
    let claim = store.claim(KIND, &holder("me"), 10).await.unwrap().unwrap();
    assert_eq!(claim.items.len(), 1);
    assert!(claim.fence > gone.fence);
    let late = store.done(KIND, gone.fence, &[claim.items[0].id]).await;
    assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_replicas_that_claim_at_once_one_gets_the_lease() {
    let fixture = Fixture::new();
    let stores: Vec<_> = (0..4).map(|_| fixture.open()).collect();
    let mut last = None;
    for round in 0..10 {
        // The first round finds no row, the others a lease that has run out.
        let claims = (0..20).map(|number| {
            let store = stores[number % stores.len()].clone();
            async move {
                let me = holder(&format!("{round} {number}"));
                store.claim(KIND, &me, 10).await.unwrap()
            }
        });
        let given: Vec<_> = join_all(claims).await.into_iter().flatten().collect();
        assert_eq!(given.len(), 1, "in round {round}");
        let fence = Some(given[0].fence);
        assert!(fence > last, "{fence:?} after {last:?}");
        last = fence;
        fixture.clock.advance(LEASE);
    }
}

#[tokio::test]
async fn leases_are_shared_by_replicas_and_outlive_them() {
    let fixture = Fixture::new();
    let (one, other) = (fixture.open(), fixture.open());
    let mine = one.claim(KIND, &holder("one"), 10).await.unwrap().unwrap();
    let refused = other.claim(KIND, &holder("other"), 10).await.unwrap();
    assert!(refused.is_none());
    one.release(KIND, mine.fence).await.unwrap();
    let theirs = other.claim(KIND, &holder("other"), 10).await;
    assert!(theirs.unwrap().unwrap().fence > mine.fence);
    other.close().await;
    drop(other);
    assert!(one.claim(KIND, &holder("one"), 10).await.unwrap().is_none());
    fixture.clock.advance(LEASE);
    assert!(one.claim(KIND, &holder("one"), 10).await.unwrap().is_some());
}

#[tokio::test]
async fn a_lease_is_not_taken_over_while_its_holder_settles() {
    let fixture = Fixture::new();
    let store = fixture.open();
    store.add(vec![effect("a")]).await.unwrap();
    let claim = store.claim(KIND, &holder("me"), 10).await.unwrap().unwrap();
    // Somebody reads the item, so that settling it has to wait.
    let reader = fixture.database.connection().open().unwrap();
    reader.try_query("BEGIN").unwrap();
    reader
        .try_query("SELECT id FROM outbox FOR UPDATE")
        .unwrap();
    fixture.clock.advance(LEASE);
    let settling = {
        let (store, id) = (store.clone(), claim.items[0].id);
        tokio::spawn(async move { store.done(KIND, claim.fence, &[id]).await })
    };
    wait_for_waiting(&fixture, 1).await;
    let taking_over = {
        let store = store.clone();
        tokio::spawn(async move { store.claim(KIND, &holder("other"), 10).await })
    };
    wait_for_waiting(&fixture, 2).await;
    reader.try_query("COMMIT").unwrap();
    settling.await.unwrap().unwrap();
    // Whoever takes over finds the item settled.
    let taken = taking_over.await.unwrap().unwrap().unwrap();
    assert!(taken.fence > claim.fence);
    assert!(taken.items.is_empty());
}

/// Returns once so many sessions wait for locks.
async fn wait_for_waiting(fixture: &Fixture, sessions: usize) {
    let name = fixture.database.name();
    let count = format!(
        "SELECT pid FROM pg_stat_activity WHERE datname = '{name}' AND wait_event_type = 'Lock'"
    );
    let deadline = Instant::now() + Duration::from_secs(10);
    while fixture.database.query(&count).len() < sessions {
        assert!(Instant::now() < deadline, "nobody waits");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn many_effects_are_added_at_once_in_their_order() {
    let fixture = Fixture::new();
    let store = fixture.open();
    // More than one statement can take.
    let effects: Vec<_> = (0..12_000).map(|n| effect(&format!("{n}"))).collect();
    store.add(effects).await.unwrap();
    let claim = store.claim(KIND, &holder("me"), u32::MAX).await;
    let keys = claim.unwrap().unwrap().items.into_iter();
    assert!(
        keys.map(|item| item.key)
            .eq((0..12_000).map(|n| format!("{n}")))
    );
}

#[tokio::test]
async fn a_record_of_an_unheard_of_kind_is_left_alone() {
    let fixture = Fixture::new();
    let store = fixture.open();
    fixture.database.execute(
        "INSERT INTO outbox (kind, key, format, payload, created_at)
         VALUES ('unheard of', 'a', 1, '{}', now())",
    );
    store.add(vec![effect("a")]).await.unwrap();
    let claim = store.claim(KIND, &holder("me"), 10).await.unwrap().unwrap();
    assert_eq!(claim.items.len(), 1);
    let depth = store.depth(KIND).await.unwrap();
    assert_eq!((depth.pending, depth.parked), (1, 0));
}

#[tokio::test]
async fn any_reason_can_be_kept() {
    let fixture = Fixture::new();
    let store = fixture.open();
    store.add(vec![effect("a")]).await.unwrap();
    let claim = store.claim(KIND, &holder("me"), 10).await.unwrap().unwrap();
    let parked = store.park(KIND, claim.fence, claim.items[0].id, "a\0b");
    parked.await.unwrap();
    let reasons = fixture.database.query("SELECT parked_reason FROM outbox");
    assert_eq!(reasons, [[Some("a\u{fffd}b".to_owned())]]);
}

#[tokio::test]
async fn a_long_backlog_of_waiting_items_is_passed_over() {
    let fixture = Fixture::new();
    let store = fixture.open();
    fixture.database.execute(
        "INSERT INTO outbox (kind, key, format, payload, created_at, attempts, due_at)
         SELECT 'event', 'key' || i, 1, '{}', 'epoch', 1, '2255-01-01Z'
         FROM generate_series(1, 100000) AS i;
         INSERT INTO outbox (kind, key, format, payload, created_at)
         VALUES ('event', 'key1', 1, '{}', 'epoch'), ('event', 'another', 1, '{}', 'epoch')",
    );
    let claim = store.claim(KIND, &holder("me"), 10).await.unwrap().unwrap();
    let keys: Vec<_> = claim.items.iter().map(|item| item.key.as_str()).collect();
    assert_eq!(keys, ["another"]);
    assert_eq!(store.depth(KIND).await.unwrap().pending, 100_002);
}
