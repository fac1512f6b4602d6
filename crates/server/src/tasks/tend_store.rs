//! What a store needs and need not have before the first request, done while requests are served.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tracing::warn;

use crate::lifecycle::Shutdown;
use crate::wiring::store::StoreTechnology;

/// How long a store that could not be tended is left alone.
const PAUSE: Duration = Duration::from_secs(30);

/// Tends the store until that succeeds, then waits for the end.
pub async fn tend_store(store: Arc<dyn StoreTechnology>, shutdown: Shutdown) {
    let tended = async {
        while let Err(error) = store.tend().await {
            warn!(%error, "the store is not tended to its end, so some requests may be slow; trying again soon");
            sleep(PAUSE).await;
        }
        shutdown.requested().await;
    };
    tokio::select! {
        () = tended => {}
        () = shutdown.requested() => {}
    }
}
