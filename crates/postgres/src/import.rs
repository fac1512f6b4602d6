//! Accounts into the table in bulk: the port `UserImport`.
//!
//! An import has a connection of its own, since a batch is more than a call. Each batch is one
//! transaction and one table that lives no longer than that, so that a pooler in transaction mode
//! may stand between. Only a dry run has something to remember from one batch to the next; behind
//! such a pooler all of it is one transaction.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_postgres::error::SqlState;
use users_domain::model::{Arrival, ImportOutcome};
use users_domain::ports::{ImportMode, StoreError, UserImport};

use crate::PostgresStore;
use crate::connect::ConnectError;
use crate::session::{Session, SessionError};

mod arrivals;
mod batch;
mod culprit;
mod secondary;

#[cfg(test)]
pub(crate) use {
    arrivals::CREATE,
    batch::{SET, TAKEN},
};

use batch::Batches;
use secondary::Secondary;

/// How long a batch may be kept waiting by others, all its attempts together.
const PATIENCE: Duration = Duration::from_mins(1);
/// The pause before a batch that gave way to others is begun again.
const PAUSE: Duration = Duration::from_millis(50);
/// How often a batch is begun at most that met accounts that were made in the same moment by a program
/// that knows nothing of our locks.
const ATTEMPTS: u32 = 5;
/// How long a batch asks again for a server that went away: as long as one takes to start again.
const RESTART: Duration = Duration::from_secs(10);
/// The pause before it asks.
const RECONNECT: Duration = Duration::from_millis(500);

/// An import that goes on.
pub(crate) struct Import {
    store: PostgresStore,
    /// Locked by the call that runs, which goes on even if nobody waits for it.
    state: Arc<Mutex<State>>,
}

struct State {
    batches: Batches,
    /// `None` before it is needed again: it was lost, or left in an unknown state.
    session: Option<Session>,
    secondary: Secondary,
    imported: u64,
}

/// Why a batch was not carried out.
enum Failed {
    Connect(ConnectError),
    /// Nothing was changed.
    Undone(SessionError),
    /// The answer to COMMIT was lost.
    Unknown(SessionError),
    /// A dry run lost its connection, and with it what it knew.
    Over,
    /// Names cannot be looked up yet.
    NoNames,
}

impl From<SessionError> for Failed {
    fn from(error: SessionError) -> Self {
        Self::Undone(error)
    }
}

impl Import {
    pub(crate) async fn begin(store: PostgresStore, mode: ImportMode) -> Result<Self, StoreError> {
        let begun = {
            let store = store.clone();
            async move {
                let state = State::begin(&store, mode).await;
                state.map_err(Failed::into_store_error)
            }
        };
        let state = Arc::new(Mutex::new(store.connections.run(begun).await?));
        Ok(Self { store, state })
    }
}

#[async_trait]
impl UserImport for Import {
    #[tracing::instrument(skip_all, name = "db.user.import.add")]
    async fn add(&mut self, accounts: &[Arrival]) -> Result<Vec<ImportOutcome>, StoreError> {
        if accounts.is_empty() {
            return Ok(Vec::new());
        }
        let (store, state) = (self.store.clone(), self.state.clone());
        let accounts = accounts.to_vec();
        let added = async move { state.lock().await.add(&store, &accounts).await };
        self.store.connections.run(added).await
    }

    #[tracing::instrument(skip_all, name = "db.user.import.finish")]
    async fn finish(self: Box<Self>) -> Result<(), StoreError> {
        let (store, state) = (self.store.clone(), self.state.clone());
        let finished = async move { state.lock().await.finish(&store).await };
        self.store.connections.run(finished).await
    }
}

/// What was dropped for an import is built again, whatever becomes of it.
impl Drop for Import {
    fn drop(&mut self) {
        if let Ok(state) = self.state.try_lock()
            && state.secondary != Secondary::Gone
        {
            return;
        }
        let (store, state) = (self.store.clone(), self.state.clone());
        self.store.connections.run_behind(async move {
            let mut state = state.lock().await;
            state.session = None;
            // It has logged why; the next start tries again.
            let _built = state.secondary.build(&store).await;
        });
    }
}

