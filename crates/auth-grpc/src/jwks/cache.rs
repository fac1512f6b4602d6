//! Which keys are known, how good they are still, and whether they may be asked for: no I/O.

use std::sync::Arc;
use std::time::Duration;

use users_domain::model::Timestamp;
use users_jwt::PublicKey;

/// Keys are fetched again after this long, or earlier if the publisher says so. The deployed
/// services do the same, whatever their publisher says: a key that is withdrawn should not serve
/// much longer.
const FRESH: Duration = Duration::from_mins(5);

/// A publisher that says less is not asked more often.
const FRESH_AT_LEAST: Duration = Duration::from_secs(30);

/// Keys this much older than fresh are used only once it is known that there are no newer ones to be
/// had.
const USED_WHILE_FETCHING: Duration = Duration::from_mins(5);

/// Keys serve this long without their publisher.
const LONGEST: Duration = Duration::from_hours(24);

/// Between two fetches that tokens or failures cause.
const PAUSE: Duration = Duration::from_secs(5);

/// The keys that verify tokens; shared, since every request looks at them.
pub(super) type KnownKeys = Arc<Vec<Arc<PublicKey>>>;

/// The keys of the last fetch that succeeded, and when which fetch was.
#[derive(Default)]
pub(super) struct Cache {
    keys: KnownKeys,
    fetched_at: Option<Timestamp>,
    fresh: Duration,
    last: Option<Attempt>,
}

#[derive(Clone, Copy)]
struct Attempt {
    at: Timestamp,
    succeeded: bool,
}

/// What a request that needs the keys is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Use the known ones.
    Nothing,
    /// Use the known ones, and have them fetched meanwhile.
    Refresh,
    /// Wait until they are fetched, then use whatever is known.
    Wait,
    /// Give up: there are none, and there were none to be had a moment ago.
    Away,
}

impl Cache {
    /// What is to be done before the keys are used.
    pub(super) fn need(&self, now: Timestamp) -> Need {
        let paused = !self.may_fetch(now);
        if self.usable(now).is_empty() {
            return if paused { Need::Away } else { Need::Wait };
        }
        // A clock that was set back leaves an age below zero, which tells nothing.
        let age = self.fetched_at.map(|at| now - at).unwrap_or_default();
        if !age.is_negative() && age < self.fresh || paused {
            return Need::Nothing;
        }
        let away = self.last.is_some_and(|last| !last.succeeded);
        if away || age < self.fresh + USED_WHILE_FETCHING {
            Need::Refresh
        } else {
            Need::Wait
        }
    }

    /// The keys that may be used.
    pub(super) fn usable(&self, now: Timestamp) -> KnownKeys {
        match self.fetched_at {
            Some(at) if now - at <= LONGEST => self.keys.clone(),
            _ => KnownKeys::default(),
        }
    }

    /// Whether the last fetch is long enough ago for another one.
    pub(super) fn may_fetch(&self, now: Timestamp) -> bool {
        self.last
            .is_none_or(|last| now < last.at || now - last.at >= PAUSE)
    }

    /// Whether the last fetch succeeded.
    pub(super) fn succeeded(&self) -> bool {
        self.last.is_some_and(|last| last.succeeded)
    }

    /// Notes a fetch that succeeded. Whether it is the first, or the keys are others than before.
    pub(super) fn succeed(
        &mut self,
        now: Timestamp,
        keys: Vec<PublicKey>,
        max_age: Option<Duration>,
    ) -> bool {
        // A key that stays stays the same object: tokens are remembered with it.
        let known = |key: PublicKey| {
            let same = self.keys.iter().find(|known| ***known == key);
            same.cloned().unwrap_or_else(|| Arc::new(key))
        };
        let keys: Vec<_> = keys.into_iter().map(known).collect();
        let changed = self.fetched_at.is_none() || *self.keys != keys;
        self.keys = Arc::new(keys);
        self.fetched_at = Some(now);
        self.fresh = max_age.map_or(FRESH, |age| age.clamp(FRESH_AT_LEAST, FRESH));
        self.last = Some(Attempt {
            at: now,
            succeeded: true,
        });
        changed
    }

