//! How long a job takes, by those seen lately: what a wait is estimated from.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A moving average of the time from a job's beginning to its end. It counts what other threads of
/// the machine take meanwhile, so it grows when hashing gets little of a core.
pub(super) struct Pace {
    microseconds: AtomicU64,
}

impl Pace {
    /// What bcrypt of cost 10 takes on an ordinary core.
    const AT_COST_10: Duration = Duration::from_millis(60);
    /// How much of the old estimate stays when a new time is seen.
    const MEMORY: u64 = 7;

    /// The estimate before anything was seen: each step of cost doubles the time.
    pub(super) fn at_cost(cost: u32) -> Self {
        let time = Self::AT_COST_10.mul_f64(2_f64.powi(cost.cast_signed() - 10));
        Self {
            microseconds: AtomicU64::new(microseconds(time)),
        }
    }

    /// Takes a time into account.
    pub(super) fn note(&self, time: Duration) {
        let old = self.microseconds.load(Ordering::Relaxed);
        let new = old
            .saturating_mul(Self::MEMORY)
            .saturating_add(microseconds(time));
        // Two threads at once may lose one of their times: it is an estimate.
        self.microseconds
            .store(new / (Self::MEMORY + 1), Ordering::Relaxed);
    }

    /// How long it takes until so many jobs are done.
    pub(super) fn time_for(&self, jobs: usize, threads: usize) -> Duration {
        let each = Duration::from_micros(self.microseconds.load(Ordering::Relaxed));
        let rounds = u32::try_from(jobs.div_ceil(threads)).unwrap_or(u32::MAX);
        each.saturating_mul(rounds)
    }
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_take_their_time_in_rounds_of_all_threads() {
        let pace = Pace::at_cost(10);
        assert_eq!(pace.time_for(64, 1), Duration::from_millis(60) * 64);
        assert_eq!(pace.time_for(128, 4), Duration::from_millis(60) * 32);
        assert_eq!(pace.time_for(1, 4), Duration::from_millis(60));
        assert_eq!(pace.time_for(0, 4), Duration::ZERO);
    }

    #[test]
    fn the_first_estimate_knows_the_cost() {
        assert_eq!(Pace::at_cost(12).time_for(1, 1), Duration::from_millis(240));
        assert!(Pace::at_cost(4).time_for(1, 1) < Duration::from_millis(1));
    }

    #[test]
    fn the_pace_follows_what_is_seen() {
        let pace = Pace::at_cost(10);
        for _ in 0..100 {
            pace.note(Duration::from_millis(20));
        }
        let each = pace.time_for(1, 1);
        assert!(each < Duration::from_millis(21) && each >= Duration::from_millis(20));
        pace.note(Duration::MAX);
        pace.note(Duration::MAX);
        pace.time_for(usize::MAX, 1);
    }
}
