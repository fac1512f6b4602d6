//! Events to the log, where there is no event stream: the port `EventPublisher`.

use async_trait::async_trait;
use tracing::info;
use users_domain::model::UserEvent;
use users_domain::ports::{EventPublisher, PublishError};

/// Publishes an event as one line of the log: what happened, to whom, and the event's id.
///
/// The rest of an event tells of a person and stays out of the log. Nothing is rejected, and the
/// log is never away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogPublisher;

#[async_trait]
impl EventPublisher for LogPublisher {
    async fn publish(&self, event: &UserEvent) -> Result<(), PublishError> {
        // Events about nobody in particular have an empty key.
        let user = Some(event.key()).filter(|key| !key.is_empty());
        info!(
            operation = event.operation(),
            event.id = %event.id(),
            user.id = user,
            "event"
        );
        Ok(())
    }
}
