//! Asks another service of the platform how it is, so that `/readyz` need not.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use crate::lifecycle::Shutdown;
use crate::readiness::{NeighbourCondition, ServiceReadiness};
use crate::wiring::Neighbour;

/// How often it is asked.
const PAUSE: Duration = Duration::from_secs(2);

/// Notes how a service is, every two seconds; tells the log when that changes.
pub async fn neighbour_watch(
    neighbour: Neighbour,
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
            condition = neighbour.condition() => condition,
        };
        let component = neighbour.component;
        if let Some(before) = readiness.note_neighbour(component, condition) {
            tell(&neighbour, before, condition);
        }
    }
}

fn tell(neighbour: &Neighbour, before: NeighbourCondition, now: NeighbourCondition) {
    let (service, place) = (neighbour.component, &neighbour.place);
    match (before, now) {
        (NeighbourCondition::Unknown, NeighbourCondition::Well) => {
            info!(service, place, "a service of the platform is there");
        }
        (_, NeighbourCondition::Well) => {
            info!(service, place, "a service of the platform is back");
        }
        (_, NeighbourCondition::Away) => {
            let meaning = neighbour.absence.told();
            warn!(service, place, meaning, "a service of the platform is away");
        }
        (_, NeighbourCondition::Unknown) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

    use futures::FutureExt as _;
    use tokio::time::{Instant, sleep};
    use users_http::{CheckState, Readiness as _};

    use super::*;
    use crate::readiness::Absence;

    const AWAY_IS_FATAL: Absence = Absence::Fatal("not available");

    const WELL: u8 = 0;
    const AWAY: u8 = 1;
    const SILENT: u8 = 2;

    /// A service that is as the test says.
    fn scripted() -> (Neighbour, Arc<AtomicU8>, Arc<AtomicU64>) {
        let (state, asked) = (Arc::new(AtomicU8::new(WELL)), Arc::new(AtomicU64::new(0)));
        let (seen, counted) = (state.clone(), asked.clone());
        let neighbour = Neighbour {
            component: "auth",
            task: "watch of the auth service",
            place: "auth.example:1".to_owned(),
            absence: AWAY_IS_FATAL,
            check: Arc::new(move || {
                counted.fetch_add(1, Ordering::Relaxed);
                match seen.load(Ordering::Relaxed) {
                    WELL => async { Ok(()) }.boxed(),
                    AWAY => async { Err("away".to_owned()) }.boxed(),
                    _ => std::future::pending().boxed(),
                }
            }),
        };
        (neighbour, state, asked)
    }

    fn of_auth(readiness: &ServiceReadiness) -> CheckState {
        let checks = readiness.checks();
        let mut checks = checks.iter().filter(|check| check.component == "auth");
        checks.next().unwrap().state
    }

    #[tokio::test(start_paused = true)]
    async fn readiness_follows_a_service_within_five_seconds_whatever_it_does() {
        let shutdown = Shutdown::new();
        let (neighbour, state, _) = scripted();
        let known = [("auth", AWAY_IS_FATAL)];
        let readiness = ServiceReadiness::new(shutdown.clone(), &known);
        let watching = neighbour_watch(neighbour, readiness.clone(), shutdown.clone());
        let watching = tokio::spawn(watching);
        for (now, told) in [
            (WELL, CheckState::Pass),
            (AWAY, CheckState::Fail("not available")),
            (WELL, CheckState::Pass),
            (SILENT, CheckState::Fail("not available")),
            (WELL, CheckState::Pass),
        ] {
            state.store(now, Ordering::Relaxed);
            let begun = Instant::now();
            while of_auth(&readiness) != told {
                sleep(Duration::from_millis(10)).await;
                assert!(begun.elapsed() < Duration::from_secs(5), "{now}");
            }
        }
        shutdown.request();
        watching.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_does_not_wait_for_a_service_that_answers_nobody() {
        let shutdown = Shutdown::new();
        let (neighbour, state, asked) = scripted();
        state.store(SILENT, Ordering::Relaxed);
        let readiness = ServiceReadiness::new(shutdown.clone(), &[("auth", AWAY_IS_FATAL)]);
        let watching = tokio::spawn(neighbour_watch(neighbour, readiness, shutdown.clone()));
        while asked.load(Ordering::Relaxed) == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        let begun = Instant::now();
        shutdown.request();
        watching.await.unwrap();
        assert!(begun.elapsed() < Duration::from_millis(10));
    }
}
