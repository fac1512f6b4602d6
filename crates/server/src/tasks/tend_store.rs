//! What a store needs and need not have before the first request, done while requests are served.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tracing::warn;

use crate::lifecycle::Shutdown;
use crate::wiring::store::StoreTechnology;

/// How long a store that could not be tended is left alone.
const PAUSE: Duration = Duration::from_secs(30);
/// How often is looked whether others left something to be done, as an import that was killed does.
const AGAIN: Duration = Duration::from_mins(10);

/// Tends the store until that succeeds, and looks again now and then until the end.
pub async fn tend_store(store: Arc<dyn StoreTechnology>, shutdown: Shutdown) {
    let tended = async {
        while let Err(error) = store.tend().await {
            warn!(%error, "the store is not tended to its end, so some requests may be slow; trying again soon");
            sleep(PAUSE).await;
        }
        loop {
            sleep(AGAIN).await;
            if let Err(error) = store.tend_again().await {
                warn!(%error, "whether the store needs tending is not known; looking again later");
            }
        }
    };
    tokio::select! {
        () = tended => {}
        () = shutdown.requested() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wiring::store::StoreCondition;
    use crate::wiring::store::scripted::Scripted;

    #[tokio::test(start_paused = true)]
    async fn what_others_leave_undone_is_looked_for_every_ten_minutes() {
        let store = Scripted::new(Some(StoreCondition::Well));
        let shutdown = Shutdown::new();
        let tended = tokio::spawn(tend_store(Arc::new(store.clone()), shutdown.clone()));
        sleep(AGAIN * 3 + PAUSE).await;
        assert_eq!(store.tendings(), (1, 3));
        shutdown.request();
        tended.await.unwrap();
    }
}
