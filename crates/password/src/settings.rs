//! How much of the machine hashing gets.

use std::io;
use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use crate::formats::bcrypt::DEAREST;

/// How a hasher uses the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HasherSettings {
    /// Threads that hash; at least 1.
    pub threads: usize,
    /// How many passwords may wait while every thread is at work; at least 1.
    pub queue: usize,
    /// How long a password may wait for a thread; at least 1 second. What would wait longer is
    /// refused at once, and what has waited longer when its turn comes is refused unhashed.
    pub max_wait: Duration,
    /// The cost of new hashes, 4 to 16: the logarithm of the rounds. Only tests change it.
    pub cost: u32,
}

impl HasherSettings {
    /// The cost of new hashes: what the platform's other programs use, some 60 ms of a core.
    pub const COST: u32 = 10;
    /// Passwords that may wait for each thread: some four seconds of work, if hashing has a core for
    /// itself.
    pub const QUEUE_FOR_EACH_THREAD: usize = 64;
    /// How long a password may wait: as long as a person at a login still does.
    pub const MAX_WAIT: Duration = Duration::from_secs(5);

    /// The defaults for a number of threads.
    pub fn with_threads(threads: usize) -> Self {
        let threads = threads.max(1);
        Self {
            threads,
            queue: threads.saturating_mul(Self::QUEUE_FOR_EACH_THREAD),
            max_wait: Self::MAX_WAIT,
            cost: Self::COST,
        }
    }

    /// The same settings within their bounds.
    pub(crate) fn checked(self) -> io::Result<Self> {
        if !(CHEAPEST..=DEAREST).contains(&self.cost) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!(
                    "a bcrypt cost of {} is not within {CHEAPEST} to {DEAREST}",
                    self.cost
                ),
            ));
        }
        Ok(Self {
            threads: self.threads.max(1),
            queue: self.queue.max(1),
            max_wait: self.max_wait.max(SHORTEST_WAIT),
            ..self
        })
    }
}

/// The least that bcrypt knows.
const CHEAPEST: u32 = 4;
/// Below, one slow hash would have everything behind it refused.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// One thread a core.
impl Default for HasherSettings {
    fn default() -> Self {
        Self::with_threads(thread::available_parallelism().map_or(1, NonZeroUsize::get))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_a_thread_and_room_and_time_for_one_that_waits() {
        let none = HasherSettings {
            threads: 0,
            queue: 0,
            max_wait: Duration::ZERO,
            cost: 4,
        };
        let checked = none.checked().unwrap();
        assert_eq!((checked.threads, checked.queue), (1, 1));
        assert_eq!(checked.max_wait, Duration::from_secs(1));
        assert!(HasherSettings::default().threads > 0);
        assert_eq!(HasherSettings::with_threads(3).queue, 192);
    }

    #[test]
    fn a_cost_that_could_not_be_verified_is_refused() {
        for cost in [0, 3, 17, 31, u32::MAX] {
            let settings = HasherSettings {
                cost,
                ..HasherSettings::with_threads(1)
            };
            let error = settings.checked().unwrap_err();
            assert!(error.to_string().contains("4 to 16"), "{error}");
        }
    }
}
