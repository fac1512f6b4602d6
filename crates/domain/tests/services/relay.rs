//! Carrying out what changes left behind.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;
use users_domain::model::{
    Effect, EffectKind, EffectRecord, EventBuilder, EventOperation, RequestContext, UserEvent,
};
use users_domain::ports::{
    Clock, EventPublisher, LEASE, LeaseHolder, Outbox, OutboxDepth, Ports, PublishError,
};
use users_domain::services::{Progress, Relay};
use users_domain::{Settings, Users};
use users_testkit::Fakes;
use users_testkit::fakes::FixedClock;
use users_testkit::faults::{Fault, FaultPlan, Faulty, crash_after};
use users_testkit::mocks::MockEventPublisher;
use uuid::Uuid;

use crate::{assert_unavailable, waiting};

const EVENT: EffectKind = EffectKind::Event;

/// Nothing happened.
const IDLE: Progress = Progress {
    held_elsewhere: false,
    delivered: 0,
    retried: 0,
    postponed: 0,
    parked: 0,
    more: false,
};

/// The event of a key; its number is its id.
fn event(key: &str, number: u128) -> UserEvent {
    EventBuilder::new(
        Uuid::from_u128(number),
        EventOperation::Create,
        key,
        OffsetDateTime::UNIX_EPOCH,
        &RequestContext::default(),
    )
    .build()
}

/// Fakes whose outbox holds events of these keys, numbered from 1.
async fn fakes_with_events(keys: &[&str]) -> Fakes {
    let fakes = Fakes::new();
    let effects = keys
        .iter()
        .zip(1..)
        .map(|(key, number)| Effect::Event(event(key, number)));
    fakes.store.add(effects.collect()).await.unwrap();
    fakes
}

fn numbers(events: &[UserEvent]) -> Vec<u128> {
    events.iter().map(|event| event.id().as_u128()).collect()
}

fn published(fakes: &Fakes) -> Vec<u128> {
    numbers(&fakes.publisher.events())
}

fn still_waiting(fakes: &Fakes) -> Vec<u128> {
    numbers(&waiting(fakes))
}

async fn deliver(relay: &Relay) -> Progress {
    relay.deliver_due(EVENT, 100).await.unwrap()
}

/// A relay whose publisher does this at each event.
fn relay_that(
    fakes: &Fakes,
    publish: impl Fn(&UserEvent) -> Result<(), PublishError> + Send + Sync + 'static,
) -> Relay {
    let mut publisher = MockEventPublisher::new();
    publisher.expect_publish().returning(publish);
    let ports = Ports {
        publisher: Arc::new(publisher),
        ..fakes.ports()
    };
    Users::new(ports, Settings::default()).relay
}

/// A relay whose outbox suffers from a plan.
fn relay_with_faulty_outbox(fakes: &Fakes, plan: FaultPlan) -> Relay {
    let outbox: Arc<dyn Outbox> = Arc::new(fakes.store.clone());
    let ports = Ports {
        outbox: Arc::new(Faulty::new(outbox, plan)),
        ..fakes.ports()
    };
    Users::new(ports, Settings::default()).relay
}

#[tokio::test]
async fn events_are_published_in_order_and_removed() {
    let fakes = fakes_with_events(&["a", "b", "a", "c"]).await;
    let relay = fakes.users().relay;
    let all = Progress {
        delivered: 4,
        ..IDLE
    };
    assert_eq!(deliver(&relay).await, all);
    assert_eq!(published(&fakes), [1, 2, 3, 4]);
    assert!(waiting(&fakes).is_empty());
    assert_eq!(deliver(&relay).await, IDLE);
}

#[tokio::test]
async fn a_step_carries_out_no_more_than_its_limit_and_says_so() {
    let fakes = fakes_with_events(&["a", "b", "c"]).await;
    let relay = fakes.users().relay;
    let step = relay.deliver_due(EVENT, 2).await.unwrap();
    assert_eq!((step.delivered, step.more), (2, true));
    let step = relay.deliver_due(EVENT, 2).await.unwrap();
    assert_eq!((step.delivered, step.more), (1, false));
}

