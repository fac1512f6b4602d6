//! A session beside the pool, for work on the schema: plain texts go out and come back, nothing is
//! prepared, and the server's code of an error is kept.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Connection, SimpleQueryMessage, SimpleQueryRow, Socket};

use crate::connect::Connector;

/// One session with the server. Dropped, it ends, and what was not committed is undone.
pub(crate) struct Session {
    connector: Connector,
    client: Client,
    driver: JoinHandle<()>,
}

/// Why a statement did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    /// The server said no.
    #[error("{message}")]
    Refused {
        /// Its code (Postgres, appendix A).
        code: SqlState,
        /// Its words, without the detail, which may hold values.
        message: String,
    },
    /// The session is over.
    #[error("{0}")]
    Lost(String),
    /// The answer did not come in time; the server was asked to stop.
    #[error("no answer within {} s", .0.as_secs())]
    Late(Duration),
}

impl Session {
    /// Drives a connection on the runtime that this is called in.
    pub(crate) fn new<S>(
        connector: Connector,
        client: Client,
        driver: Connection<Socket, S>,
    ) -> Self
    where
        S: tokio_postgres::tls::TlsStream + Unpin + Send + 'static,
    {
        let driver = tokio::spawn(async move {
            // Whoever waits for an answer is told.
            let _ = driver.await;
        });
        Self {
            connector,
            client,
            driver,
        }
    }

    /// Runs statements, as one transaction if none is begun in them, and gives all rows.
    pub(crate) async fn rows(
        &self,
        sql: &str,
        limit: Duration,
    ) -> Result<Vec<SimpleQueryRow>, SessionError> {
        let answer = tokio::time::timeout(limit, self.client.simple_query(sql)).await;
        let Ok(answer) = answer else {
            self.connector.cancel(self.client.cancel_token()).await;
            return Err(SessionError::Late(limit));
        };
        let messages = answer.map_err(|error| match error.as_db_error() {
            Some(refusal) => SessionError::Refused {
                code: refusal.code().clone(),
                message: refusal.message().to_owned(),
            },
            None => SessionError::Lost(error.to_string()),
        })?;
        let rows = messages.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        Ok(rows.collect())
    }

    /// The same where no row is of interest.
    pub(crate) async fn run(&self, sql: &str, limit: Duration) -> Result<(), SessionError> {
        self.rows(sql, limit).await.map(drop)
    }

    /// The same where the answer is yes or no.
    pub(crate) async fn is(&self, sql: &str, limit: Duration) -> Result<bool, SessionError> {
        let rows = self.rows(sql, limit).await?;
        Ok(rows.first().and_then(|row| row.get(0)) == Some("t"))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
