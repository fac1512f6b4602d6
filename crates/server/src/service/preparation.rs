//! Waiting for a store that is not there yet, and making it ready.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::warn;

use crate::readiness::{ServiceReadiness, StoreState};
use crate::wiring::store::{PrepareError, StoreCondition, StoreTechnology};

/// How long a store may be away before the start is given up: who starts both at once need not care
/// for the order.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long it may take to find out why a store is away.
const LAST_QUESTION: Duration = Duration::from_secs(10);
/// How often a store that is away is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// Waits for the store and makes it ready. Each second of waiting has a line in the log. What takes
/// long on a store that is there, such as a migration, has no limit.
///
/// Dropped, it gives up at once.
pub(super) async fn prepare(
    store: &dyn StoreTechnology,
    place: &str,
    readiness: &ServiceReadiness,
) -> Result<()> {
    let begun = Instant::now();
    loop {
        let attempt = Instant::now();
        let condition = store.condition().await;
        readiness.note_store(StoreState::Seen(condition));
        if condition != StoreCondition::Away {
            readiness.note_store(StoreState::Migrating);
            match store.prepare().await {
                Ok(()) => {
                    readiness.note_store(StoreState::Seen(condition));
                    return Ok(());
                }
                Err(PrepareError::Away(_)) => {
                    readiness.note_store(StoreState::Seen(StoreCondition::Away));
                }
                Err(PrepareError::Unusable(error)) => {
                    let error = anyhow::Error::from_boxed(error);
                    return Err(error).with_context(|| format!("the store at {place}"));
                }
            }
        }
        let waited = begun.elapsed();
        if waited >= PATIENCE {
            let limit = PATIENCE.as_secs();
            let why = timeout(LAST_QUESTION, store.why_away()).await;
            let why = why.ok().flatten();
            let why = why.map_or_else(String::new, |why| format!(": {why}"));
            bail!("the store at {place} could not be reached within {limit} s{why}");
        }
        let waited_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
        warn!(store = place, waited_ms, "waiting for the store");
        sleep_until(attempt + PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use users_http::{Check, CheckState, Readiness as _};

    use super::*;
    use crate::lifecycle::Shutdown;
    use crate::wiring::store::scripted::Scripted;

    const PLACE: &str = "db.example:5432/users";

    fn readiness() -> ServiceReadiness {
        ServiceReadiness::new(Shutdown::new(), &[])
    }

    fn of_store(readiness: &ServiceReadiness) -> CheckState {
        let checks = readiness.checks();
        let mut checks = checks.iter().filter(|it| it.component == "store");
        checks.next().map(|Check { state, .. }| *state).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_is_there_is_made_ready_at_once() {
        for condition in [StoreCondition::Well, StoreCondition::ReadOnly] {
            let (store, readiness) = (Scripted::new(Some(condition)), readiness());
            let begun = Instant::now();
            prepare(&store, PLACE, &readiness).await.unwrap();
            assert_eq!(begun.elapsed(), Duration::ZERO);
            assert_eq!(store.preparations(), 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_comes_late_is_waited_for() {
        let (store, readiness) = (Scripted::new(Some(StoreCondition::Away)), readiness());
        let arrival = Duration::from_millis(20_500);
        let arriving = async {
            tokio::time::sleep(arrival).await;
            assert_eq!(of_store(&readiness), CheckState::Fail("not reachable"));
            store.is_now(Some(StoreCondition::Well));
        };
        let begun = Instant::now();
        let (outcome, ()) = tokio::join!(prepare(&store, PLACE, &readiness), arriving);
        outcome.unwrap();
        assert!(begun.elapsed() <= arrival + PAUSE);
        assert_eq!((store.probes(), store.preparations()), (22, 1));
        assert_eq!(of_store(&readiness), CheckState::Pass);
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_does_not_come_ends_the_start_and_is_named() {
        // Refused at once, and taken without an answer.
        for condition in [Some(StoreCondition::Away), None] {
            let (store, readiness) = (Scripted::new(condition), readiness());
            let begun = Instant::now();
            let error = prepare(&store, PLACE, &readiness).await.unwrap_err();
            let took = begun.elapsed();
            assert!((30..33).contains(&took.as_secs()), "{took:?}");
            let text = error.to_string();
            assert!(text.contains(PLACE) && text.contains("30 s"), "{text}");
            assert_eq!(store.preparations(), 0);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_goes_away_while_it_is_made_ready_is_waited_for_again() {
        let (store, readiness) = (Scripted::new(Some(StoreCondition::Well)), readiness());
        store.fail_next(PrepareError::Away("it went".to_owned()));
        prepare(&store, PLACE, &readiness).await.unwrap();
        assert_eq!(store.preparations(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_cannot_be_used_ends_the_start_at_once_and_says_why() {
        let (store, readiness) = (Scripted::new(Some(StoreCondition::Well)), readiness());
        store.fail_next(PrepareError::Unusable("a table is not ours".into()));
        let begun = Instant::now();
        let error = prepare(&store, PLACE, &readiness).await.unwrap_err();
        assert_eq!(begun.elapsed(), Duration::ZERO);
        let text = format!("{error:#}");
        assert!(text.contains(PLACE), "{text}");
        assert!(text.contains("a table is not ours"), "{text}");
        assert!(matches!(of_store(&readiness), CheckState::Fail(_)));
    }
}
