//! What an event publisher promises.

use std::sync::Arc;

use users_domain::model::UserEvent;
use users_domain::ports::{EventPublisher, PublishError};
use uuid::Uuid;

use super::calls::{POLLS, at_once, dropped_after, on_a_bare_runtime};
use super::material::event;
use super::{Keep, Lever};

/// A publisher, and sight of its receiving side.
pub struct EventPublisherUnderTest {
    /// The publisher.
    pub publisher: Arc<dyn EventPublisher>,
    /// The ids of the events that the receiving side has, in the order in which they came; `None`
    /// where it cannot be read.
    pub received: Option<Box<dyn Fn() -> Vec<Uuid> + Send + Sync>>,
    /// An event that can never be published; `None` where every event can.
    pub unpublishable: Option<UserEvent>,
    /// Takes the receiving side away, and brings it back; `None` where it cannot be away.
    pub outage: Option<(Lever, Lever)>,
    /// What must live as long as the subject.
    pub keep: Keep,
}

suite! {
    $
    /// Makes a test of every promise of [`EventPublisher`](users_domain::ports::EventPublisher).
    /// The argument gives a fresh
    /// [`EventPublisherUnderTest`]($crate::contract::EventPublisherUnderTest).
    event_publisher_contract, event_publisher:
    what_is_acknowledged_has_arrived,
    events_published_in_turn_arrive_in_order,
    an_event_published_twice_is_recognisable,
    an_event_that_can_never_be_published_is_rejected_and_others_go_on,
    away_it_is_unavailable_and_it_comes_back,
    many_calls_at_once_all_arrive,
    it_serves_a_bare_runtime,
    a_dropped_call_does_no_harm,
}

impl EventPublisherUnderTest {
    /// Whether an event has arrived, as far as that can be seen.
    fn assert_received(&self, event: &UserEvent) {
        if let Some(received) = &self.received {
            assert!(received().contains(&event.id()), "{}", event.id());
        }
    }
}

pub async fn what_is_acknowledged_has_arrived(subject: &EventPublisherUnderTest) {
    for number in 0..10 {
        let event = event("ada", number);
        subject.publisher.publish(&event).await.unwrap();
        subject.assert_received(&event);
    }
}

pub async fn events_published_in_turn_arrive_in_order(subject: &EventPublisherUnderTest) {
    let events: Vec<_> = (0..20).map(|number| event("ada", number)).collect();
    for event in &events {
        subject.publisher.publish(event).await.unwrap();
    }
    if let Some(received) = &subject.received {
        let ids: Vec<_> = events.iter().map(UserEvent::id).collect();
        assert_eq!(received(), ids);
    }
}

pub async fn an_event_published_twice_is_recognisable(subject: &EventPublisherUnderTest) {
    let event = event("ada", 1);
    subject.publisher.publish(&event).await.unwrap();
    subject.publisher.publish(&event).await.unwrap();
    if let Some(received) = &subject.received {
        // Once, where the receiving side knows repeats itself.
        let received = received();
        assert!((1..=2).contains(&received.len()));
        assert!(received.iter().all(|id| *id == event.id()));
    }
}

pub async fn an_event_that_can_never_be_published_is_rejected_and_others_go_on(
    subject: &EventPublisherUnderTest,
) {
    let Some(unpublishable) = &subject.unpublishable else {
        return;
    };
    for _ in 0..2 {
        let answer = subject.publisher.publish(unpublishable).await;
        assert!(
            matches!(&answer, Err(PublishError::Rejected { reason }) if !reason.is_empty()),
            "{answer:?}"
        );
    }
    subject.publisher.publish(&event("ada", 1)).await.unwrap();
}

pub async fn away_it_is_unavailable_and_it_comes_back(subject: &EventPublisherUnderTest) {
    let Some((go_away, come_back)) = &subject.outage else {
        return;
    };
    let event = event("ada", 1);
    go_away();
    for _ in 0..2 {
        let answer = subject.publisher.publish(&event).await;
        assert_eq!(answer, Err(PublishError::Unavailable));
    }
    come_back();
    subject.publisher.publish(&event).await.unwrap();
    subject.assert_received(&event);
}

pub async fn many_calls_at_once_all_arrive(subject: &EventPublisherUnderTest) {
    let events: Vec<_> = (0..32).map(|number| event("ada", number)).collect();
    let answers = at_once(events.iter().cloned().map(|event| {
        let publisher = subject.publisher.clone();
        async move { publisher.publish(&event).await }
    }))
    .await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    for event in &events {
        subject.assert_received(event);
    }
}

pub async fn it_serves_a_bare_runtime(subject: &EventPublisherUnderTest) {
    let publisher = subject.publisher.clone();
    on_a_bare_runtime(async move || publisher.publish(&event("ada", 1)).await)
        .await
        .unwrap();
    subject.assert_received(&event("ada", 1));
}

pub async fn a_dropped_call_does_no_harm(subject: &EventPublisherUnderTest) {
    for polls in POLLS {
        dropped_after(polls, subject.publisher.publish(&event("ada", 1))).await;
    }
    subject.publisher.publish(&event("ada", 2)).await.unwrap();
    if let Some(received) = &subject.received {
        // Each wholly or not at all: nothing else has come of them.
        let known = [event("ada", 1).id(), event("ada", 2).id()];
        assert!(received().iter().all(|id| known.contains(id)));
        assert!(received().contains(&known[1]));
    }
}
