//! The production store: accounts, outbox and sessions in Postgres.
//!
//! [`PostgresStore`] serves the ports `UserStore`, `UserTransfer`, `Outbox` and `RefreshTokenStore`.
//! It promises:
//!
//! - **What was acknowledged is there**: an account is committed together with its effects, and
//!   only the server's word for the commit is an acknowledgement.
//! - **Any runtime may call**: connections live on the runtime that made the store, and so does the
//!   work of every call.
//! - **A call whose future is dropped** is either not begun or carried out wholly, unless the store is
//!   abandoned ([`PostgresStore::abandon`]).
//! - **Every wait is bounded**, by this program's clock and not the server's: for a connection, and
//!   for what is done on it. A server that is away, frozen, full or read-only is
//!   `StoreError::Unavailable`, and the log says why.
//! - **What may be done twice is**: reads, and writes that cannot have been committed, are tried
//!   again when a connection turns out to be dead or a deadlock ends them. A write whose commit was
//!   sent is not.
//! - **Many processes may share one database**, behind a pooler in transaction mode too
//!   ([`PostgresSettings::statement_cache`]).
//! - **Rows written by the deployed service stay as they are**, are read whatever is odd in them,
//!   and it may run on the same database before, after and beside this one.

use std::sync::Arc;

use users_domain::ports::Clock;

mod adoption;
mod calls;
mod change;
mod connect;
mod counts;
mod cursor;
mod error;
mod export;
mod filter;
mod import;
mod indexes;
mod migrate;
mod moment;
mod one_time_codes;
mod open_connections;
mod outbox;
#[cfg(test)]
mod outbox_plans;
#[cfg(test)]
mod plans;
mod pool;
mod probe;
mod purge;
mod refresh_tokens;
mod row;
mod schema;
mod session;
mod settings;
mod survey;
mod tending;
mod tls;
#[cfg(test)]
mod transfer_plans;
mod user_store;
mod values;

pub use error::OpenError;
pub use migrate::MigrationStatus;
pub use pool::PostgresStats;
pub use probe::Condition;
pub use settings::{PostgresSettings, SslMode, SslSettings};
pub use survey::{AccountCounts, DatabaseOwner, Survey};

use pool::Connections;

/// A Postgres database with accounts, outbox and sessions. Clones share its connections.
#[derive(Clone)]
pub struct PostgresStore {
    connections: Arc<Connections>,
    clock: Arc<dyn Clock>,
}

impl PostgresStore {
    /// A store that connects when it is first asked something. Reads the certificates that the
    /// settings name; fails if they cannot be used. Call it within the tokio runtime on which its
    /// connections shall live.
    pub fn new(settings: PostgresSettings, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        Ok(Self {
            connections: Arc::new(Connections::new(settings)?),
            clock,
        })
    }

    /// Refuses new calls on all clones and closes the connections once the calls that run have
    /// ended. A second call does nothing.
    pub async fn close(&self) {
        self.connections.close().await;
    }

    /// Refuses new calls on all clones and ends those that run, work behind them too: they answer
    /// `StoreError::Unavailable`, and nobody knows what became of those that write. [`Self::close`]
    /// need not wait for them then. What the server was told to do it may still do.
    pub fn abandon(&self) {
        self.connections.abandon();
    }

    /// What the store is doing at this moment.
    pub fn stats(&self) -> PostgresStats {
        self.connections.stats()
    }
}
