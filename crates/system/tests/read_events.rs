//! Notes of reads: what keeps them bounded, and what becomes of those that cannot leave.

use std::future::pending;

use async_trait::async_trait;
use users_domain::model::{EventBuilder, EventOperation, RequestContext, Timestamp, UserEvent};
use users_domain::ports::{EventPublisher, PublishError, ReadEvents, uuid_v7};
use users_system::{BoundedReadEvents, ReadEventsStats, SystemEntropy};
use users_testkit::fakes::RecordingPublisher;

fn note(text: &str) -> UserEvent {
    let moment = Timestamp::UNIX_EPOCH;
    let id = uuid_v7(&SystemEntropy::new(), moment);
    let context = RequestContext::default();
    EventBuilder::new(id, EventOperation::List, "ada", moment, &context)
        .text("text", text)
        .build()
}

fn notes(count: usize) -> Vec<UserEvent> {
    (0..count).map(|number| note(&number.to_string())).collect()
}

fn with(notes: &[UserEvent]) -> BoundedReadEvents {
    let read_events = BoundedReadEvents::default();
    for note in notes {
        read_events.note(note.clone());
    }
    read_events
}

fn stats(depth: usize, dropped: u64) -> ReadEventsStats {
    ReadEventsStats { depth, dropped }
}

#[tokio::test]
async fn notes_wait_while_the_stream_is_away_and_leave_in_order_when_it_is_back() {
    let notes = notes(3);
    let read_events = with(&notes);
    let stream = RecordingPublisher::new();
    stream.go_away();
    for _ in 0..2 {
        assert_eq!(read_events.publish_due(&stream, 10).await, 0);
        assert_eq!(read_events.stats(), stats(3, 0));
    }
    stream.come_back();
    assert_eq!(read_events.publish_due(&stream, 10).await, 3);
    assert_eq!(stream.events(), notes);
    assert_eq!(read_events.stats(), stats(0, 0));
}

#[tokio::test]
async fn one_call_publishes_no_more_than_it_was_told() {
    let notes = notes(5);
    let read_events = with(&notes);
    let stream = RecordingPublisher::new();
    assert_eq!(read_events.publish_due(&stream, 2).await, 2);
    assert_eq!(stream.events(), notes[..2]);
    assert_eq!(read_events.stats(), stats(3, 0));
}

#[tokio::test]
async fn a_rejected_note_is_dropped_and_the_others_go_on() {
    let notes = notes(3);
    let read_events = with(&notes);
    let stream = RecordingPublisher::new();
    let rejected = notes[1].id();
    stream.reject(move |event| event.id() == rejected);
    assert_eq!(read_events.publish_due(&stream, 10).await, 2);
    assert_eq!(stream.events(), [notes[0].clone(), notes[2].clone()]);
    assert_eq!(read_events.stats(), stats(0, 1));
}

#[tokio::test]
async fn long_notes_are_bounded_by_their_bytes() {
    let long = note(&"x".repeat(1_000));
    let read_events = BoundedReadEvents::new(1_000, long.json().len() * 3);
    for _ in 0..5 {
        read_events.note(long.clone());
    }
    assert_eq!(read_events.stats(), stats(3, 2));
    let stream = RecordingPublisher::new();
    assert_eq!(read_events.publish_due(&stream, 1).await, 1);
    read_events.note(long.clone());
    assert_eq!(read_events.stats(), stats(3, 2), "bytes are given back");
}

/// A stream that never answers.
struct Silent;

#[async_trait]
impl EventPublisher for Silent {
    async fn publish(&self, _: &UserEvent) -> Result<(), PublishError> {
        pending().await
    }
}

#[tokio::test]
async fn a_dropped_call_loses_no_note_and_gives_the_turn_back() {
    let notes = notes(2);
    let read_events = with(&notes);
    let stream = RecordingPublisher::new();
    {
        let mut stuck = Box::pin(read_events.publish_due(&Silent, 10));
        assert!(polled_once(&mut stuck).await.is_none());
        let beside = read_events.publish_due(&stream, 10).await;
        assert_eq!(beside, 0, "one call publishes at a time");
    }
    assert_eq!(read_events.publish_due(&stream, 10).await, 2);
    assert_eq!(stream.events(), notes);
}

/// Lets a call go on once; its answer if it was there at once.
async fn polled_once<T>(call: &mut (impl Future<Output = T> + Unpin)) -> Option<T> {
    tokio::select! {
        biased;
        answer = call => Some(answer),
        () = std::future::ready(()) => None,
    }
}
