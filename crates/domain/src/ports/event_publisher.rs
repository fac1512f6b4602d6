//! The way to the platform's event stream.

use async_trait::async_trait;

use crate::model::UserEvent;

/// Publishes events.
///
/// - Returns `Ok` only when the receiving side has the event for good.
/// - The same event published twice is recognisable by its id.
/// - [`PublishError::Rejected`] means that this event can never be published;
///   [`PublishError::Unavailable`] that it may succeed later.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait EventPublisher: Send + Sync {
    /// Publishes one event.
    async fn publish(&self, event: &UserEvent) -> Result<(), PublishError>;
}

/// Why an event was not published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The receiving side will never take this event.
    #[error("the event was rejected: {reason}")]
    Rejected {
        /// Why, for the operator.
        reason: String,
    },
    /// The receiving side is away or too slow.
    #[error("the event stream is unavailable")]
    Unavailable,
}
