//! Asks another service of the platform how it is, so that `/readyz` need not.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use crate::lifecycle::Shutdown;
use crate::readiness::{NeighbourCondition, ServiceReadiness};
use crate::wiring::Neighbour;

/// How often it is asked.
const PAUSE: Duration = Duration::from_secs(2);

/// So often in a row it must have been away: one answer that is late takes no replica out.
const MISSES: u32 = 2;

/// Notes how a service is, every two seconds; tells the log when that changes, and why.
pub async fn neighbour_watch(
    neighbour: Neighbour,
    readiness: ServiceReadiness,
    shutdown: Shutdown,
) {
    let mut turns = interval(PAUSE);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut misses = 0;
    loop {
        tokio::select! {
            biased;
            () = shutdown.requested() => return,
            _ = turns.tick() => {}
        }
        let seen = tokio::select! {
            biased;
            () = shutdown.requested() => return,
            seen = neighbour.look() => seen,
        };
        let (condition, why) = match seen {
            Ok(()) => {
                misses = 0;
                (NeighbourCondition::Well, String::new())
            }
            Err(why) => {
                misses += 1;
                if misses < MISSES {
                    continue;
                }
                (NeighbourCondition::Away, why)
            }
        };
        let component = neighbour.component;
        if let Some(before) = readiness.note_neighbour(component, condition) {
            tell(&neighbour, before, condition, &why);
        }
    }
}

fn tell(neighbour: &Neighbour, before: NeighbourCondition, now: NeighbourCondition, why: &str) {
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
            warn!(
                service,
                place, meaning, why, "a service of the platform is away"
            );
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
            timeout: Duration::from_secs(1),
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
    async fn readiness_follows_a_service_within_seven_seconds_whatever_it_does() {
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
                assert!(begun.elapsed() < Duration::from_secs(7), "{now}");
            }
        }
        shutdown.request();
        watching.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn one_answer_that_is_late_or_bad_changes_nothing() {
        let shutdown = Shutdown::new();
        let (neighbour, state, asked) = scripted();
        let readiness = ServiceReadiness::new(shutdown.clone(), &[("auth", AWAY_IS_FATAL)]);
        let watching = neighbour_watch(neighbour, readiness.clone(), shutdown.clone());
        let watching = tokio::spawn(watching);
        let answers = async |count| {
            let before = asked.load(Ordering::Relaxed);
            while asked.load(Ordering::Relaxed) < before + count {
                sleep(Duration::from_millis(10)).await;
            }
        };
        answers(1).await;
        for once in [AWAY, SILENT, AWAY, SILENT] {
            state.store(once, Ordering::Relaxed);
            answers(1).await;
            state.store(WELL, Ordering::Relaxed);
            // The first of these was asked when the bad one had been noted.
            for _ in 0..2 {
                answers(1).await;
                assert_eq!(of_auth(&readiness), CheckState::Pass, "{once}");
            }
        }
        shutdown.request();
        watching.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_is_given_the_time_that_its_calls_have_but_not_for_ever() {
        let (mut neighbour, state, _) = scripted();
        state.store(SILENT, Ordering::Relaxed);
        for (timeout, taken) in [(1, 1), (3, 3), (60, 5)] {
            neighbour.timeout = Duration::from_secs(timeout);
            let begun = Instant::now();
            let why = neighbour.look().await.unwrap_err();
            assert_eq!(begun.elapsed().as_secs(), taken);
            assert_eq!(why, format!("no answer within {taken}s"));
        }
        state.store(AWAY, Ordering::Relaxed);
        assert_eq!(neighbour.look().await, Err("away".to_owned()));
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
