//! How the database is, for whoever watches over it.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use users_domain::ports::StoreError;

use crate::PostgresStore;
use crate::connect::Connector;
use crate::pool::{Connections, MAX_LIFETIME};
use crate::session::{Session, SessionError};

/// How the database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It reads and writes.
    Writable,
    /// It answers, and refuses changes: a standby, or set so by its operator.
    ReadOnly,
}

/// What a transaction is unless it says otherwise.
const READ_ONLY: &str =
    "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool";

/// A connection beside the pool that only watches, opened when it is first needed: a pool that is
/// busy says nothing about the database.
#[derive(Default)]
pub(crate) struct Watch {
    open: Mutex<Option<Opened>>,
}

struct Opened {
    session: Session,
    since: Instant,
}

impl Watch {
    /// Asks the database on the connection that is open, or else on a new one. Who comes while
    /// others ask waits for them no longer than for a connection.
    async fn ask(&self, connector: &Connector) -> Result<Condition, StoreError> {
        let settings = connector.settings();
        let open = timeout(settings.connect_timeout, self.open.lock());
        let mut open = open.await.map_err(|_| StoreError::Unavailable)?;
        // What is not put back is closed.
        if let Some(opened) = open.take()
            && opened.since.elapsed() < MAX_LIFETIME
        {
            match condition(&opened.session, settings.statement_timeout).await {
                Ok(condition) => {
                    *open = Some(opened);
                    return Ok(condition);
                }
                // The server may be back already.
                Err(SessionError::Lost(_)) => {}
                Err(error) => return Err(told(&error)),
            }
        }
        let session = Session::open(connector).await.map_err(|error| {
            tracing::error!(%error, "no connection to the database");
            StoreError::Unavailable
        })?;
        let since = Instant::now();
        let condition = condition(&session, settings.statement_timeout).await;
        let condition = condition.map_err(|error| told(&error))?;
        *open = Some(Opened { session, since });
        Ok(condition)
    }

    /// Closes its connection.
    pub(crate) async fn close(&self) {
        self.open.lock().await.take();
    }
}

async fn condition(session: &Session, limit: Duration) -> Result<Condition, SessionError> {
    let is_read_only = session.is_true(READ_ONLY, Some(limit)).await?;
    Ok(if is_read_only {
        Condition::ReadOnly
    } else {
        Condition::Writable
    })
}

fn told(error: &SessionError) -> StoreError {
    tracing::error!(%error, "the database does not say how it is");
    StoreError::Unavailable
}

impl Connections {
    /// How the database is; it counts as away where calls would get no connection.
    async fn condition(&self) -> Result<Condition, StoreError> {
        let condition = self.watch().ask(self.connector()).await?;
        // Connections that are open serve, however busy they are. Where there are none, the server
        // may give this process no more than the one that watches.
        if self.has_none_open() {
            drop(self.take().await?);
        }
        Ok(condition)
    }
}

impl PostgresStore {
    /// Asks the database how it is, on a connection kept for that, within the bounds of a call.
    pub async fn probe(&self) -> Result<Condition, StoreError> {
        let connections = self.connections.clone();
        let asked = async move { connections.condition().await };
        self.connections.run(asked).await
    }
}
