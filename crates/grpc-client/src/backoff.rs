//! How long no connection is tried after one could not be had, or broke without an answer.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use tokio::time::Instant;

/// The pause after the first failure.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest time for which no connection is tried, give or take a fifth.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Pauses that double from failure to failure.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
    until: Option<Instant>,
}

impl Backoff {
    /// Whether a connection may be tried now.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| until <= now)
    }

    /// Notes that no connection could be had. Whether it is the first time.
    ///
    /// Calls that waited for the same attempt fail together: what fails within a pause makes none
    /// longer.
    pub(crate) fn failed(&mut self, now: Instant) -> bool {
        if self.is_over(now) {
            let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(16));
            self.until = Some(now + spread(pause.min(LONGEST_PAUSE)));
            self.failures = self.failures.saturating_add(1);
            return self.failures == 1;
        }
        false
    }

    /// Notes that the service answered. Whether it did not before.
    pub(crate) fn answered(&mut self) -> bool {
        let was_away = self.failures > 0;
        *self = Self::default();
        was_away
    }
}

/// Four to six fifths of it: several processes that lost the same service come back one by one.
fn spread(pause: Duration) -> Duration {
    // Every state hashes differently: chance enough for this.
    let chance = RandomState::new().hash_one(()) % 401;
    pause * 4 / 5 + pause * u32::try_from(chance).unwrap_or(0) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(pause: Duration, about: Duration) -> bool {
        (about * 4 / 5..=about * 6 / 5).contains(&pause)
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut backoff = Backoff::default();
        let mut now = Instant::now();
        for about in [100, 200, 400, 800, 1600, 2000, 2000] {
            assert!(backoff.is_over(now));
            backoff.failed(now);
            let until = backoff.until.unwrap();
            assert!(within(until - now, Duration::from_millis(about)), "{about}");
            assert!(!backoff.is_over(now));
            now = until;
        }
    }

    #[test]
    fn failures_of_one_attempt_count_once() {
        let mut backoff = Backoff::default();
        let now = Instant::now();
        assert!(backoff.failed(now));
        let until = backoff.until;
        assert!(!backoff.failed(now));
        assert_eq!(backoff.until, until);
    }

    #[test]
    fn an_answer_ends_the_pause() {
        let mut backoff = Backoff::default();
        let now = Instant::now();
        assert!(!backoff.answered());
        backoff.failed(now);
        assert!(backoff.answered());
        assert!(backoff.is_over(now));
        assert!(backoff.failed(now), "the next failure is a first one");
    }
}
