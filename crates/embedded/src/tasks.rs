//! The loops behind a `Users`: effects and read events find their way out, expired sessions are
//! cleared away.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::warn;
use users_domain::model::EffectKind;
use users_domain::ports::{EventPublisher, RefreshTokenStore};
use users_system::BoundedReadEvents;

/// How often an empty outbox is looked at.
const PAUSE: Duration = Duration::from_millis(250);
/// How many effects one step carries out.
const BATCH: u32 = 100;
/// How many notes of reads are published at the end: all that can wait, and no endless more.
const LAST_BATCH: usize = 10_000;
/// How often expired sessions are cleared away, and how many in one step.
const SESSIONS_PAUSE: Duration = Duration::from_hours(1);
const SESSIONS_BATCH: u32 = 1000;

/// Running loops; dropping it ends them at once, [`Tasks::stop`] after the step they are in.
pub struct Tasks {
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
}

impl Tasks {
    pub(crate) fn spawn(
        users: users_domain::Users,
        read_events: Arc<BoundedReadEvents>,
        publisher: Arc<dyn EventPublisher>,
        sessions: Arc<dyn RefreshTokenStore>,
    ) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut running = JoinSet::new();
        running.spawn(relay(users, stopped.clone()));
        running.spawn(expired_sessions(sessions, stopped.clone()));
        running.spawn(async move {
            let mut stopped = stopped;
            while !*stopped.borrow() {
                read_events.publish_due(&*publisher, BATCH as usize).await;
                pause(PAUSE, &mut stopped).await;
            }
            read_events.publish_due(&*publisher, LAST_BATCH).await;
        });
        Self { stop, running }
    }

    /// Ends the loops after the step they are in and gives leases back.
    pub async fn stop(mut self) {
        // Nobody listens any more: the loops have ended.
        let _ = self.stop.send(true);
        while self.running.join_next().await.is_some() {}
    }
}

async fn relay(users: users_domain::Users, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        for kind in EffectKind::ALL {
            if let Err(error) = deliver(&users, kind).await {
                warn!(%error, kind = kind.as_str(), "effects wait");
            }
        }
        pause(PAUSE, &mut stopped).await;
    }
    for kind in EffectKind::ALL {
        // The lease runs out by itself if it cannot be given back.
        let _ = users.relay.release(kind).await;
    }
}

async fn deliver(users: &users_domain::Users, kind: EffectKind) -> Result<(), users_domain::Error> {
    // Looking is free; claiming writes.
    if users.relay.depth(kind).await?.pending > 0 {
        while users.relay.deliver_due(kind, BATCH).await?.more {}
    }
    Ok(())
}

async fn expired_sessions(
    sessions: Arc<dyn RefreshTokenStore>,
    mut stopped: watch::Receiver<bool>,
) {
    while !*stopped.borrow() {
        match sessions.remove_expired(SESSIONS_BATCH).await {
            Ok(SESSIONS_BATCH..) => continue,
            Ok(_) => {}
            Err(error) => warn!(%error, "expired sessions were not cleared away"),
        }
        pause(SESSIONS_PAUSE, &mut stopped).await;
    }
}

/// Waits, but not beyond the end.
async fn pause(length: Duration, stopped: &mut watch::Receiver<bool>) {
    let _ = tokio::time::timeout(length, stopped.wait_for(|stop| *stop)).await;
}
