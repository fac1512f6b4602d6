//! A journal of reads that remembers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use users_domain::model::UserEvent;
use users_domain::ports::ReadEvents;

/// Keeps notes in order, up to a bound; what is over is dropped and counted.
#[derive(Debug, Clone)]
pub struct RecordingReadEvents {
    journal: Arc<Mutex<Journal>>,
    bound: usize,
}

#[derive(Debug, Default)]
struct Journal {
    notes: Vec<UserEvent>,
    dropped: u64,
}

impl RecordingReadEvents {
    /// A journal of 1024 notes.
    pub fn new() -> Self {
        Self::bounded(1024)
    }

    /// A journal of so many notes.
    pub fn bounded(bound: usize) -> Self {
        Self {
            journal: Arc::default(),
            bound,
        }
    }

    /// What is noted.
    pub fn notes(&self) -> Vec<UserEvent> {
        self.journal().notes.clone()
    }

    /// What is noted; the journal is empty afterwards.
    pub fn take(&self) -> Vec<UserEvent> {
        std::mem::take(&mut self.journal().notes)
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for RecordingReadEvents {
    fn default() -> Self {
        Self::new()
    }
}

impl ReadEvents for RecordingReadEvents {
    fn note(&self, event: UserEvent) {
        let mut journal = self.journal();
        if journal.notes.len() < self.bound {
            journal.notes.push(event);
        } else {
            journal.dropped += 1;
        }
    }

    fn dropped(&self) -> u64 {
        self.journal().dropped
    }
}
