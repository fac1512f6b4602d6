//! Notes of reads and failed logins that wait for their publisher: the port `ReadEvents`.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::{debug, warn};
use users_domain::model::UserEvent;
use users_domain::ports::{EventPublisher, PublishError, ReadEvents};

/// Keeps notes in memory, so many and so long that they cannot exhaust it; a note too many is
/// dropped and counted.
///
/// Notes leave by [`BoundedReadEvents::publish_due`]. Those that still wait when the process ends
/// are lost.
#[derive(Debug)]
pub struct BoundedReadEvents {
    queue: Mutex<Queue>,
    most_notes: usize,
    most_bytes: usize,
    dropped: AtomicU64,
    publishing: AtomicBool,
}

#[derive(Debug, Default)]
struct Queue {
    notes: VecDeque<Arc<UserEvent>>,
    /// Bytes of JSON in `notes`.
    bytes: usize,
}

/// What the notes are doing at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadEventsStats {
    /// Notes that wait.
    pub depth: usize,
    /// Notes that were dropped since the start.
    pub dropped: u64,
}

impl BoundedReadEvents {
    /// How many notes may wait by default.
    pub const MOST_NOTES: usize = 4_096;
    /// How many bytes of JSON may wait by default: a note may carry an account's metadata.
    pub const MOST_BYTES: usize = 8 * 1024 * 1024;

    /// Takes at most `most_notes` notes, with `most_bytes` bytes of JSON in all.
    pub fn new(most_notes: usize, most_bytes: usize) -> Self {
        Self {
            queue: Mutex::default(),
            most_notes,
            most_bytes,
            dropped: AtomicU64::new(0),
            publishing: AtomicBool::new(false),
        }
    }

    /// Publishes at most `limit` of the notes that wait, in order, and says how many it did.
    ///
    /// A note that finds the publisher unavailable stays the first and ends the call; one that is
    /// rejected counts as dropped. Where the call itself is dropped, the note it was at is published
    /// again, with the same id. One call publishes at a time: another one beside it does nothing.
    pub async fn publish_due(&self, publisher: &dyn EventPublisher, limit: usize) -> usize {
        let Some(_turn) = Turn::take(&self.publishing) else {
            return 0;
        };
        let mut count = 0;
        for _ in 0..limit {
            let Some(note) = self.first() else { break };
            match publisher.publish(&note).await {
                Ok(()) => count += 1,
                Err(PublishError::Unavailable) => {
                    debug!("the event stream is away; notes of reads wait");
                    break;
                }
                Err(PublishError::Rejected { reason }) => {
                    warn!(event.id = %note.id(), reason, "a note of a read was rejected");
                    self.dropped.fetch_add(1, Ordering::Relaxed);
                }
            }
            self.remove_first();
        }
        count
    }

    /// What the notes are doing at this moment.
    pub fn stats(&self) -> ReadEventsStats {
        ReadEventsStats {
            depth: self.queue().notes.len(),
            dropped: self.dropped(),
        }
    }

    fn first(&self) -> Option<Arc<UserEvent>> {
        self.queue().notes.front().cloned()
    }

    /// Only who has the turn removes, so the first note is the one that was just published.
    fn remove_first(&self) {
        let mut queue = self.queue();
        if let Some(note) = queue.notes.pop_front() {
            queue.bytes -= note.json().len();
        }
    }

    /// Nothing panics while it holds the lock, so a poisoned one guards a sound state.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Room for [`BoundedReadEvents::MOST_NOTES`] and [`BoundedReadEvents::MOST_BYTES`].
impl Default for BoundedReadEvents {
    fn default() -> Self {
        Self::new(Self::MOST_NOTES, Self::MOST_BYTES)
    }
}

impl ReadEvents for BoundedReadEvents {
    fn note(&self, event: UserEvent) {
        let bytes = event.json().len();
        let mut queue = self.queue();
        if queue.notes.len() < self.most_notes && queue.bytes + bytes <= self.most_bytes {
            queue.bytes += bytes;
            queue.notes.push_back(Arc::new(event));
        } else {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// The right to publish, given back when it is dropped, also with the future that holds it.
struct Turn<'a>(&'a AtomicBool);

impl<'a> Turn<'a> {
    fn take(taken: &'a AtomicBool) -> Option<Self> {
        (!taken.swap(true, Ordering::Acquire)).then(|| Self(taken))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
