//! A timer that is asked for far more often than it goes off.

use std::pin::Pin;
use std::task::Context;

use tokio::time::{Instant, Sleep, sleep_until};

/// Wakes a connection's task. It may do so too early, never too late: to set a later time costs
/// nothing, and most of the times that are asked for are overtaken by the next request.
#[derive(Default)]
pub(super) struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    /// Has the task woken at that time at the latest.
    pub(super) fn set(&mut self, at: Instant, task: &mut Context<'_>) {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if sleep.is_elapsed() || sleep.deadline() > at {
            sleep.as_mut().reset(at);
        }
        if sleep.as_mut().poll(task).is_ready() {
            // It went off just now: whoever asked looks at the clock again.
            task.waker().wake_by_ref();
        }
    }
}