impl State {
    async fn begin(store: &PostgresStore, mode: ImportMode) -> Result<Self, Failed> {
        let settings = store.connections.settings();
        let batches = Batches::new(mode, settings, store.clock.clone());
        secondary::wait_for_names(store, mode).await?;
        let session = open(store).await?;
        let secondary = match mode {
            ImportMode::Write => Secondary::look(&session).await?,
            ImportMode::DryRun => Secondary::Stay,
        };
        batches.set_up(&session).await?;
        Ok(Self {
            batches,
            session: Some(session),
            secondary,
            imported: 0,
        })
    }

    async fn add(
        &mut self,
        store: &PostgresStore,
        accounts: &[Arrival],
    ) -> Result<Vec<ImportOutcome>, StoreError> {
        self.secondary.make_way(store, self.imported).await;
        let begun = Instant::now();
        let mut attempt = 1;
        loop {
            let failed = match self.attempt(store, accounts).await {
                Ok(outcomes) => {
                    self.imported += self.batches.written(&outcomes);
                    return Ok(outcomes);
                }
                Err(failed) => failed,
            };
            let (again, pause) = match &failed {
                Failed::Undone(error) if gives_way(error) => (begun.elapsed() < PATIENCE, PAUSE),
                Failed::Undone(error) if error.is(&SqlState::UNIQUE_VIOLATION) => {
                    attempt += 1;
                    (attempt <= ATTEMPTS, PAUSE)
                }
                Failed::Undone(SessionError::Lost(_)) | Failed::Connect(_) => {
                    (begun.elapsed() < RESTART, RECONNECT)
                }
                _ => (false, PAUSE),
            };
            if !again {
                if let (Failed::Undone(error), Some(session)) = (&failed, &self.session) {
                    culprit::tell(&self.batches, session, accounts, error).await;
                }
                return Err(failed.into_store_error());
            }
            tracing::debug!(attempt, "a batch of accounts is begun again");
            tokio::time::sleep(pause).await;
        }
    }

    /// Carries a batch out once. What is not finished is undone.
    async fn attempt(
        &mut self,
        store: &PostgresStore,
        accounts: &[Arrival],
    ) -> Result<Vec<ImportOutcome>, Failed> {
        let session = match self.session.take() {
            Some(session) => session,
            None if self.batches.is_dry_run() => return Err(Failed::Over),
            None => open(store).await?,
        };
        let outcomes = self.batches.carry_out(&session, accounts).await;
        let is_good = match &outcomes {
            Ok(_) => true,
            // The server's own no is as good as its yes.
            Err(Failed::Undone(SessionError::Refused { .. })) => {
                self.batches.undo(&session).await.is_ok()
            }
            Err(_) => false,
        };
        self.session = is_good.then_some(session);
        outcomes
    }

    async fn finish(&mut self, store: &PostgresStore) -> Result<(), StoreError> {
        if let Some(session) = self.session.take() {
            self.batches.end(&session).await;
        }
        if !self.batches.is_dry_run() {
            self.secondary.build(store).await?;
        }
        if self.imported >= secondary::MANY {
            let session = open(store).await.map_err(Failed::into_store_error)?;
            secondary::vacuum(&session, store.connections.settings()).await;
        }
        Ok(())
    }
}

async fn open(store: &PostgresStore) -> Result<Session, Failed> {
    let opened = Session::open(store.connections.connector()).await;
    opened.map_err(Failed::Connect)
}

/// Whether others were in the way, who will be gone.
fn gives_way(error: &SessionError) -> bool {
    let reasons = [
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::T_R_SERIALIZATION_FAILURE,
    ];
    reasons.iter().any(|reason| error.is(reason))
}

impl Failed {
    /// What the caller is told. Logs what he is not told.
    fn into_store_error(self) -> StoreError {
        match self {
            Self::Connect(error) => tracing::error!(%error, "no connection to the database"),
            Self::Undone(error) => tracing::error!(%error, "accounts could not be imported"),
            Self::Unknown(error) => {
                tracing::error!(%error, "whether accounts were imported is not known");
            }
            Self::NoNames => tracing::error!(
                "the indexes of addresses and usernames are not built yet, so no account can be looked \
                 up: let the service build them, or `magistrala-users migrate`, and try again"
            ),
            Self::Over => tracing::error!("the dry run lost its connection and is over"),
        }
        StoreError::Unavailable
    }
}
