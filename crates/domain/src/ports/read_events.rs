//! Notes that something was looked at or tried, which change nothing and may be lost.

use crate::model::UserEvent;

/// Takes notes of reads and of failed logins, for the platform's journal.
///
/// - `note` never blocks and never fails: when more notes wait than are allowed, the new one is
///   dropped and counted.
/// - Notes that were kept are published in order.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait ReadEvents: Send + Sync {
    /// Takes a note.
    fn note(&self, event: UserEvent);

    /// How many notes were dropped since the start.
    fn dropped(&self) -> u64;
}
