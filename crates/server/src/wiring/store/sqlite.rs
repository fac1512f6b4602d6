//! One SQLite file: opened, and its schema brought up to date, in an instant.

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use users_domain::model::UserId;
use users_domain::ports::{Clock, UserStore as _};
use users_sqlite::{SqliteOptions, SqliteStats, SqliteStore};

use super::{OpenedStore, PrepareError, StoreCondition, StoreTechnology};
use crate::config::StoreSettings;
use crate::telemetry::samples::Sample;
use crate::wiring::WiringError;

/// Nobody's id: looking it up reads the index of accounts and no account.
const NOBODY: &str = "-";

/// Opens the file, making it where it is not there. Blocks.
pub(super) fn open(
    settings: &StoreSettings,
    clock: Arc<dyn Clock>,
) -> Result<OpenedStore, WiringError> {
    let path = &settings.sqlite_path;
    let store = SqliteStore::open(path, clock, SqliteOptions::default())?;
    Ok(OpenedStore {
        users: Arc::new(store.clone()),
        transfer: Arc::new(store.clone()),
        outbox: Arc::new(store.clone()),
        sessions: Arc::new(store.clone()),
        place: path.display().to_string(),
        technology: Arc::new(Sqlite { store }),
    })
}

struct Sqlite {
    store: SqliteStore,
}

#[async_trait]
impl StoreTechnology for Sqlite {
    async fn probe(&self) -> StoreCondition {
        let nobody = UserId::from_stored(NOBODY.to_owned());
        match self.store.find(&nobody).await {
            Ok(_) => StoreCondition::Well,
            Err(_) => StoreCondition::Away,
        }
    }

    /// Opening has done it.
    async fn prepare(&self) -> Result<(), PrepareError> {
        Ok(())
    }

    /// Indexes come with the schema.
    async fn tend(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(())
    }

    async fn close(&self) {
        let store = self.store.clone();
        // It fails only if closing panics; then the process ends all the same, and the store recovers
        // from its log.
        let _ = tokio::task::spawn_blocking(move || store.close()).await;
    }

    fn samples(&self) -> Vec<Sample> {
        let read = |number: fn(SqliteStats) -> u64| {
            let store = self.store.clone();
            move || number(store.stats())
        };
        vec![
            Sample::gauge(
                "users_store_read_queue_depth",
                "Calls that wait for a thread that reads.",
                read(|stats| stats.queue_depth_read as u64),
            ),
            Sample::gauge(
                "users_store_write_queue_depth",
                "Calls that wait for the thread that writes.",
                read(|stats| stats.queue_depth_write as u64),
            ),
            Sample::counter(
                "users_store_refused_total",
                "Calls that the store refused or gave up: a queue was full, or the wait too long.",
                read(|stats| stats.refused),
            ),
        ]
    }
}
