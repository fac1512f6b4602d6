//! A Postgres database: reached when it is first asked something, taken over as it is found.

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use users_domain::ports::Clock;
use users_postgres::{
    Condition, OpenError, PostgresSettings, PostgresStats, PostgresStore, SslMode, SslSettings,
};

use super::{OpenedStore, PrepareError, StoreCondition, StoreTechnology};
use crate::config::{self, DatabaseSslMode};
use crate::telemetry::samples::Sample;
use crate::wiring::WiringError;

/// The store of a database that nobody has asked anything yet. Call it where a tokio runtime is at
/// hand: connections will live on it.
pub(super) fn open(
    settings: &config::PostgresSettings,
    clock: Arc<dyn Clock>,
) -> Result<OpenedStore, WiringError> {
    let store = store(settings, clock)?;
    Ok(OpenedStore {
        users: Arc::new(store.clone()),
        transfer: Arc::new(store.clone()),
        outbox: Arc::new(store.clone()),
        sessions: Arc::new(store.clone()),
        place: address(settings),
        technology: Arc::new(Postgres { store }),
    })
}

/// The same for questions about the database itself.
pub(super) fn store(
    settings: &config::PostgresSettings,
    clock: Arc<dyn Clock>,
) -> Result<PostgresStore, WiringError> {
    Ok(PostgresStore::new(database(settings), clock)?)
}

/// Which database is meant, for people.
pub(super) fn address(settings: &config::PostgresSettings) -> String {
    database(settings).address()
}

fn database(settings: &config::PostgresSettings) -> PostgresSettings {
    PostgresSettings {
        ssl: SslSettings {
            mode: match settings.ssl_mode {
                DatabaseSslMode::Disable => SslMode::Disable,
                DatabaseSslMode::Require => SslMode::Require,
                DatabaseSslMode::VerifyCa => SslMode::VerifyCa,
                DatabaseSslMode::VerifyFull => SslMode::VerifyFull,
            },
            certificate: settings.ssl_certificate.clone(),
            key: settings.ssl_key.clone(),
            root_certificate: settings.ssl_root_certificate.clone(),
        },
        max_connections: settings.max_connections.get(),
        connect_timeout: settings.connect_timeout,
        statement_timeout: settings.statement_timeout,
        statement_cache: settings.statement_cache,
        ..PostgresSettings::new(
            settings.host.clone(),
            settings.port,
            settings.user.clone(),
            settings.password.clone().into(),
            settings.database.clone(),
        )
    }
}

struct Postgres {
    store: PostgresStore,
}

#[async_trait]
impl StoreTechnology for Postgres {
    async fn probe(&self) -> StoreCondition {
        match self.store.probe().await {
            Ok(Condition::Writable) => StoreCondition::Well,
            Ok(Condition::ReadOnly) => StoreCondition::ReadOnly,
            Err(_) => StoreCondition::Away,
        }
    }

    async fn why_away(&self) -> Option<String> {
        let looked = self.store.adopted().await;
        looked.err().map(|error| error.to_string())
    }

    async fn prepare(&self) -> Result<(), PrepareError> {
        match self.store.migrate().await {
            Ok(_) => Ok(()),
            Err(error @ (OpenError::Connect { .. } | OpenError::TimedOut { .. })) => {
                Err(PrepareError::Away(error.to_string()))
            }
            Err(error) => Err(PrepareError::Unusable(Box::new(error))),
        }
    }

    async fn tend(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.store.tend().await?;
        Ok(())
    }

    async fn tend_again(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.store.tend_again().await?;
        Ok(())
    }

    async fn is_adopted(&self) -> bool {
        let adopted = self.store.adopted().await;
        adopted.is_ok_and(|adopted| adopted.is_some_and(|(_, found)| found != "empty"))
    }

    fn abandon(&self) {
        self.store.abandon();
    }

    async fn close(&self) {
        self.store.close().await;
    }

    fn samples(&self) -> Vec<Sample> {
        let read = |number: fn(PostgresStats) -> u64| {
            let store = self.store.clone();
            move || number(store.stats())
        };
        vec![
            Sample::gauge(
                "users_store_connections",
                "Connections to the database that are open.",
                read(|stats| stats.connections.into()),
            ),
            Sample::gauge(
                "users_store_connections_idle",
                "Open connections to the database that nobody uses.",
                read(|stats| stats.idle.into()),
            ),
            Sample::gauge(
                "users_store_connections_max",
                "Connections to the database that may be open.",
                read(|stats| stats.max_connections.into()),
            ),
            Sample::gauge(
                "users_store_connections_pending",
                "Calls that wait for a connection to the database.",
                read(|stats| stats.waiting),
            ),
            Sample::counter(
                "users_store_connection_wait_milliseconds_total",
                "Time that calls have waited for connections to the database, all together.",
                read(|stats| u64::try_from(stats.wait_time.as_millis()).unwrap_or(u64::MAX)),
            ),
            Sample::counter(
                "users_store_connection_timeouts_total",
                "Calls that got no connection to the database in time.",
                read(|stats| stats.timed_out),
            ),
            Sample::counter(
                "users_store_connection_errors_total",
                "Connections to the database that could not be opened.",
                read(|stats| stats.connect_errors),
            ),
            Sample::counter(
                "users_store_statement_timeouts_total",
                "Calls that were given up because the database took too long.",
                read(|stats| stats.statement_timeouts),
            ),
        ]
    }
}
