//! Looks for deleted accounts that are to go for good. The relay of purges removes them.

use std::time::Duration;

use tracing::{info, warn};
use users_domain::Users;
use users_domain::model::Caller;

use crate::lifecycle::Shutdown;

/// Deleted accounts looked at in one step.
const BATCH: u32 = 1000;
/// The first pause while the store is away; it doubles with each look in vain.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause while the store is away.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Looks at the start and then every `interval`; sooner while the store is away.
pub async fn purge(users: Users, interval: Duration, shutdown: Shutdown) {
    let mut pause = FIRST_PAUSE;
    let mut is_away = false;
    while !shutdown.is_requested() {
        let stop = || shutdown.is_requested();
        let looked = users.purge.queue_all(&Caller::Operator, BATCH, stop);
        let wait = match looked.await {
            Ok(due) => {
                if due > 0 {
                    info!(due, "deleted accounts are to be removed for good");
                }
                (pause, is_away) = (FIRST_PAUSE, false);
                interval
            }
            Err(error) => {
                if !is_away {
                    warn!(%error, "whether deleted accounts are to be removed for good is not known; looking again soon");
                }
                is_away = true;
                let wait = pause.min(interval);
                pause = (pause * 2).min(LONGEST_PAUSE);
                wait
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = shutdown.requested() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use users_domain::Settings;
    use users_domain::model::{EffectKind, Status, User};
    use users_domain::ports::{Ports, UserStore};
    use users_testkit::faults::{Fault, FaultPlan, Faulty};
    use users_testkit::{Fakes, people};

    use super::*;

    const INTERVAL: Duration = Duration::from_hours(24);

    /// Somebody whose account was deleted when the clock began.
    fn deleted(name: &str) -> User {
        User {
            status: Status::Deleted,
            ..people::user(name)
        }
    }

    fn waiting(fakes: &Fakes) -> usize {
        fakes.store.effects(EffectKind::Purge).len()
    }

    /// Time passes for the clock and for who sleeps.
    async fn pass(fakes: &Fakes, time: Duration) {
        fakes.clock.advance(time);
        tokio::time::sleep(time).await;
    }

    #[tokio::test(start_paused = true)]
    async fn it_looks_at_the_start_and_then_every_interval() {
        let fakes = Fakes::new();
        fakes.store.put(deleted("ada"));
        fakes.clock.advance(Duration::from_hours(720));
        let shutdown = Shutdown::new();
        let looking = tokio::spawn(purge(fakes.users(), INTERVAL, shutdown.clone()));
        pass(&fakes, Duration::from_secs(1)).await;
        assert_eq!(waiting(&fakes), 1);
        fakes.store.put(deleted("grace"));
        pass(&fakes, INTERVAL.saturating_sub(Duration::from_secs(2))).await;
        assert_eq!(waiting(&fakes), 1);
        pass(&fakes, Duration::from_secs(2)).await;
        assert_eq!(waiting(&fakes), 2);
        shutdown.request();
        looking.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_is_away_is_asked_again_soon() {
        let fakes = Fakes::new();
        fakes.store.put(deleted("ada"));
        fakes.clock.advance(Duration::from_hours(720));
        let plan = FaultPlan::always(Fault::Away);
        let good: Arc<dyn UserStore> = Arc::new(fakes.store.clone());
        let ports = Ports {
            users: Arc::new(Faulty::new(good, plan.clone())),
            ..fakes.ports()
        };
        let users = Users::new(ports, Settings::default());
        let shutdown = Shutdown::new();
        let looking = tokio::spawn(purge(users, INTERVAL, shutdown.clone()));
        pass(&fakes, Duration::from_mins(10)).await;
        assert_eq!(waiting(&fakes), 0);
        let calls = plan.so_far().calls;
        assert!((10..20).contains(&calls), "{calls}");
        plan.calm();
        pass(&fakes, LONGEST_PAUSE).await;
        assert_eq!(waiting(&fakes), 1);
        shutdown.request();
        looking.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn more_than_one_step_finds_are_found() {
        let fakes = Fakes::new();
        for number in 0..2_500 {
            fakes.store.put(deleted(&format!("user{number}")));
        }
        fakes.clock.advance(Duration::from_hours(720));
        let users = fakes.users();
        let found = users.purge.queue_all(&Caller::Operator, BATCH, || false);
        assert_eq!(found.await.unwrap(), 2_500);
        assert_eq!(waiting(&fakes), 2_500);
    }
}
