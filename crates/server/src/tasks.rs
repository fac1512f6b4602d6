//! What runs beside requests: each task a loop that the supervisor starts, restarts and ends.

mod neighbour_watch;
mod purge;
mod store_watch;
mod tend_store;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tracing::{debug, warn};
use users_domain::model::EffectKind;
use users_domain::ports::Clock;
use users_domain::{Error, Users};

use crate::lifecycle::Shutdown;
use crate::telemetry::outbox_metrics::OutboxMetrics;
use crate::wiring::{OpenedStore, PublishReadEvents};

pub use neighbour_watch::neighbour_watch;
pub use purge::purge;
pub use store_watch::store_watch;
pub use tend_store::tend_store;

/// How often an empty outbox, or an empty queue of notes, is looked at.
const PAUSE: Duration = Duration::from_millis(250);
/// The longest pause while the store is away.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Effects carried out in one step.
const EFFECTS_BATCH: u32 = 100;
/// How often expired sessions and codes are cleared away.
const EXPIRED_PAUSE: Duration = Duration::from_hours(1);
/// Of each, how many are cleared away in one step.
const EXPIRED_BATCH: u32 = 1000;

/// Whether requests are still being answered: tasks go on until the last one is.
#[derive(Clone, Debug)]
pub struct Traffic(watch::Sender<bool>);

/// Requests are being answered as long as it lives.
#[derive(Debug)]
pub struct TrafficGuard(watch::Sender<bool>);

impl Default for Traffic {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Traffic {
    /// From now on requests are being answered.
    #[must_use = "traffic ends when the guard is dropped"]
    pub fn begin(&self) -> TrafficGuard {
        self.0.send_replace(true);
        TrafficGuard(self.0.clone())
    }

    /// Returns when the end was asked for and the last request is answered, or the end is forced.
    async fn drained(&self, shutdown: &Shutdown) {
        shutdown.requested().await;
        let mut traffic = self.0.subscribe();
        tokio::select! {
            // The sender lives in `self`, so the channel does not close.
            _ = traffic.wait_for(|flowing| !flowing) => {}
            () = shutdown.forced() => {}
        }
    }
}

impl Drop for TrafficGuard {
    fn drop(&mut self) {
        self.0.send_replace(false);
    }
}

/// Carries out effects of a kind; once more after the last request, then gives the lease back.
pub async fn relay(
    users: Users,
    kind: EffectKind,
    clock: Arc<dyn Clock>,
    metrics: OutboxMetrics,
    traffic: Traffic,
    shutdown: Shutdown,
) {
    let mut pause = PAUSE;
    loop {
        let last = shutdown.is_requested() && !*traffic.0.borrow();
        match deliver(&users, kind, &*clock, &metrics, &shutdown).await {
            Ok(()) => pause = PAUSE,
            Err(error) => {
                warn!(kind = kind.as_str(), %error, "effects wait");
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        if last || shutdown.is_forced() {
            break;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = traffic.drained(&shutdown) => {}
        }
    }
    if let Err(error) = users.relay.release(kind).await {
        debug!(kind = kind.as_str(), %error, "the lease was not given back; it runs out by itself");
    }
}

/// Carries out what is due now.
async fn deliver(
    users: &Users,
    kind: EffectKind,
    clock: &dyn Clock,
    metrics: &OutboxMetrics,
    shutdown: &Shutdown,
) -> Result<(), Error> {
    // Looking is cheap; claiming writes.
    let mut depth = users.relay.depth(kind).await?;
    metrics.note(kind, &depth, clock.now());
    if depth.pending == 0 {
        return Ok(());
    }
    // At the end one step is enough: what is left is carried out by the next start.
    while users.relay.deliver_due(kind, EFFECTS_BATCH).await?.more && !shutdown.is_requested() {}
    depth = users.relay.depth(kind).await?;
    metrics.note(kind, &depth, clock.now());
    Ok(())
}

/// Publishes noted reads; once more after the last request.
pub async fn read_events(publish: PublishReadEvents, traffic: Traffic, shutdown: Shutdown) {
    loop {
        let last = shutdown.is_requested() && !*traffic.0.borrow();
        while publish().await && !shutdown.is_forced() {
            tokio::task::yield_now().await;
        }
        if last || shutdown.is_forced() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = traffic.drained(&shutdown) => {}
        }
    }
}

/// Clears expired sessions and codes away.
pub async fn expired(store: OpenedStore, shutdown: Shutdown) {
    while !shutdown.is_requested() {
        let mut more = false;
        for removed in [
            store.sessions.remove_expired(EXPIRED_BATCH).await,
            store.users.remove_expired_codes(EXPIRED_BATCH).await,
        ] {
            match removed {
                Ok(removed) => more |= removed >= EXPIRED_BATCH,
                Err(error) => warn!(%error, "what expired was not cleared away"),
            }
        }
        if more {
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep(EXPIRED_PAUSE) => {}
            () = shutdown.requested() => {}
        }
    }
}
