//! The time that a test sets.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use time::UtcOffset;
use time::macros::datetime;
use users_domain::model::Timestamp;
use users_domain::ports::Clock;

/// A clock that stands still until a test moves it. Clones show the same time.
#[derive(Debug, Clone)]
pub struct FixedClock(Arc<Mutex<Timestamp>>);

impl FixedClock {
    /// What a new clock shows: a whole second, so that times in tokens equal those in rows.
    pub const START: Timestamp = datetime!(2026-01-01 00:00:00 UTC);

    /// A clock that stands at [`FixedClock::START`].
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Self::START)))
    }

    /// Moves it forward.
    pub fn advance(&self, by: Duration) {
        self.set(self.now() + by);
    }

    /// Moves it to a moment, backwards too; less than a microsecond is cut off.
    pub fn set(&self, moment: Timestamp) {
        let utc = moment.to_offset(UtcOffset::UTC);
        let whole = utc
            .replace_nanosecond(utc.microsecond() * 1_000)
            .unwrap_or(utc);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = whole;
    }
}

impl Default for FixedClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