    /// Notes a fetch that failed.
    pub(super) fn fail(&mut self, now: Timestamp) {
        self.last = Some(Attempt {
            at: now,
            succeeded: false,
        });
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const START: Timestamp = datetime!(2026-02-03 04:05:06 UTC);

    fn key(byte: u8) -> PublicKey {
        PublicKey::new(format!("key {byte}"), [byte; 32])
    }

    fn fetched(max_age: Option<u64>) -> Cache {
        let mut cache = Cache::default();
        cache.succeed(START, vec![key(1)], max_age.map(Duration::from_secs));
        cache
    }

    fn after(seconds: u64) -> Timestamp {
        START + Duration::from_secs(seconds)
    }

    #[test]
    fn without_keys_one_waits_and_after_a_failure_gives_up_for_a_while() {
        let mut cache = Cache::default();
        assert_eq!(cache.need(START), Need::Wait);
        cache.fail(START);
        assert_eq!(cache.need(START), Need::Away);
        assert_eq!(cache.need(after(4)), Need::Away);
        assert_eq!(cache.need(after(5)), Need::Wait);
    }

    #[test]
    fn a_set_without_keys_is_as_good_as_none() {
        let mut cache = Cache::default();
        cache.succeed(START, Vec::new(), None);
        assert_eq!(cache.need(after(4)), Need::Away);
        assert_eq!(cache.need(after(5)), Need::Wait);
    }

    #[test]
    fn keys_are_fresh_then_refreshed_in_use_and_then_waited_for() {
        let cache = fetched(None);
        for (seconds, need) in [
            (0, Need::Nothing),
            (299, Need::Nothing),
            (300, Need::Refresh),
            (599, Need::Refresh),
            (600, Need::Wait),
            (86_400, Need::Wait),
        ] {
            assert_eq!(cache.need(after(seconds)), need, "{seconds}");
        }
        assert_eq!(cache.usable(after(86_400)).len(), 1);
        assert_eq!(cache.usable(after(86_401)).len(), 0);
    }

    #[test]
    fn a_publisher_says_for_how_long_within_bounds() {
        for (max_age, fresh) in [(0, 30), (60, 60), (900, 300), (u64::MAX, 300)] {
            let cache = fetched(Some(max_age));
            assert_eq!(cache.need(after(fresh - 1)), Need::Nothing, "{max_age}");
            assert_eq!(cache.need(after(fresh)), Need::Refresh, "{max_age}");
        }
    }

    #[test]
    fn nobody_waits_for_a_publisher_that_is_away_while_there_are_keys() {
        let mut cache = fetched(None);
        cache.fail(after(700));
        assert_eq!(cache.need(after(704)), Need::Nothing);
        assert_eq!(cache.need(after(705)), Need::Refresh);
        assert_eq!(cache.need(after(86_400)), Need::Refresh);
        assert_eq!(cache.need(after(86_401)), Need::Wait);
        cache.fail(after(86_401));
        assert_eq!(cache.need(after(86_402)), Need::Away);
    }

    #[test]
    fn a_clock_that_was_set_back_lets_the_keys_be_fetched_and_used() {
        let cache = fetched(None);
        let before = START - Duration::from_hours(1);
        assert_eq!(cache.need(before), Need::Refresh);
        assert_eq!(cache.usable(before).len(), 1);
        assert!(cache.may_fetch(before));
    }

    #[test]
    fn a_key_that_stays_stays_the_same_object() {
        let mut cache = fetched(None);
        let first = cache.usable(START)[0].clone();
        assert!(cache.succeed(after(1), vec![key(2), key(1)], None));
        assert!(Arc::ptr_eq(&first, &cache.usable(after(1))[1]));
        assert!(!cache.succeed(after(2), vec![key(2), key(1)], None));
    }
}
