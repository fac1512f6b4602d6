//! The known keys, kept fresh by one fetch at a time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt as _;
use futures::future::Shared;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tracing::{info, warn};
use users_domain::model::Timestamp;
use users_domain::ports::{Clock, TokenError};

use super::cache::{Cache, KnownKeys, Need};
use super::publisher::{FetchError, Fetched, Publisher};

/// The keys that a publisher has, fetched when they are needed.
pub(super) struct KeySource {
    publisher: Publisher,
    clock: Arc<dyn Clock>,
    runtime: Handle,
    state: Mutex<State>,
    counts: Counts,
}

/// What has been done.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) fetches: AtomicU64,
    pub(super) failures: AtomicU64,
}

#[derive(Default)]
struct State {
    cache: Cache,
    /// The fetch that is under way.
    fetch: Option<Landing>,
    /// When the fetch was begun that brought the known keys.
    asked_at: Option<Timestamp>,
}

impl State {
    /// The fetch that is under way, or a new one with what ends it: whoever gets that begins it.
    fn join(&mut self) -> (Landing, Option<oneshot::Sender<()>>) {
        if let Some(under_way) = &self.fetch {
            return (under_way.clone(), None);
        }
        let (landed, landing) = oneshot::channel();
        let landing = landing.shared();
        self.fetch = Some(landing.clone());
        (landing, Some(landed))
    }
}

/// Ends with a fetch, whatever becomes of it.
type Landing = Shared<oneshot::Receiver<()>>;

/// What came of asking for keys that are newer than the known ones.
pub(super) enum Asked {
    /// These were fetched meanwhile.
    New(KnownKeys),
    /// The publisher is away, or was asked a moment ago.
    NotNow,
}

impl KeySource {
    pub(super) fn new(publisher: Publisher, clock: Arc<dyn Clock>, runtime: Handle) -> Self {
        Self {
            publisher,
            clock,
            runtime,
            state: Mutex::default(),
            counts: Counts::default(),
        }
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The keys that are known now; may be none.
    pub(super) fn known(&self) -> KnownKeys {
        let now = self.clock.now();
        self.lock().cache.usable(now)
    }

    /// The keys to verify with: at least one.
    pub(super) async fn current(self: &Arc<Self>) -> Result<KnownKeys, TokenError> {
        let now = self.clock.now();
        let (fetch, at_once) = {
            let mut state = self.lock();
            let known = state.cache.usable(now);
            let under_way = state.fetch.is_some();
            let at_once = match state.cache.need(now) {
                Need::Nothing => return Ok(known),
                Need::Refresh if under_way => return Ok(known),
                Need::Refresh => Some(known),
                Need::Away if !under_way => return Err(TokenError::Unavailable),
                Need::Away | Need::Wait => None,
            };
            (state.join(), at_once)
        };
        let landing = self.begin(fetch);
        if let Some(known) = at_once {
            return Ok(known);
        }
        // Whatever became of it, the cache knows.
        _ = landing.await;
        let known = self.known();
        if known.is_empty() {
            return Err(TokenError::Unavailable);
        }
        Ok(known)
    }

    /// Keys that are newer than the known ones, if it is time to ask for some.
    pub(super) async fn newer(self: &Arc<Self>) -> Asked {
        let now = self.clock.now();
        let fetch = {
            let mut state = self.lock();
            if state.fetch.is_none() && !state.cache.may_fetch(now) {
                return Asked::NotNow;
            }
            state.join()
        };
        _ = self.begin(fetch).await;
        let now = self.clock.now();
        let state = self.lock();
        if state.cache.succeeded() {
            Asked::New(state.cache.usable(now))
        } else {
            Asked::NotNow
        }
    }

    /// Whether the publisher was asked for the known keys at an instant or later: a key that was in
    /// use by then is among them.
    pub(super) fn asked_since(&self, instant: Timestamp) -> bool {
        self.lock().asked_at.is_some_and(|asked| asked >= instant)
    }

    /// Begins a fetch that nobody else has. It goes on if nobody waits for it.
    fn begin(self: &Arc<Self>, (landing, mine): (Landing, Option<oneshot::Sender<()>>)) -> Landing {
        if let Some(landed) = mine {
            let fetch = Fetch {
                source: self.clone(),
                asked_at: self.clock.now(),
                fetched: Err(FetchError::GivenUp),
                landed: Some(landed),
            };
            // Not while the state is locked: a runtime that ends drops the task at once, and the
            // fetch is over.
            self.runtime.spawn(fetch.run());
        }
        landing
    }

    /// Notes what a fetch brought, and that it is over.
    fn land(&self, asked_at: Timestamp, fetched: Result<Fetched, FetchError>) {
        match fetched {
            Ok(fetched) => self.land_keys(asked_at, fetched),
            Err(error) => {
                let known = self.note(|state, now| {
                    state.cache.fail(now);
                    state.cache.usable(now).len()
                });
                self.counts.failures.fetch_add(1, Ordering::Relaxed);
                warn!(
                    url = %self.publisher,
                    %error,
                    known,
                    "the keys that verify tokens were not fetched"
                );
            }
        }
        self.counts.fetches.fetch_add(1, Ordering::Release);
    }

    fn land_keys(&self, asked_at: Timestamp, Fetched { set, max_age }: Fetched) {
        let keys = set.keys.len();
        let changed = self.note(|state, now| {
            state.asked_at = Some(asked_at);
            state.cache.succeed(now, set.keys, max_age)
        });
        if !changed {
            return;
        }
        for skipped in set.skipped {
            warn!(url = %self.publisher, %skipped, "a published key is not used");
        }
        info!(url = %self.publisher, keys, "the keys that verify tokens have changed");
        if keys == 0 {
            warn!(
                url = %self.publisher,
                "no key is published that verifies tokens: none can be accepted"
            );
        }
    }

    fn note<T>(&self, outcome: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        let now = self.clock.now();
        let mut state = self.lock();
        state.fetch = None;
        outcome(&mut state, now)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A fetch that is over when it is dropped: nobody waits for one that will never end.
struct Fetch {
    source: Arc<KeySource>,
    asked_at: Timestamp,
    fetched: Result<Fetched, FetchError>,
    landed: Option<oneshot::Sender<()>>,
}

impl Fetch {
    async fn run(mut self) {
        self.fetched = self.source.publisher.fetch().await;
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        let fetched = std::mem::replace(&mut self.fetched, Err(FetchError::GivenUp));
        self.source.land(self.asked_at, fetched);
        if let Some(landed) = self.landed.take() {
            // Perhaps nobody waits.
            _ = landed.send(());
        }
    }
}
