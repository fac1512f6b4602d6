//! When sessions began. The auth service lists them without their times, so this process remembers
//! those that it had begun itself, as far as there is room.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use users_domain::model::{Timestamp, TokenId};

/// Most sessions that are remembered: some five megabytes.
const MOST: usize = 20_000;

/// Begin and end of sessions, the last ones that were noted.
#[derive(Debug, Default)]
pub(crate) struct Begun(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    times: HashMap<TokenId, Times>,
    oldest_first: VecDeque<TokenId>,
}

/// Begin and end of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) begins: Timestamp,
    pub(crate) ends: Timestamp,
}

impl Begun {
    pub(crate) fn note(&self, id: TokenId, times: Times) {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.times.insert(id.clone(), times).is_some() {
            return;
        }
        remembered.oldest_first.push_back(id);
        if remembered.oldest_first.len() > MOST
            && let Some(oldest) = remembered.oldest_first.pop_front()
        {
            remembered.times.remove(&oldest);
        }
    }

    pub(crate) fn times(&self, id: &TokenId) -> Option<Times> {
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.times.get(id).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_remembered_and_no_more() {
        let begun = Begun::default();
        let id = |number: usize| TokenId::new(number.to_string());
        let times = Times {
            begins: Timestamp::UNIX_EPOCH,
            ends: Timestamp::UNIX_EPOCH,
        };
        for number in 0..MOST + 10 {
            begun.note(id(number), times);
            begun.note(id(number), times);
        }
        assert_eq!(begun.times(&id(9)), None);
        for number in [10, MOST, MOST + 9] {
            assert_eq!(begun.times(&id(number)), Some(times), "{number}");
        }
        assert_eq!(begun.0.lock().unwrap().times.len(), MOST);
    }
}
