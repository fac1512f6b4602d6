//! What the takers of notes promise.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use users_domain::ports::ReadEvents;
use uuid::Uuid;

use super::Keep;
use super::calls::on_a_thread;
use super::material::event;

/// A taker of notes, and sight of what becomes of them.
pub struct ReadEventsUnderTest {
    /// The taker. Nothing is published before `publish` is called.
    pub read_events: Arc<dyn ReadEvents>,
    /// How many notes may wait.
    pub most_waiting: u64,
    /// Has everything published that waits, and gives the ids of all events published so far, in
    /// order.
    pub publish: Box<Publish>,
    /// What must live as long as the subject.
    pub keep: Keep,
}

/// Publishes what waits, and gives the ids of all events published so far.
pub type Publish = dyn Fn() -> Pin<Box<dyn Future<Output = Vec<Uuid>> + Send>> + Send + Sync;

suite! {
    $
    /// Makes a test of every promise of [`ReadEvents`](users_domain::ports::ReadEvents). The
    /// argument gives a fresh [`ReadEventsUnderTest`]($crate::contract::ReadEventsUnderTest).
    read_events_contract, read_events:
    notes_are_published_in_order,
    a_note_too_many_is_dropped_and_counted,
    there_is_room_again_once_notes_are_published,
    it_needs_no_runtime_and_takes_notes_from_many_threads,
}

fn ids(numbers: impl IntoIterator<Item = u64>) -> Vec<Uuid> {
    numbers
        .into_iter()
        .map(|number| event("ada", number).id())
        .collect()
}

impl ReadEventsUnderTest {
    fn note(&self, numbers: impl IntoIterator<Item = u64>) {
        for number in numbers {
            self.read_events.note(event("ada", number));
        }
    }
}

pub async fn notes_are_published_in_order(subject: &ReadEventsUnderTest) {
    subject.note(0..subject.most_waiting);
    assert_eq!((subject.publish)().await, ids(0..subject.most_waiting));
    assert_eq!(subject.read_events.dropped(), 0);
}

pub async fn a_note_too_many_is_dropped_and_counted(subject: &ReadEventsUnderTest) {
    subject.note(0..subject.most_waiting + 3);
    assert_eq!(subject.read_events.dropped(), 3);
    // The new ones were dropped, not those that waited.
    assert_eq!((subject.publish)().await, ids(0..subject.most_waiting));
    assert_eq!(subject.read_events.dropped(), 3);
}

pub async fn there_is_room_again_once_notes_are_published(subject: &ReadEventsUnderTest) {
    let most = subject.most_waiting;
    subject.note(0..=most);
    (subject.publish)().await;
    subject.note(1_000_000..1_000_000 + most);
    let published = (subject.publish)().await;
    assert_eq!(published, ids((0..most).chain(1_000_000..1_000_000 + most)));
    assert_eq!(subject.read_events.dropped(), 1);
}

pub async fn it_needs_no_runtime_and_takes_notes_from_many_threads(subject: &ReadEventsUnderTest) {
    const EACH: u64 = 1_000;
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let read_events = subject.read_events.clone();
            on_a_thread(move || {
                for number in 0..EACH {
                    read_events.note(event("ada", thread * EACH + number));
                }
            })
        })
        .collect();
    for thread in threads {
        thread.await;
    }
    let kept = (subject.publish)().await.len() as u64;
    assert_eq!(kept, subject.most_waiting.min(8 * EACH));
    assert_eq!(kept + subject.read_events.dropped(), 8 * EACH);
}
