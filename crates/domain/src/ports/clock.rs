//! The time of day.

use crate::model::Timestamp;

/// Tells the time, so that tests own it.
///
/// - The answer is UTC and in whole microseconds.
/// - It never blocks.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}
