//! Counts what is refused and finds where a spell of refusals begins and ends: the log has a line
//! for each of the two, and none for each call, or a storm of calls would fill it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A spell is over no sooner after its last refusal, so that a queue that fills and empties many
/// times a second is one spell.
const CALM: Duration = Duration::from_secs(1);

/// What was refused.
#[derive(Default)]
pub(super) struct Refusals(Mutex<State>);

#[derive(Default)]
struct State {
    total: u64,
    spell: Option<Spell>,
}

struct Spell {
    refused: u64,
    last: Instant,
}

impl Refusals {
    /// Counts one. Says whether a spell begins with it.
    pub(super) fn note(&self, now: Instant) -> bool {
        let mut state = self.state();
        state.total += 1;
        let begins = state.spell.is_none();
        let before = state.spell.as_ref().map_or(0, |spell| spell.refused);
        state.spell = Some(Spell {
            refused: before + 1,
            last: now,
        });
        begins
    }

    /// To be told when nothing waits. Says how many were refused in the spell that ends with it.
    pub(super) fn nothing_waits(&self, now: Instant) -> Option<u64> {
        self.state()
            .spell
            .take_if(|spell| now.saturating_duration_since(spell.last) >= CALM)
            .map(|spell| spell.refused)
    }

    /// Refused since the start.
    pub(super) fn total(&self) -> u64 {
        self.state().total
    }

    /// Nothing panics while it holds the lock, so a poisoned one is sound.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spell_begins_with_one_refusal_and_ends_when_nothing_waits() {
        let refusals = Refusals::default();
        let now = Instant::now();
        assert_eq!(refusals.nothing_waits(now), None);
        for round in 1..=2 {
            let now = now + round * 10 * CALM;
            assert!(refusals.note(now));
            assert!(!refusals.note(now));
            assert!(!refusals.note(now));
            assert_eq!(refusals.nothing_waits(now + CALM), Some(3));
            assert_eq!(refusals.nothing_waits(now + 2 * CALM), None);
        }
        assert_eq!(refusals.total(), 6);
    }

    #[test]
    fn a_queue_that_fills_again_and_again_is_one_spell() {
        let refusals = Refusals::default();
        let start = Instant::now();
        let spells = (0..10).filter(|round| {
            let now = start + *round * CALM / 2;
            let begins = refusals.note(now);
            assert_eq!(refusals.nothing_waits(now + CALM / 4), None);
            begins
        });
        assert_eq!(spells.count(), 1);
        assert_eq!(refusals.nothing_waits(start + 10 * CALM), Some(10));
    }
}
