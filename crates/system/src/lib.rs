//! The machine itself as adapters: its clock, its randomness, its log, and a bounded queue in
//! memory.
//!
//! - [`SystemClock`] serves `Clock`.
//! - [`SystemEntropy`] serves `Entropy`.
//! - [`LogPublisher`] serves `EventPublisher` where no event stream is configured.
//! - [`BoundedReadEvents`] serves `ReadEvents`: it keeps notes until somebody publishes them.

mod clock;
mod entropy;
mod log_publisher;
mod read_events;

pub use clock::SystemClock;
pub use entropy::SystemEntropy;
pub use log_publisher::LogPublisher;
pub use read_events::{BoundedReadEvents, ReadEventsStats};
