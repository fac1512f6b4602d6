//! Whether the service can serve requests now, as its tasks last saw it: what `/readyz` shows.

mod neighbours;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use neighbours::Neighbours;
pub use neighbours::{Absence, NeighbourCondition};
use tokio::sync::watch;
use users_http::{Check, CheckState, Readiness};

use crate::lifecycle::Shutdown;
use crate::wiring::store::StoreCondition;

/// What is known; clones share it. Nothing has been looked at in the beginning.
#[derive(Clone)]
pub struct ServiceReadiness {
    shared: Arc<Shared>,
    shutdown: Shutdown,
}

struct Shared {
    store: Mutex<StoreState>,
    neighbours: Neighbours,
    has_started: AtomicBool,
    /// Whether accounts can be read.
    serving: watch::Sender<bool>,
}

/// What is known of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreState {
    /// Nobody has asked it yet.
    Starting,
    /// Its schema is being brought up to date.
    Migrating,
    /// How it was when it was asked last.
    Seen(StoreCondition),
}

impl ServiceReadiness {
    /// The readiness of a service that ends when `shutdown` says so, among these services of the
    /// platform: what each is called, and what it means when it is away.
    pub fn new(shutdown: Shutdown, neighbours: &[(&'static str, Absence)]) -> Self {
        Self {
            shared: Arc::new(Shared {
                store: Mutex::new(StoreState::Starting),
                neighbours: Neighbours::new(neighbours),
                has_started: AtomicBool::new(false),
                serving: watch::Sender::new(false),
            }),
            shutdown,
        }
    }

    /// Notes what is known of the store now; gives what was, if that is something else.
    pub fn note_store(&self, now: StoreState) -> Option<StoreState> {
        let before = {
            let store = self.shared.store.lock();
            let mut store = store.unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *store, now)
        };
        self.note_serving();
        (before != now).then_some(before)
    }

    /// Notes how a service of the platform is now; gives what was, if that is something else.
    pub fn note_neighbour(
        &self,
        component: &'static str,
        now: NeighbourCondition,
    ) -> Option<NeighbourCondition> {
        self.shared.neighbours.note(component, now)
    }

    /// All that stands before the first request is done.
    pub fn start_is_done(&self) {
        self.shared.has_started.store(true, Ordering::Release);
        self.note_serving();
    }

    /// Whether accounts can be read, for whoever needs nothing else.
    pub fn is_serving(&self) -> watch::Receiver<bool> {
        self.shared.serving.subscribe()
    }

    fn note_serving(&self) {
        // Within, so that the last one who notes it has looked last.
        self.shared.serving.send_if_modified(|serving| {
            let now = self.has_started() && !matches!(self.store(), CheckState::Fail(_));
            std::mem::replace(serving, now) != now
        });
    }

    fn service(&self) -> CheckState {
        if self.shutdown.is_requested() {
            CheckState::Fail("shutting down")
        } else if self.has_started() {
            CheckState::Pass
        } else {
            CheckState::Fail("starting")
        }
    }

    fn store(&self) -> CheckState {
        let store = self.shared.store.lock();
        match *store.unwrap_or_else(PoisonError::into_inner) {
            StoreState::Starting => CheckState::Fail("starting"),
            StoreState::Migrating => CheckState::Fail("migrating"),
            StoreState::Seen(StoreCondition::Well) => CheckState::Pass,
            StoreState::Seen(StoreCondition::ReadOnly) => CheckState::Warn("read-only"),
            StoreState::Seen(StoreCondition::Away) => CheckState::Fail("not reachable"),
        }
    }
}

impl Readiness for ServiceReadiness {
    fn checks(&self) -> Vec<Check> {
        let own = [("service", self.service()), ("store", self.store())];
        let checks = own.into_iter().chain(self.shared.neighbours.checks());
        checks
            .map(|(component, state)| Check { component, state })
            .collect()
    }

    fn has_started(&self) -> bool {
        self.shared.has_started.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(readiness: &ServiceReadiness) -> Vec<(&'static str, CheckState)> {
        let checks = readiness.checks().into_iter();
        checks.map(|check| (check.component, check.state)).collect()
    }

    #[test]
    fn the_service_is_ready_between_the_end_of_the_start_and_the_beginning_of_the_end() {
        let shutdown = Shutdown::new();
        let readiness = ServiceReadiness::new(shutdown.clone(), &[]);
        let of_service = |readiness: &ServiceReadiness| states(readiness)[0];
        assert_eq!(
            of_service(&readiness),
            ("service", CheckState::Fail("starting"))
        );
        assert!(!readiness.has_started());
        readiness.start_is_done();
        assert_eq!(of_service(&readiness), ("service", CheckState::Pass));
        shutdown.request();
        assert_eq!(
            of_service(&readiness),
            ("service", CheckState::Fail("shutting down"))
        );
        // What is in flight is finished.
        assert!(readiness.has_started());
    }

    #[test]
    fn accounts_can_be_read_after_the_start_as_long_as_the_store_is_there() {
        let readiness = ServiceReadiness::new(Shutdown::new(), &[]);
        let serving = readiness.is_serving();
        let seen = |condition| readiness.note_store(StoreState::Seen(condition));
        seen(StoreCondition::Well);
        assert!(!*serving.borrow());
        readiness.start_is_done();
        assert!(*serving.borrow());
        for (condition, expected) in [
            (StoreCondition::Away, false),
            (StoreCondition::ReadOnly, true),
            (StoreCondition::Well, true),
        ] {
            seen(condition);
            assert_eq!(*serving.borrow(), expected, "{condition:?}");
        }
    }

    #[test]
    fn the_store_is_as_it_was_seen_last_and_only_a_change_is_one() {
        let readiness = ServiceReadiness::new(Shutdown::new(), &[]);
        let mut before = StoreState::Starting;
        assert_eq!(readiness.note_store(before), None);
        for (now, state) in [
            (
                StoreState::Seen(StoreCondition::Away),
                CheckState::Fail("not reachable"),
            ),
            (StoreState::Migrating, CheckState::Fail("migrating")),
            (StoreState::Seen(StoreCondition::Well), CheckState::Pass),
            (
                StoreState::Seen(StoreCondition::ReadOnly),
                CheckState::Warn("read-only"),
            ),
        ] {
            assert_eq!(readiness.note_store(now), Some(before));
            assert_eq!(readiness.note_store(now), None);
            assert_eq!(states(&readiness)[1], ("store", state));
            before = now;
        }
    }
}
