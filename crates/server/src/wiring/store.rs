//! The store of accounts, outbox and sessions: one face for whatever keeps them.

#[cfg(test)]
pub(crate) mod scripted;
mod sqlite;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::timeout;
use users_domain::ports::{Clock, Outbox, RefreshTokenStore, UserStore};
use users_sqlite::SqliteStore;
use users_sqlite::migrate::MigrationStatus;

use super::WiringError;
use crate::config::StoreSettings;
use crate::telemetry::samples::Sample;

/// A store that does not answer a question about itself within this time counts as away.
const PROBE_LIMIT: Duration = Duration::from_millis(1_500);

/// A store that has been opened, which need not mean that it can be reached. Clones share it.
#[derive(Clone)]
pub struct OpenedStore {
    /// Keeps accounts and codes.
    pub users: Arc<dyn UserStore>,
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

    /// Does all that must be done before the first request: brings the schema up to date. May take as
    /// long as that needs; done twice, it does nothing. Dropped, it leaves the store so that the next
    /// start can go on.
    async fn prepare(&self) -> Result<(), PrepareError>;

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
    #[error("the store cannot be reached")]
    Away,
    /// It is there, and cannot be used as it is.
    #[error(transparent)]
    Unusable(Box<dyn Error + Send + Sync>),
}

/// Opens the store that the settings name. Blocks while it reads and writes files; a store that is
/// elsewhere is not asked yet. Call it where a tokio runtime is at hand.
pub(super) fn open(
    settings: &StoreSettings,
    clock: Arc<dyn Clock>,
) -> Result<OpenedStore, WiringError> {
    sqlite::open(settings, clock)
}

/// All migrations of the store in order. Changes nothing.
pub fn migrations(settings: &StoreSettings) -> Result<Vec<MigrationStatus>, WiringError> {
    Ok(users_sqlite::migrate::list(&settings.sqlite_path)?)
}

/// Brings the store's schema up to date; gives the names of the migrations it took.
pub fn migrate(settings: &StoreSettings) -> Result<Vec<String>, WiringError> {
    Ok(users_sqlite::migrate::run(&settings.sqlite_path)?)
}

/// The store as it is, for questions only: nothing is made, migrated or written.
pub fn look(settings: &StoreSettings) -> Result<Arc<dyn UserStore>, WiringError> {
    let store = SqliteStore::look(&settings.sqlite_path, super::clock())?;
    Ok(Arc::new(store))
}