#[tokio::test]
async fn while_the_stream_is_away_events_wait_longer_and_longer() {
    let fakes = fakes_with_events(&["a"]).await;
    let relay = fakes.users().relay;
    fakes.publisher.go_away();
    for pause in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
        let step = deliver(&relay).await;
        assert_eq!(step, Progress { retried: 1, ..IDLE });
        let due_at = fakes.clock.now() + Duration::from_secs(pause);
        fakes.clock.set(due_at - Duration::from_micros(1));
        assert_eq!(deliver(&relay).await, IDLE, "before {pause} s have passed");
        fakes.clock.set(due_at);
    }
    fakes.publisher.come_back();
    assert_eq!(deliver(&relay).await.delivered, 1);
    assert_eq!(published(&fakes), [1]);
}

#[tokio::test]
async fn an_event_that_fails_holds_back_its_own_key_only() {
    let fakes = fakes_with_events(&["a", "b", "a", "b"]).await;
    let asked = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = asked.clone();
    let relay = relay_that(&fakes, move |event| {
        seen.lock().unwrap().push(event.id().as_u128());
        match event.key() {
            "a" => Err(PublishError::Unavailable),
            _ => Ok(()),
        }
    });
    let step = deliver(&relay).await;
    assert_eq!((step.delivered, step.retried), (2, 1));
    assert_eq!(*asked.lock().unwrap(), [1, 2, 4]);
    assert_eq!(still_waiting(&fakes), [1, 3]);
    fakes.clock.advance(Duration::from_secs(1));
    assert!(deliver(&fakes.users().relay).await.held_elsewhere);
    relay.release(EVENT).await.unwrap();
    deliver(&fakes.users().relay).await;
    assert_eq!(published(&fakes), [1, 3]);
}

