//! A session beside the pool, for what is no call: the schema, its indexes, a look at them, accounts
//! in bulk.
//!
//! It speaks the simple protocol mostly: no statement is prepared, so that a pooler in transaction
//! mode may stand between, and every answer is text. What the server refuses keeps its SQLSTATE,
//! which tells apart what the words do not (they come in the server's language).

use std::future::Future;
use std::io::Cursor;
use std::pin::pin;
use std::time::Duration;

use futures::SinkExt as _;
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use crate::connect::{ConnectError, Connector};

/// One session, closed with this value.
pub(crate) struct Session {
    client: Client,
    connector: Connector,
}

/// Why a session did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    /// The server said no. Its words name tables and columns, and hold no stored value.
    #[error("{message}")]
    Refused {
        /// Which kind of refusal.
        code: SqlState,
        /// In the server's words.
        message: String,
    },
    /// The connection is gone, and nobody knows what became of the last statement.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// It took longer than the caller would wait; the server was asked to stop.
    #[error("no answer within {} s", .0.as_secs_f64())]
    TimedOut(Duration),
}

impl SessionError {
    /// Whether the server refused for this reason.
    pub(crate) fn is(&self, reason: &SqlState) -> bool {
        matches!(self, Self::Refused { code, .. } if code == reason)
    }
}

impl Session {
    /// Opens one within the settings' time, on the runtime that this is called in.
    pub(crate) async fn open(connector: &Connector) -> Result<Self, ConnectError> {
        Ok(Self {
            client: connector.connect_client().await?,
            connector: connector.clone(),
        })
    }

    /// Runs statements, and gives the rows of all of them. Without a `limit` it waits as long as
    /// the server works.
    pub(crate) async fn rows(
        &self,
        sql: &str,
        limit: Option<Duration>,
    ) -> Result<Vec<SimpleQueryRow>, SessionError> {
        let asked = self.client.simple_query(sql);
        let messages = self.in_time(asked, limit).await?;
        Ok(messages
            .into_iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(row),
                _ => None,
            })
            .collect())
    }

    /// Runs statements whose rows do not matter.
    pub(crate) async fn run(&self, sql: &str, limit: Option<Duration>) -> Result<(), SessionError> {
        self.rows(sql, limit).await.map(drop)
    }

    /// Runs one statement with values, whose rows do not matter.
    pub(crate) async fn execute(
        &self,
        sql: &str,
        values: &[(&(dyn ToSql + Sync), Type)],
        limit: Duration,
    ) -> Result<(), SessionError> {
        let asked = self.client.execute_typed(sql, values);
        self.in_time(asked, Some(limit)).await.map(drop)
    }

    /// Runs a `COPY ... FROM STDIN` and sends it what it asks for. It prepares the statement: a
    /// transaction has to keep it on one server.
    pub(crate) async fn copy(
        &self,
        sql: &str,
        chunks: impl Iterator<Item = Vec<u8>>,
        limit: Duration,
    ) -> Result<(), SessionError> {
        let sent = async {
            let mut sink = pin!(self.client.copy_in(sql).await?);
            for chunk in chunks {
                sink.feed(Cursor::new(chunk)).await?;
            }
            sink.finish().await
        };
        self.in_time(sent, Some(limit)).await.map(drop)
    }

    async fn in_time<T>(
        &self,
        asked: impl Future<Output = Result<T, tokio_postgres::Error>>,
        limit: Option<Duration>,
    ) -> Result<T, SessionError> {
        let answer = match limit {
            None => asked.await,
            Some(limit) => {
                let Ok(answer) = tokio::time::timeout(limit, asked).await else {
                    self.connector.cancel(self.client.cancel_token()).await;
                    return Err(SessionError::TimedOut(limit));
                };
                answer
            }
        };
        answer.map_err(|error| not_done(&error))
    }

    /// Whether the one value that a statement gives is true.
    pub(crate) async fn is_true(
        &self,
        sql: &str,
        limit: Option<Duration>,
    ) -> Result<bool, SessionError> {
        let rows = self.rows(sql, limit).await?;
        Ok(rows.first().and_then(|row| row.get(0)) == Some("t"))
    }
}

/// A server that ends a session says so as it says anything else.
fn not_done(error: &tokio_postgres::Error) -> SessionError {
    match error.as_db_error() {
        Some(refusal) if !ends_session(refusal.parsed_severity()) => SessionError::Refused {
            code: refusal.code().clone(),
            message: refusal.message().to_owned(),
        },
        Some(end) => SessionError::Lost(end.message().to_owned()),
        None => SessionError::Lost(error.to_string()),
    }
}

fn ends_session(severity: Option<Severity>) -> bool {
    matches!(severity, Some(Severity::Fatal | Severity::Panic))
}
