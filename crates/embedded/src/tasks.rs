//! The loops behind a `Users`: effects and notes of reads find their way out, what expired is
//! cleared away, and what was deleted long enough ago goes for good.

mod restart;
mod stop;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tracing::warn;
use users_domain::Error;
use users_domain::model::{Caller, EffectKind};
use users_domain::ports::{EventPublisher, RefreshTokenStore, UserStore};
use users_sqlite::SqliteStore;
use users_system::BoundedReadEvents;

use restart::keep_running;
use stop::{Stop, StopSender};

/// How often an empty outbox, or an empty queue of notes, is looked at.
const PAUSE: Duration = Duration::from_millis(250);
/// The longest pause while the store is away.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How many effects, or notes, one step carries out.
const BATCH: u32 = 100;
/// How often expired sessions and codes are cleared away, and how many of each in one step.
const EXPIRED_PAUSE: Duration = Duration::from_hours(1);
const EXPIRED_BATCH: u32 = 1000;
/// How many deleted accounts are looked at in one step.
const PURGE_BATCH: u32 = 1000;
/// When is looked again where that failed.
const PURGE_AGAIN: Duration = Duration::from_mins(1);
/// How long the last steps may take.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// Running loops. Dropped, they end at once, in the middle of their work: nothing is lost by that,
/// but another program waits up to ten seconds before it carries on. [`Tasks::stop`] ends them well.
///
/// A loop that panics, because a publisher or mailer did, is logged and started again after a pause
/// that doubles from 100 ms to a minute.
#[must_use = "tasks end at once when they are dropped"]
pub struct Tasks {
    running: JoinSet<()>,
    stop: StopSender,
}

/// What the loops work on. Clones share it.
#[derive(Clone)]
pub(crate) struct Work {
    pub(crate) services: users_domain::Users,
    pub(crate) store: SqliteStore,
    pub(crate) read_events: Arc<BoundedReadEvents>,
    pub(crate) publisher: Arc<dyn EventPublisher>,
    /// How often is looked for deleted accounts that are to go.
    pub(crate) purge_interval: Duration,
    /// Held by the loops that run: a relay must not do two steps of one kind at once.
    pub(crate) turn: Arc<Mutex<()>>,
}

impl Tasks {
    pub(crate) fn spawn(work: Work) -> Self {
        // On a runtime without a timer this panics: better here, where somebody sees it, than in
        // every loop.
        drop(tokio::time::sleep(Duration::ZERO));
        let (sender, stop) = stop::channel();
        let mut running = JoinSet::new();
        running.spawn(run(work, stop));
        Self {
            running,
            stop: sender,
        }
    }

    /// Ends the loops: each finishes the step it is in and does a last one, of at most a hundred
    /// effects, so that what a short program left behind has gone out. What remains waits in the
    /// folder, and whoever carries on may do so at once.
    ///
    /// It takes ten seconds at most: a publisher or mailer that hangs is dropped in the middle of its
    /// work.
    pub async fn stop(mut self) {
        self.stop.send();
        let ended = async { while self.running.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_LIMIT, ended).await.is_err() {
            warn!(
                "tasks were dropped in the middle of their work; what is left waits in the folder"
            );
        }
    }
}

/// Runs every loop, once no other set of them does.
async fn run(work: Work, mut stop: Stop) {
    let _turn = tokio::select! {
        biased;
        turn = work.turn.clone().lock_owned() => turn,
        () = stop.asked() => return,
    };
    let mut loops = JoinSet::new();
    for kind in EffectKind::ALL {
        loops.spawn(relay(work.services.clone(), kind, stop.clone()));
    }
    let (users, interval) = (work.services, work.purge_interval);
    loops.spawn(keep_running("purge", stop.clone(), move |stop| {
        purge(users.clone(), interval, stop)
    }));
    let (notes, publisher) = (work.read_events, work.publisher);
    loops.spawn(keep_running("read events", stop.clone(), move |stop| {
        publish_read_events(notes.clone(), publisher.clone(), stop)
    }));
    let store = work.store;
    loops.spawn(keep_running("expired", stop, move |stop| {
        clear_expired(store.clone(), stop)
    }));
    while loops.join_next().await.is_some() {}
}

/// Carries out effects of a kind; once more at the end, then gives the lease back.
async fn relay(users: users_domain::Users, kind: EffectKind, stop: Stop) {
    let again = users.clone();
    keep_running(kind.as_str(), stop, move |stop| {
        carry_out(again.clone(), kind, stop)
    })
    .await;
    // The lease runs out by itself if it cannot be given back.
    let _ = users.relay.release(kind).await;
}

async fn carry_out(users: users_domain::Users, kind: EffectKind, mut stop: Stop) {
    let mut pause = PAUSE;
    loop {
        let last = stop.is_asked();
        match deliver(&users, kind, &stop).await {
            Ok(()) => pause = PAUSE,
            Err(error) => {
                warn!(%error, kind = kind.as_str(), "effects wait");
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        if last {
            return;
        }
        stop.pause(pause).await;
    }
}

/// Carries out what is due now, or one step of it when time is up.
async fn deliver(users: &users_domain::Users, kind: EffectKind, stop: &Stop) -> Result<(), Error> {
    // Looking is cheap; claiming writes.
    if users.relay.depth(kind).await?.pending > 0 {
        while users.relay.deliver_due(kind, BATCH).await?.more && !stop.is_asked() {}
    }
    Ok(())
}

/// Publishes notes of reads; once more at the end.
async fn publish_read_events(
    notes: Arc<BoundedReadEvents>,
    publisher: Arc<dyn EventPublisher>,
    mut stop: Stop,
) {
    let batch = BATCH as usize;
    loop {
        let last = stop.is_asked();
        // After a full batch more may wait.
        while notes.publish_due(&*publisher, batch).await == batch {
            tokio::task::yield_now().await;
        }
        if last {
            return;
        }
        stop.pause(PAUSE).await;
    }
}

/// Looks for deleted accounts that are to go, once at least and then now and then; the relay removes
/// them.
async fn purge(users: users_domain::Users, interval: Duration, mut stop: Stop) {
    loop {
        let looked = users
            .purge
            .queue_all(&Caller::Operator, PURGE_BATCH, || stop.is_asked());
        let pause = match looked.await {
            Ok(_) => interval,
            Err(error) => {
                warn!(%error, "whether deleted accounts are to be removed for good is not known");
                interval.min(PURGE_AGAIN)
            }
        };
        stop.pause(pause).await;
        if stop.is_asked() {
            return;
        }
    }
}

async fn clear_expired(store: SqliteStore, mut stop: Stop) {
    while !stop.is_asked() {
        let mut more = false;
        for removed in [
            store.remove_expired(EXPIRED_BATCH).await,
            store.remove_expired_codes(EXPIRED_BATCH).await,
        ] {
            match removed {
                Ok(removed) => more |= removed >= EXPIRED_BATCH,
                Err(error) => warn!(%error, "what expired was not cleared away"),
            }
        }
        if !more {
            stop.pause(EXPIRED_PAUSE).await;
        }
    }
}
