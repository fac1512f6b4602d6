//! When a failed task runs again, and when it has failed too often.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// So many failures within [`WINDOW`] fail the process: it is better started anew by who watches it.
pub(super) const MAX_FAILURES: usize = 5;
/// A task that ran as long as this without a failure is healthy again.
pub(super) const WINDOW: Duration = Duration::from_mins(1);

const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(10);

/// What becomes of a task that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It runs again after this delay.
    RestartAfter(Duration),
    /// It failed [`MAX_FAILURES`] times within [`WINDOW`].
    GiveUp,
}

/// The failures of one task.
#[derive(Debug, Default)]
pub(super) struct Failures {
    recent: VecDeque<Instant>,
    /// Failures since the last healthy run.
    in_a_row: u32,
}

impl Failures {
    /// Notes that a run which began at `started` failed `now`.
    pub(super) fn note(&mut self, started: Instant, now: Instant) -> Verdict {
        if now.duration_since(started) >= WINDOW {
            self.in_a_row = 0;
        }
        self.recent
            .retain(|failure| now.duration_since(*failure) < WINDOW);
        self.recent.push_back(now);
        if self.recent.len() >= MAX_FAILURES {
            return Verdict::GiveUp;
        }
        let delay = FIRST_DELAY.saturating_mul(2_u32.saturating_pow(self.in_a_row));
        self.in_a_row = self.in_a_row.saturating_add(1);
        Verdict::RestartAfter(delay.min(LONGEST_DELAY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The verdicts on runs of these lengths, in milliseconds, each begun after the delay before.
    fn verdicts(runs: &[u64]) -> Vec<Verdict> {
        let mut failures = Failures::default();
        let mut now = Instant::now();
        let mut verdicts = Vec::new();
        for run in runs {
            let started = now;
            now += Duration::from_millis(*run);
            let verdict = failures.note(started, now);
            if let Verdict::RestartAfter(delay) = verdict {
                now += delay;
            }
            verdicts.push(verdict);
        }
        verdicts
    }

    fn after(millis: u64) -> Verdict {
        Verdict::RestartAfter(Duration::from_millis(millis))
    }

    #[test]
    fn a_task_that_fails_at_once_is_given_up_at_the_fifth_time() {
        assert_eq!(
            verdicts(&[0, 0, 0, 0, 0]),
            [
                after(100),
                after(200),
                after(400),
                after(800),
                Verdict::GiveUp
            ]
        );
    }

    #[test]
    fn delays_double_up_to_ten_seconds() {
        let run = 20_000;
        assert_eq!(
            verdicts(&[run; 9]),
            [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000].map(after)
        );
    }

    #[test]
    fn a_healthy_run_starts_the_count_anew() {
        assert_eq!(
            verdicts(&[0, 0, 0, 60_000, 0]),
            [after(100), after(200), after(400), after(100), after(200)]
        );
    }
}
