//! The store of accounts, outbox and sessions: one face for whatever keeps them.

mod postgres;
#[cfg(test)]
pub(crate) mod scripted;
mod sqlite;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::timeout;
use users_domain::model::Timestamp;
use users_domain::ports::{Clock, Outbox, RefreshTokenStore, UserStore, UserTransfer};
pub use users_postgres::{AccountCounts, DatabaseOwner, Survey};
use users_sqlite::SqliteStore;

use super::WiringError;
use crate::config::{Config, StoreKind};
use crate::telemetry::samples::Sample;

/// A store that does not answer a question about itself within this time counts as away.
const PROBE_LIMIT: Duration = Duration::from_millis(1_500);

/// A store that has been opened, which need not mean that it can be reached. Clones share it.
#[derive(Clone)]
pub struct OpenedStore {
    /// Keeps accounts and codes.
    pub users: Arc<dyn UserStore>,
    /// Gives accounts out in bulk, and takes them in.
    pub transfer: Arc<dyn UserTransfer>,
    /// Keeps what is to leave the process.
    pub outbox: Arc<dyn Outbox>,
    /// Keeps sessions.
    pub sessions: Arc<dyn RefreshTokenStore>,
    /// Where it is, for people: the file, or host, port and database.
    pub place: String,
    /// What keeps them.
    pub technology: Arc<dyn StoreTechnology>,
}

/// What the service asks of a store besides what its ports promise.
#[async_trait]
pub trait StoreTechnology: Send + Sync {
    /// Asks the store the least that can be asked, and says how it is.
    async fn probe(&self) -> StoreCondition;

    /// Why the store cannot be reached, in words for its operator; `None`: nobody knows, or it can.
    async fn why_away(&self) -> Option<String> {
        None
    }

    /// Does all that must be done before the first request: brings the schema up to date. May take as
    /// long as that needs; done twice, it does nothing. Dropped, it leaves the store so that the next
    /// start can go on.
    async fn prepare(&self) -> Result<(), PrepareError>;

    /// Does what may be done while requests are served, and need not be done before: builds indexes.
    /// May take long; done twice, it does nothing. Dropped, it leaves the store so that the next start
    /// can go on.
    async fn tend(&self) -> Result<(), Box<dyn Error + Send + Sync>>;

    /// Does of that what others may have left to be done since, as an import that was killed. A look
    /// where there is nothing.
    async fn tend_again(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(())
    }

    /// Whether accounts of the deployed service were taken over.
    async fn is_adopted(&self) -> bool {
        false
    }

    /// Ends calls that run and may take long, e.g. an import that tidies up, so that [`Self::close`]
    /// need not wait for them: for somebody who insists on the end. What was committed stays. The next
    /// start goes on with what is left undone. A store whose calls are all short does nothing.
    fn abandon(&self) {}

    /// Refuses new calls, carries out those that run, and lets go of the store.
    async fn close(&self);

    /// What the store says about itself, for the metrics.
    fn samples(&self) -> Vec<Sample>;

    /// How the store is, found out within 1.5 s.
    async fn condition(&self) -> StoreCondition {
        let answer = timeout(PROBE_LIMIT, self.probe()).await;
        answer.unwrap_or(StoreCondition::Away)
    }
}

/// How a store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreCondition {
    /// It reads and writes.
    Well,
    /// It reads and takes no writes.
    ReadOnly,
    /// It cannot be reached, or does not answer in time.
    Away,
}

/// Why a store could not be made ready.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// It went away meanwhile; later it may work.
    #[error("{0}")]
    Away(String),
    /// It is there, and cannot be used as it is.
    #[error(transparent)]
    Unusable(Box<dyn Error + Send + Sync>),
}

/// Opens the store that the settings name. Blocks while it reads and writes files; a store that is
/// elsewhere is not asked yet. Call it where a tokio runtime is at hand.
pub(super) fn open(config: &Config, clock: Arc<dyn Clock>) -> Result<OpenedStore, WiringError> {
    match config.store.kind {
        StoreKind::Sqlite => sqlite::open(&config.store, clock),
        StoreKind::Postgres => postgres::open(&config.postgres, clock),
    }
}

/// Where the store is, for people: the file, or host, port and database.
pub fn place(config: &Config) -> String {
    match config.store.kind {
        StoreKind::Sqlite => config.store.sqlite_path.display().to_string(),
        StoreKind::Postgres => postgres::address(&config.postgres),
    }
}

/// How a store is that is elsewhere. Changes nothing.
pub async fn condition(config: &Config) -> Result<StoreCondition, WiringError> {
    let store = open(config, super::clock())?;
    Ok(store.technology.condition().await)
}

/// A step of a schema's history, and whether the store has taken it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// Its name, e.g. `0001_users`.
    pub name: String,
    /// When the store took it; `None`: not yet.
    pub applied_at: Option<Timestamp>,
}

/// All migrations of the store in order. Changes nothing.
pub async fn migrations(config: &Config) -> Result<Vec<Migration>, WiringError> {
    Ok(match config.store.kind {
        StoreKind::Sqlite => users_sqlite::migrate::list(&config.store.sqlite_path)?
            .into_iter()
            .map(|status| Migration {
                name: status.name,
                applied_at: status.applied_at,
            })
            .collect(),
        StoreKind::Postgres => {
            let store = postgres::store(&config.postgres, super::clock())?;
            store
                .migrations()
                .await?
                .into_iter()
                .map(|status| Migration {
                    name: status.name,
                    applied_at: status.applied_at,
                })
                .collect()
        }
    })
}

/// What is known of the Postgres database that the settings name, whoever made it. Changes nothing.
pub async fn survey(config: &Config) -> Result<Survey, WiringError> {
    let store = postgres::store(&config.postgres, super::clock())?;
    let cost = users_password::HasherSettings::COST;
    Ok(store.survey(cost).await?)
}

/// What [`migrate`] would do, step by step. Changes nothing.
pub async fn dry_run(config: &Config) -> Result<Vec<String>, WiringError> {
    Ok(match config.store.kind {
        StoreKind::Sqlite => users_sqlite::migrate::pending(&config.store.sqlite_path)?,
        StoreKind::Postgres => {
            let store = postgres::store(&config.postgres, super::clock())?;
            store.dry_run().await?
        }
    })
}

/// Brings the store's schema up to date, its indexes and numbers too; gives the names of what was done.
pub async fn migrate(config: &Config) -> Result<Vec<String>, WiringError> {
    Ok(match config.store.kind {
        StoreKind::Sqlite => users_sqlite::migrate::run(&config.store.sqlite_path)?,
        StoreKind::Postgres => {
            let store = postgres::store(&config.postgres, super::clock())?;
            let mut done = store.migrate().await?;
            done.extend(store.tend().await?);
            store.close().await;
            done
        }
    })
}

/// The store as it is, for questions only: nothing is made, migrated or written. Call it where a
/// tokio runtime is at hand.
pub fn look(config: &Config) -> Result<Arc<dyn UserStore>, WiringError> {
    Ok(match config.store.kind {
        StoreKind::Sqlite => {
            let path = &config.store.sqlite_path;
            Arc::new(SqliteStore::look(path, super::clock())?)
        }
        StoreKind::Postgres => Arc::new(postgres::store(&config.postgres, super::clock())?),
    })
}
