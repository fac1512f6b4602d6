//! What a clock promises.

use std::sync::Arc;

use time::UtcOffset;
use users_domain::ports::Clock;

use super::calls::on_a_thread;

/// A clock.
pub struct ClockUnderTest {
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

suite! {
    $
    /// Makes a test of every promise of [`Clock`](users_domain::ports::Clock). The argument gives a
    /// fresh [`ClockUnderTest`]($crate::contract::ClockUnderTest).
    clock_contract, clock:
    it_tells_utc_in_whole_microseconds,
    it_needs_no_runtime_and_answers_many_threads,
}

/// How often it is asked.
const QUESTIONS: usize = 10_000;

pub async fn it_tells_utc_in_whole_microseconds(subject: &ClockUnderTest) {
    for _ in 0..QUESTIONS {
        let now = subject.clock.now();
        assert_eq!(now.offset(), UtcOffset::UTC);
        assert_eq!(now.nanosecond() % 1_000, 0, "{now}");
    }
}

pub async fn it_needs_no_runtime_and_answers_many_threads(subject: &ClockUnderTest) {
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let clock = subject.clock.clone();
            on_a_thread(move || {
                for _ in 0..QUESTIONS {
                    clock.now();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.await;
    }
}
