//! Asks the store how it is, so that `/readyz` need not.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use crate::lifecycle::Shutdown;
use crate::readiness::{ServiceReadiness, StoreState};
use crate::wiring::store::{StoreCondition, StoreTechnology};

/// How often the store is asked.
const PAUSE: Duration = Duration::from_secs(1);

/// Notes how the store is, once a second; tells the log when that changes.
pub async fn store_watch(
    store: Arc<dyn StoreTechnology>,
    readiness: ServiceReadiness,
    shutdown: Shutdown,
) {
    let mut turns = interval(PAUSE);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = shutdown.requested() => return,
            _ = turns.tick() => {}
        }
        let condition = tokio::select! {
            biased;
            () = shutdown.requested() => return,
            condition = store.condition() => condition,
        };
        if let Some(before) = readiness.note_store(StoreState::Seen(condition)) {
            tell(before, condition);
        }
    }
}

fn tell(before: StoreState, now: StoreCondition) {
    match now {
        StoreCondition::Well if matches!(before, StoreState::Seen(_)) => {
            info!("the store reads and writes again");
        }
        // The end of the start has a line of its own.
        StoreCondition::Well => {}
        StoreCondition::ReadOnly => {
            warn!("the store takes no writes: changes are answered 503, reads are served");
        }
        StoreCondition::Away => {
            warn!("the store is not reachable: what needs it is answered 503");
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, sleep};
    use users_http::{CheckState, Readiness as _};

    use super::*;
    use crate::wiring::store::scripted::Scripted;

    fn of_store(readiness: &ServiceReadiness) -> CheckState {
        let checks = readiness.checks();
        let mut checks = checks.iter().filter(|check| check.component == "store");
        checks.next().unwrap().state
    }

    #[tokio::test(start_paused = true)]
    async fn readiness_follows_the_store_within_three_seconds_whatever_it_does() {
        let shutdown = Shutdown::new();
        let store = Scripted::new(Some(StoreCondition::Well));
        let readiness = ServiceReadiness::new(shutdown.clone(), &[]);
        let watching = tokio::spawn(store_watch(
            Arc::new(store.clone()),
            readiness.clone(),
            shutdown.clone(),
        ));
        for (condition, state) in [
            (Some(StoreCondition::Well), CheckState::Pass),
            (
                Some(StoreCondition::Away),
                CheckState::Fail("not reachable"),
            ),
            (Some(StoreCondition::Well), CheckState::Pass),
            // It takes questions and answers none.
            (None, CheckState::Fail("not reachable")),
            (
                Some(StoreCondition::ReadOnly),
                CheckState::Warn("read-only"),
            ),
            (Some(StoreCondition::Well), CheckState::Pass),
        ] {
            store.is_now(condition);
            let begun = Instant::now();
            while of_store(&readiness) != state {
                sleep(Duration::from_millis(10)).await;
                assert!(begun.elapsed() < Duration::from_secs(3), "{condition:?}");
            }
        }
        shutdown.request();
        watching.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_does_not_wait_for_a_store_that_answers_nobody() {
        let shutdown = Shutdown::new();
        let store = Scripted::new(None);
        let readiness = ServiceReadiness::new(shutdown.clone(), &[]);
        let watching = tokio::spawn(store_watch(
            Arc::new(store.clone()),
            readiness,
            shutdown.clone(),
        ));
        while store.probes() == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        let begun = Instant::now();
        shutdown.request();
        watching.await.unwrap();
        assert!(begun.elapsed() < Duration::from_millis(10));
    }

    #[tokio::test(start_paused = true)]
    async fn the_store_is_asked_once_a_second() {
        let shutdown = Shutdown::new();
        let store = Scripted::new(Some(StoreCondition::Well));
        let readiness = ServiceReadiness::new(shutdown.clone(), &[]);
        let watching = tokio::spawn(store_watch(
            Arc::new(store.clone()),
            readiness,
            shutdown.clone(),
        ));
        sleep(Duration::from_millis(60_500)).await;
        assert_eq!(store.probes(), 61);
        shutdown.request();
        watching.await.unwrap();
    }
}