#[tokio::test]
async fn what_can_never_succeed_is_put_aside_and_later_events_go_on() {
    let fakes = fakes_with_events(&["a", "a", "b"]).await;
    fakes.publisher.reject(|event| event.id().as_u128() == 1);
    let relay = fakes.users().relay;
    let step = deliver(&relay).await;
    let expected = Progress {
        delivered: 2,
        parked: 1,
        ..IDLE
    };
    assert_eq!(step, expected);
    assert_eq!(published(&fakes), [2, 3]);
    let parked = fakes.store.parked(EVENT);
    assert_eq!(parked.len(), 1);
    assert_eq!(parked[0].effect, Ok(Effect::Event(event("a", 1))));
    assert_eq!(parked[0].reason, "a test rejects it");
    let depth = relay.depth(EVENT).await.unwrap();
    assert_eq!((depth.pending, depth.parked), (0, 1));
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_put_aside() {
    let fakes = Fakes::new();
    fakes.store.put_record(EffectRecord {
        kind: EVENT,
        key: "a".to_owned(),
        once: None,
        held_until: None,
        format: 9,
        payload: "?".to_owned(),
    });
    let step = deliver(&fakes.users().relay).await;
    assert_eq!(step, Progress { parked: 1, ..IDLE });
    assert!(fakes.store.parked(EVENT)[0].reason.contains("format 9"));
}

#[tokio::test]
async fn one_replica_delivers_and_another_takes_over_when_it_is_gone() {
    let fakes = fakes_with_events(&["a"]).await;
    let (one, other) = (fakes.users().relay, fakes.users().relay);
    assert_eq!(deliver(&one).await.delivered, 1);
    let elsewhere = Progress {
        held_elsewhere: true,
        ..IDLE
    };
    let later = Effect::Event(event("a", 2));
    fakes.store.add(vec![later]).await.unwrap();
    assert_eq!(deliver(&other).await, elsewhere);
    fakes.clock.advance(LEASE);
    assert_eq!(deliver(&other).await.delivered, 1);
    assert_eq!(deliver(&one).await, elsewhere);
}

#[tokio::test]
async fn a_replica_that_leaves_lets_another_take_over_at_once() {
    let fakes = fakes_with_events(&["a"]).await;
    let (one, other) = (fakes.users().relay, fakes.users().relay);
    deliver(&one).await;
    // Who has no lease has none to give back.
    other.release(EVENT).await.unwrap();
    assert!(deliver(&other).await.held_elsewhere);
    one.release(EVENT).await.unwrap();
    assert_eq!(deliver(&other).await, IDLE);
}

#[tokio::test]
async fn a_repeat_carries_the_same_id() {
    let fakes = fakes_with_events(&["a", "a"]).await;
    // The claim succeeds, the first settlement does not.
    let relay = relay_with_faulty_outbox(&fakes, FaultPlan::nth(2, Fault::Away));
    assert_unavailable(&relay.deliver_due(EVENT, 100).await, "outbox");
    assert_eq!(deliver(&relay).await.delivered, 2);
    assert_eq!(published(&fakes), [1, 2, 1, 2]);
}

struct CannotBearA;

#[async_trait]
impl EventPublisher for CannotBearA {
    async fn publish(&self, event: &UserEvent) -> Result<(), PublishError> {
        assert_ne!(event.key(), "a", "an event that the publisher cannot bear");
        Ok(())
    }
}

#[tokio::test]
async fn an_event_over_which_the_publisher_panics_holds_back_its_own_key_only() {
    let fakes = fakes_with_events(&["a", "b", "a"]).await;
    let ports = Ports {
        publisher: Arc::new(CannotBearA),
        ..fakes.ports()
    };
    let relay = Users::new(ports, Settings::default()).relay;
    let step = deliver(&relay).await;
    assert_eq!((step.delivered, step.retried), (1, 1));
    assert_eq!(still_waiting(&fakes).len(), 2);
}

#[tokio::test]
async fn an_outbox_that_is_away_is_named() {
    let fakes = fakes_with_events(&["a"]).await;
    let relay = relay_with_faulty_outbox(&fakes, FaultPlan::always(Fault::Away));
    assert_unavailable(&relay.deliver_due(EVENT, 1).await, "outbox");
    assert_unavailable(&relay.release(EVENT).await, "outbox");
    assert_unavailable(&relay.depth(EVENT).await, "outbox");
    assert!(published(&fakes).is_empty());
}

#[test]
fn whenever_the_process_ends_nothing_is_lost() {
    let publications: Vec<usize> = (0..8)
        .map(|waits| {
            let fakes = crash_after(0, fakes_with_events(&["a", "a"])).unwrap();
            let relay = relay_with_faulty_outbox(&fakes, FaultPlan::always(Fault::Slow));
            crash_after(waits, relay.deliver_due(EVENT, 100));
            fakes.clock.advance(LEASE);
            let next = fakes.users().relay;
            crash_after(0, next.deliver_due(EVENT, 100))
                .unwrap()
                .unwrap();
            assert!(waiting(&fakes).is_empty());
            let events = published(&fakes);
            let mut without_repeats = Vec::new();
            for event in &events {
                if !without_repeats.contains(event) {
                    without_repeats.push(*event);
                }
            }
            assert_eq!(without_repeats, [1, 2], "ended after {waits} waits");
            events.len()
        })
        .collect();
    // A process that ends between publishing and removing events publishes them again.
    assert_eq!(publications, [2, 2, 4, 2, 2, 2, 2, 2]);
}

#[tokio::test]
async fn settling_stops_where_another_replica_took_over() {
    let fakes = fakes_with_events(&["a", "b"]).await;
    let (clock, store) = (fakes.clock.clone(), fakes.store.clone());
    let relay = relay_that(&fakes, move |_| {
        clock.advance(LEASE);
        let another = LeaseHolder::new("another".to_owned());
        crash_after(0, store.claim(EVENT, &another, 100))
            .unwrap()
            .unwrap();
        Ok(())
    });
    let step = deliver(&relay).await;
    let expected = Progress {
        held_elsewhere: true,
        ..IDLE
    };
    assert_eq!(step, expected);
    assert_eq!(still_waiting(&fakes), [1, 2]);
}

#[tokio::test]
async fn a_slow_stream_does_not_outlast_the_lease() {
    let fakes = fakes_with_events(&["a", "b", "c"]).await;
    let clock = fakes.clock.clone();
    let relay = relay_that(&fakes, move |_| {
        clock.advance(Duration::from_secs(3));
        Ok(())
    });
    let step = deliver(&relay).await;
    assert_eq!((step.delivered, step.more), (2, true));
    assert_eq!(deliver(&relay).await.delivered, 1);
}

#[tokio::test]
async fn the_depth_says_how_much_waits_and_since_when() {
    let fakes = fakes_with_events(&["a", "b"]).await;
    fakes.clock.advance(Duration::from_secs(5));
    let relay = fakes.users().relay;
    let depth = OutboxDepth {
        pending: 2,
        parked: 0,
        oldest: Some(FixedClock::START),
    };
    assert_eq!(relay.depth(EVENT).await.unwrap(), depth);
    assert!(fakes.clock.now() > FixedClock::START);
    deliver(&relay).await;
    assert_eq!(relay.depth(EVENT).await.unwrap(), OutboxDepth::default());
}
