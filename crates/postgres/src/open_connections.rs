//! Which connections of the pool are open and which are being opened. The pool's own count does not
//! have the latter, and has the former only some time after they were opened.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub(crate) struct Counts(Mutex<State>);

#[derive(Default)]
struct State {
    /// The number of the attempt that will be begun next.
    next: u64,
    /// The attempts that have not ended.
    pending: BTreeSet<u64>,
    open: u64,
}

/// A connection that is being opened, for as long as this lives.
pub(crate) struct Attempt {
    counts: Arc<Counts>,
    number: u64,
}

/// A connection that is open, for as long as this lives.
pub(crate) struct Counted(Arc<Counts>);

impl Counts {
    /// Numbers are right whoever panicked while he held them.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the attempt that will be begun next.
    pub(crate) fn next_attempt(&self) -> u64 {
        self.state().next
    }

    pub(crate) fn has_none_open(&self) -> bool {
        self.state().open == 0
    }

    /// Whether a connection is open, or may be when an attempt ends that was begun no later than
    /// this one.
    pub(crate) fn may_have_one(&self, attempt: u64) -> bool {
        let state = self.state();
        let earliest = state.pending.first();
        state.open > 0 || earliest.is_some_and(|earliest| *earliest <= attempt)
    }
}

impl Attempt {
    pub(crate) fn begin(counts: &Arc<Counts>) -> Self {
        let mut state = counts.state();
        let number = state.next;
        state.next += 1;
        state.pending.insert(number);
        drop(state);
        Self {
            counts: counts.clone(),
            number,
        }
    }

    /// The connection is open: at no moment it is neither.
    pub(crate) fn succeeded(self) -> Counted {
        self.counts.state().open += 1;
        Counted(self.counts.clone())
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.counts.state().pending.remove(&self.number);
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.state().open -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_begun_by_then_gives_hope() {
        let counts = Arc::new(Counts::default());
        let first = Attempt::begin(&counts);
        let next = counts.next_attempt();
        let (own, later) = (Attempt::begin(&counts), Attempt::begin(&counts));
        drop(first);
        assert!(counts.may_have_one(next));
        drop(own);
        assert!(!counts.may_have_one(next));
        assert!(counts.has_none_open());
        let open = later.succeeded();
        assert!(counts.may_have_one(next) && !counts.has_none_open());
        drop(open);
        assert!(!counts.may_have_one(next) && counts.has_none_open());
    }
}
