//! An event stream that remembers.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use users_domain::model::UserEvent;
use users_domain::ports::{EventPublisher, PublishError};

type Predicate = Box<dyn Fn(&UserEvent) -> bool + Send>;

/// Keeps every event that was published, repeats too, in order.
#[derive(Clone, Default)]
pub struct RecordingPublisher(Arc<Mutex<Stream>>);

#[derive(Default)]
struct Stream {
    events: Vec<UserEvent>,
    away: bool,
    rejects: Option<Predicate>,
}

impl RecordingPublisher {
    /// A stream that takes everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on nothing is taken, but may be later.
    pub fn go_away(&self) {
        self.stream().away = true;
    }

    /// From now on events are taken again.
    pub fn come_back(&self) {
        self.stream().away = false;
    }

    /// From now on these events are rejected for good, and only these.
    pub fn reject(&self, these: impl Fn(&UserEvent) -> bool + Send + 'static) {
        self.stream().rejects = Some(Box::new(these));
    }

    /// What was published.
    pub fn events(&self) -> Vec<UserEvent> {
        self.stream().events.clone()
    }

    /// What happened, by name.
    pub fn operations(&self) -> Vec<String> {
        let stream = self.stream();
        let names = stream.events.iter().map(UserEvent::operation);
        names.map(str::to_owned).collect()
    }

    fn stream(&self) -> MutexGuard<'_, Stream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RecordingPublisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stream = self.stream();
        f.debug_struct("RecordingPublisher")
            .field("events", &stream.events)
            .field("away", &stream.away)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl EventPublisher for RecordingPublisher {
    async fn publish(&self, event: &UserEvent) -> Result<(), PublishError> {
        let mut stream = self.stream();
        if stream.away {
            return Err(PublishError::Unavailable);
        }
        if stream.rejects.as_ref().is_some_and(|these| these(event)) {
            let reason = "a test rejects it".to_owned();
            return Err(PublishError::Rejected { reason });
        }
        stream.events.push(event.clone());
        Ok(())
    }
}
