//! A bounded queue between callers on any runtime and threads that block.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// First in, first out; refuses rather than grows. Any thread may push or pop.
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    arrived: Condvar,
    capacity: usize,
    refused: AtomicU64,
}

struct State<T> {
    waiting: VecDeque<T>,
    closed: bool,
}

/// Why nothing was queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// As much waits as may wait.
    Full,
    /// Nobody will serve the queue any more.
    Closed,
}

impl<T> Queue<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                closed: false,
            }),
            arrived: Condvar::new(),
            capacity: capacity.max(1),
            refused: AtomicU64::new(0),
        }
    }

    /// Adds something at the end; never waits.
    pub(crate) fn push(&self, item: T) -> Result<(), Refusal> {
        let mut state = self.state();
        let refusal = if state.closed {
            Refusal::Closed
        } else if state.waiting.len() >= self.capacity {
            Refusal::Full
        } else {
            state.waiting.push_back(item);
            drop(state);
            self.arrived.notify_one();
            return Ok(());
        };
        drop(state);
        self.count_refusal();
        Err(refusal)
    }

    /// Takes the first; blocks while there is none, and gives `None` once there will be none.
    pub(crate) fn pop(&self) -> Option<T> {
        let mut state = self.state();
        loop {
            if let Some(item) = state.waiting.pop_front() {
                return Some(item);
            }
            if state.closed {
                return None;
            }
            state = self
                .arrived
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Refuses what comes from now on; what waits is still served.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.arrived.notify_all();
    }

    pub(crate) fn len(&self) -> usize {
        self.state().waiting.len()
    }

    /// Notes that something queued was not carried out after all.
    pub(crate) fn count_refusal(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Nothing panics while it holds the lock, so a poisoned one guards a sound state.
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_first_is_served_first() {
        let queue = Queue::new(2);
        queue.push(1).unwrap();
        queue.push(2).unwrap();
        assert_eq!((queue.pop(), queue.pop()), (Some(1), Some(2)));
    }

    #[test]
    fn a_full_queue_refuses_and_counts() {
        let queue = Queue::new(1);
        queue.push(1).unwrap();
        assert_eq!(queue.push(2), Err(Refusal::Full));
        assert_eq!((queue.len(), queue.refused()), (1, 1));
    }

    #[test]
    fn a_closed_queue_serves_what_waits_and_ends() {
        let queue = Queue::new(2);
        queue.push(1).unwrap();
        queue.close();
        assert_eq!(queue.push(2), Err(Refusal::Closed));
        assert_eq!((queue.pop(), queue.pop()), (Some(1), None));
    }
}
