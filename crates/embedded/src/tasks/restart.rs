//! Runs a loop again after a panic.

use std::future::Future;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tracing::error;

use super::stop::Stop;

/// The pause before the first restart; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// A loop that ran as long as this is healthy again.
const HEALTHY: Duration = Duration::from_mins(1);

/// Makes a loop, and makes it anew whenever it panics, until it returns.
///
/// Where one panics once it was asked to stop, the next is the last: it does its last step, if it
/// can.
pub(super) async fn keep_running<Run>(
    name: &'static str,
    mut stop: Stop,
    make: impl Fn(Stop) -> Run,
) where
    Run: Future<Output = ()> + Send + 'static,
{
    let mut pause = FIRST_PAUSE;
    loop {
        let (began, last) = (Instant::now(), stop.is_asked());
        // On a task of its own, so that a panic ends nothing else; it ends with this one.
        let mut run = JoinSet::new();
        run.spawn(make(stop.clone()));
        let Some(Err(failure)) = run.join_next().await else {
            return;
        };
        let reason = reason(failure);
        if last {
            error!(task = name, reason, "a task failed while it was stopping");
            return;
        }
        if began.elapsed() >= HEALTHY {
            pause = FIRST_PAUSE;
        }
        error!(task = name, reason, restart_in = ?pause, "a task failed and is started again");
        stop.pause(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// The message of a panic if it stands like that in the source: one that was put together may hold
/// what a publisher or mailer worked on. The program's panic hook is told all of it.
fn reason(failure: JoinError) -> &'static str {
    let panic = failure.try_into_panic().ok();
    let message = panic.and_then(|panic| panic.downcast_ref::<&'static str>().copied());
    message.unwrap_or("it panicked")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::super::stop;
    use super::*;

    /// Runs a loop that panics so many times; gives how long that took.
    async fn panicking(times: u32) -> Duration {
        let (_sender, stop) = stop::channel();
        let began = Instant::now();
        let runs = Arc::new(AtomicU32::new(0));
        keep_running("test", stop, |_| {
            let runs = runs.clone();
            async move {
                let run = runs.fetch_add(1, Ordering::Relaxed);
                assert!(run >= times, "a test panics");
            }
        })
        .await;
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_double_up_to_a_minute() {
        assert_eq!(panicking(1).await, Duration::from_millis(100));
        assert_eq!(panicking(4).await, Duration::from_millis(1_500));
        let before_the_longest = Duration::from_millis(102_300);
        assert_eq!(
            panicking(12).await,
            before_the_longest + 2 * Duration::from_mins(1)
        );
    }

    #[tokio::test]
    async fn a_message_that_may_hold_a_value_is_not_told() {
        let address = std::hint::black_box("ada@example.com");
        let told = tokio::spawn(async move { panic!("no mail for {address}") }).await;
        assert_eq!(reason(told.unwrap_err()), "it panicked");
        let told = tokio::spawn(async { panic!("as intended") }).await;
        assert_eq!(reason(told.unwrap_err()), "as intended");
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_was_asked_to_stop_gets_one_more_run() {
        let (sender, stop) = stop::channel();
        let runs = AtomicU32::new(0);
        let sender = Arc::new(sender);
        keep_running("test", stop, |_| {
            runs.fetch_add(1, Ordering::Relaxed);
            let sender = sender.clone();
            async move {
                sender.send();
                panic!("a test panics");
            }
        })
        .await;
        assert_eq!(runs.into_inner(), 2);
    }
}
