//! Event streams that a test can wait for.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use tokio::sync::{Semaphore, mpsc};
use users_embedded::domain::model::UserEvent;
use users_embedded::domain::ports::{EventPublisher, PublishError};

/// Tells the test of each event before it takes it.
pub(crate) struct TellingPublisher {
    told: mpsc::UnboundedSender<String>,
    conduct: Conduct,
}

/// What becomes of an event.
pub(crate) enum Conduct {
    Taken,
    /// So many calls panic.
    PanicsAtFirst(AtomicU32),
    /// Each needs a permit.
    Waits(Semaphore),
}

impl TellingPublisher {
    pub(crate) fn new(conduct: Conduct) -> (Self, mpsc::UnboundedReceiver<String>) {
        let (told, receiver) = mpsc::unbounded_channel();
        (Self { told, conduct }, receiver)
    }

    /// Events are waited for no more.
    pub(crate) fn open(&self) {
        if let Conduct::Waits(permits) = &self.conduct {
            permits.close();
        }
    }
}

#[async_trait]
impl EventPublisher for TellingPublisher {
    async fn publish(&self, event: &UserEvent) -> Result<(), PublishError> {
        if let Conduct::PanicsAtFirst(left) = &self.conduct {
            let panics = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            });
            assert!(panics.is_err(), "a test's publisher panics");
        }
        // The test may be over.
        let _ = self.told.send(event.operation().to_owned());
        if let Conduct::Waits(permits) = &self.conduct {
            // An error says that they are waited for no more.
            let _ = permits.acquire().await;
        }
        Ok(())
    }
}
