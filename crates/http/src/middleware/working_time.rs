//! How long the service may work on a request: an answer may need several things of others, each of
//! which has a limit of its own, and the client waits for all of them together.

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

/// The time that is left for a request. It stands still while the client sends, who has a limit of
/// his own.
#[derive(Debug, Clone)]
pub(crate) struct WorkingTime(Rc<Cell<Clock>>);

#[derive(Debug, Clone, Copy)]
enum Clock {
    Runs { until: Instant },
    Stands { left: Duration },
}

/// The client sends, for as long as this lives.
pub(crate) struct Pause(WorkingTime);

/// The time is over.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Over;

impl Clock {
    fn left(self) -> Duration {
        match self {
            Self::Runs { until } => until.saturating_duration_since(Instant::now()),
            Self::Stands { left } => left,
        }
    }
}

impl WorkingTime {
    /// So much, from now on.
    pub(super) fn new(limit: Duration) -> Self {
        let clock = Clock::Stands { left: limit };
        let time = Self(Rc::new(Cell::new(clock)));
        time.go_on();
        time
    }

    /// Does not count what follows.
    pub(crate) fn pause(&self) -> Pause {
        let left = self.0.get().left();
        self.0.set(Clock::Stands { left });
        Pause(self.clone())
    }

    fn go_on(&self) {
        let left = self.0.get().left();
        // What is too far away for a clock never comes.
        if let Some(until) = Instant::now().checked_add(left) {
            self.0.set(Clock::Runs { until });
        }
    }

    /// Waits for the work until the time is over.
    pub(super) async fn bound<W: Future + Unpin>(&self, work: &mut W) -> Result<W::Output, Over> {
        loop {
            // The clock may have stood still meanwhile: then it is later than what was left.
            let clock = self.0.get();
            match timeout(clock.left().max(TICK), &mut *work).await {
                Ok(done) => return Ok(done),
                Err(_elapsed) => match self.0.get() {
                    Clock::Runs { until } if until <= Instant::now() => return Err(Over),
                    Clock::Runs { .. } | Clock::Stands { .. } => {}
                },
            }
        }
    }
}

/// How often a clock that stands still is looked at again at most.
const TICK: Duration = Duration::from_millis(10);

impl Drop for Pause {
    fn drop(&mut self) {
        self.0.go_on();
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::pin::pin;

    use tokio::time::sleep;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn work_ends_by_itself_or_with_the_time() {
        let begun = Instant::now();
        let time = WorkingTime::new(LIMIT);
        assert_eq!(time.bound(&mut ready(7)).await, Ok(7));
        assert_eq!(begun.elapsed(), Duration::ZERO);
        assert_eq!(time.bound(&mut pending::<()>()).await, Err(Over));
        let took = begun.elapsed();
        assert!(took >= LIMIT && took < LIMIT + TICK, "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_client_takes_is_not_counted() {
        let begun = Instant::now();
        let time = WorkingTime::new(LIMIT);
        let mut work = pin!(async {
            sleep(Duration::from_secs(4)).await;
            let pause = time.pause();
            sleep(Duration::from_secs(15)).await;
            drop(pause);
            sleep(Duration::from_secs(5)).await;
            pending::<()>().await;
        });
        assert_eq!(time.bound(&mut work).await, Err(Over));
        let took = begun.elapsed();
        let limit = LIMIT + Duration::from_secs(15);
        assert!(took >= limit && took < limit + 2 * TICK, "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_beyond_all_clocks_is_none() {
        let time = WorkingTime::new(Duration::MAX);
        let mut work = pin!(async {
            drop(time.pause());
            sleep(Duration::from_hours(1)).await;
        });
        assert_eq!(time.bound(&mut work).await, Ok(()));
    }
}
