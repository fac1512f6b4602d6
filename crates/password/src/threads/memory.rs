//! The memory that hashes may fill, all threads together.
//!
//! A job that needs more than is left waits beside the queue, and its thread goes on with the next:
//! so hashes that fill much come one after another, and hold up nobody else. Whoever gives memory
//! back looks here for the next job first; none is forgotten, because while one waits another runs.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Done, Job, Work};
use crate::formats::argon2id::MOST_MEMORY;

/// What is left, and what waits for more.
pub(super) struct Memory(Mutex<State>);

struct State {
    left: usize,
    waiting: VecDeque<Job>,
}

/// A job that may run.
pub(super) struct Granted<'a> {
    work: Work,
    held: Held<'a>,
}

/// Memory that is given back when this is dropped.
struct Held<'a> {
    bytes: usize,
    memory: &'a Memory,
}

impl Memory {
    /// What the dearest hash fills: so each gets its turn.
    pub(super) fn for_the_dearest_hash() -> Self {
        Self::of(MOST_MEMORY as usize * 1024)
    }

    pub(super) fn of(bytes: usize) -> Self {
        Self(Mutex::new(State {
            left: bytes,
            waiting: VecDeque::new(),
        }))
    }

    /// Grants a job its memory, or keeps it until there is enough. Whoever came first is first, or
    /// small ones would pass a large one for ever.
    pub(super) fn grant(&self, job: Job) -> Option<Granted<'_>> {
        let mut state = self.state();
        if job.memory > 0 && (!state.waiting.is_empty() || job.memory > state.left) {
            state.waiting.push_back(job);
            return None;
        }
        Some(self.take(&mut state, job))
    }

    /// The first of those that wait, if there is enough for it now.
    pub(super) fn next(&self) -> Option<Granted<'_>> {
        let mut state = self.state();
        let left = state.left;
        let job = state.waiting.pop_front_if(|job| job.memory <= left)?;
        Some(self.take(&mut state, job))
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.state().waiting.len()
    }

    fn take(&self, state: &mut State, job: Job) -> Granted<'_> {
        state.left -= job.memory;
        Granted {
            work: job.work,
            held: Held {
                bytes: job.memory,
                memory: self,
            },
        }
    }

    /// Nothing panics while it holds the lock, so a poisoned one is sound.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Granted<'_> {
    /// Does what there is to do, and gives the memory back, even if it panics.
    pub(super) fn work(self) -> Done {
        let Self { work, held: _held } = self;
        work()
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.memory.state().left += self.bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(memory: usize) -> Job {
        Job {
            memory,
            work: Box::new(|| Done::Worked),
        }
    }

    #[test]
    fn what_does_not_fit_waits_until_memory_comes_back() {
        let memory = Memory::of(100);
        let first = memory.grant(job(60)).unwrap();
        assert!(memory.grant(job(60)).is_none());
        assert!(memory.next().is_none());
        assert_eq!(memory.waiting(), 1);
        drop(first);
        let second = memory.next().unwrap();
        assert_eq!(second.held.bytes, 60);
        assert_eq!(memory.waiting(), 0);
    }

    #[test]
    fn several_share_the_memory() {
        let memory = Memory::of(100);
        let _held = [50, 25, 25].map(|bytes| memory.grant(job(bytes)).unwrap());
        assert!(memory.grant(job(1)).is_none());
    }

    #[test]
    fn a_small_one_does_not_pass_a_large_one() {
        let memory = Memory::of(100);
        let running = memory.grant(job(50)).unwrap();
        assert!(memory.grant(job(100)).is_none());
        assert!(memory.grant(job(10)).is_none());
        assert!(memory.next().is_none());
        drop(running);
        let large = memory.next().unwrap();
        assert_eq!(large.held.bytes, 100);
        assert!(memory.next().is_none());
        drop(large);
        assert_eq!(memory.next().unwrap().held.bytes, 10);
    }

    #[test]
    fn what_fills_nothing_never_waits() {
        let memory = Memory::of(100);
        let _running = memory.grant(job(100)).unwrap();
        assert!(memory.grant(job(100)).is_none());
        assert!(memory.grant(job(0)).is_some());
    }

    #[test]
    fn the_dearest_hash_fits() {
        let memory = Memory::for_the_dearest_hash();
        assert!(memory.grant(job(1 << 30)).is_some());
    }
}
