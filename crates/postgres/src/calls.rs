//! How a call is carried out: with a connection, in bounded time, in a transaction of its kind, and
//! again where that is safe.

use std::borrow::Cow;
use std::time::Duration;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use futures::future::BoxFuture;
use tokio::time::{Instant, timeout_at};
use users_domain::ports::StoreError;

use crate::PostgresStore;
use crate::error::Failure;
use crate::pool::Slot;
use crate::settings::PostgresSettings;

/// How often a call is begun at most.
const ATTEMPTS: u32 = 5;
/// The pause before a call that gave way to others is begun again, times the number of attempts.
const PAUSE: Duration = Duration::from_millis(10);

/// How much longer than its caller a server behind a pooler works on a call at most.
const GRACE: Duration = Duration::from_secs(1);

/// What is done with a connection.
pub(crate) type Work<'c, T> = BoxFuture<'c, Result<T, Failure>>;

/// How a call is kept together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Together {
    /// One statement, which needs nothing.
    Statement,
    /// Several statements that see one moment and write nothing.
    Snapshot,
    /// Statements that lock, read and write, committed together.
    Transaction,
}

impl Together {
    /// How the server is asked to begin, or `None` for what needs no frame.
    ///
    /// Poolers in transaction mode keep a connection for a transaction only. Prepared statements of
    /// others may stand on it under the names that this driver takes. And who leaves a pooler in
    /// the middle of a statement is forgotten, his request to stop it too, while the server goes
    /// on: there the server itself stops, a little after nobody waits for it any more.
    fn begin(self, settings: &PostgresSettings) -> Option<Cow<'static, str>> {
        let begin = match self {
            Self::Statement if settings.statement_cache => return None,
            Self::Statement => "BEGIN READ ONLY",
            Self::Snapshot => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            // Not READ WRITE: an operator's read-only default must hold. What new rows leave to be
            // put in order in an index (GIN's pending list) is done before it is much: a writer now
            // and then does it for all, and shall not notice.
            Self::Transaction => {
                "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL gin_pending_list_limit = '128kB'"
            }
        };
        if settings.statement_cache {
            return Some(begin.into());
        }
        // Postgres takes no more than this.
        let limit = settings.statement_timeout.saturating_add(GRACE).as_millis();
        let limit = limit.min(i32::MAX.unsigned_abs().into());
        let limited = format!("{begin}; SET LOCAL statement_timeout = {limit}; DEALLOCATE ALL");
        Some(limited.into())
    }
}

/// How far a call came.
enum Outcome<T> {
    Done(T),
    /// It was not carried out, and may be begun again if the failure allows it.
    Undone(Failure),
    /// Nobody can tell whether it was committed.
    Unknown(Failure),
    /// It took too long.
    TimedOut,
}

impl PostgresStore {
    /// Runs one statement that reads.
    ///
    /// Like the others: `input` is what the call was asked with, and `work` may run more than once.
    pub(crate) async fn read<D, T, W>(&self, input: D, work: W) -> Result<T, StoreError>
    where
        D: Send + Sync + 'static,
        T: Send + 'static,
        W: for<'c> Fn(&'c mut AsyncPgConnection, &'c D) -> Work<'c, T> + Send + Sync + 'static,
    {
        self.call(Together::Statement, input, work).await
    }

    /// Runs statements that read and see one moment.
    pub(crate) async fn read_snapshot<D, T, W>(&self, input: D, work: W) -> Result<T, StoreError>
    where
        D: Send + Sync + 'static,
        T: Send + 'static,
        W: for<'c> Fn(&'c mut AsyncPgConnection, &'c D) -> Work<'c, T> + Send + Sync + 'static,
    {
        self.call(Together::Snapshot, input, work).await
    }

    /// Runs statements in one transaction that is committed if they succeed, at READ COMMITTED:
    /// what must not change meanwhile has to be locked.
    pub(crate) async fn write<D, T, W>(&self, input: D, work: W) -> Result<T, StoreError>
    where
        D: Send + Sync + 'static,
        T: Send + 'static,
        W: for<'c> Fn(&'c mut AsyncPgConnection, &'c D) -> Work<'c, T> + Send + Sync + 'static,
    {
        self.call(Together::Transaction, input, work).await
    }

    async fn call<D, T, W>(&self, together: Together, input: D, work: W) -> Result<T, StoreError>
    where
        D: Send + Sync + 'static,
        T: Send + 'static,
        W: for<'c> Fn(&'c mut AsyncPgConnection, &'c D) -> Work<'c, T> + Send + Sync + 'static,
    {
        let connections = self.connections.clone();
        let call = async move {
            let settings = connections.settings();
            let begin = together.begin(settings);
            let mut deadline: Option<Instant> = None;
            let mut attempt = 1;
            loop {
                // Counted from the first connection on: to begin again gives no more time, to
                // wait for another connection neither.
                let mut slot = match deadline {
                    None => connections.take().await?,
                    Some(deadline) => {
                        let Ok(slot) = timeout_at(deadline, connections.take()).await else {
                            tracing::error!("no connection to the database in the time left");
                            return Err(StoreError::Unavailable);
                        };
                        slot?
                    }
                };
                let deadline =
                    *deadline.get_or_insert_with(|| Instant::now() + settings.statement_timeout);
                let failure =
                    match carry_out(&mut slot, begin.as_deref(), &input, &work, deadline).await {
                        Outcome::Done(answer) => return Ok(answer),
                        Outcome::TimedOut => {
                            connections.give_up(&mut slot);
                            tracing::error!(
                                seconds = settings.statement_timeout.as_secs_f64(),
                                "the database took too long"
                            );
                            return Err(StoreError::Unavailable);
                        }
                        Outcome::Unknown(failure) => {
                            slot.spoiled = true;
                            return Err(failure.into_store_error());
                        }
                        Outcome::Undone(failure) => failure,
                    };
                let lost = slot.spoiled || failure.is_connection_lost();
                slot.spoiled = lost;
                let again = (lost || failure.is_retryable())
                    && attempt < ATTEMPTS
                    && Instant::now() < deadline;
                if !again {
                    return Err(failure.into_store_error());
                }
                drop(slot);
                tracing::debug!(attempt, lost, "a call to the database is begun again");
                if !lost {
                    tokio::time::sleep(PAUSE * attempt).await;
                }
                attempt += 1;
            }
        };
        self.connections.run(call).await
    }
}

/// Carries a call out once. What is left on the connection is undone.
async fn carry_out<D, T, W>(
    slot: &mut Slot,
    begin: Option<&str>,
    input: &D,
    work: &W,
    deadline: Instant,
) -> Outcome<T>
where
    W: for<'c> Fn(&'c mut AsyncPgConnection, &'c D) -> Work<'c, T>,
{
    let connection = &mut slot.connection;
    let Some(begin) = begin else {
        return match timeout_at(deadline, work(connection, input)).await {
            Ok(Ok(answer)) => Outcome::Done(answer),
            Ok(Err(failure)) => {
                // A server that ends a connection says so as it says anything else.
                slot.spoiled = failure.is_drivers() && !is_alive(connection, deadline).await;
                Outcome::Undone(failure)
            }
            Err(_) => Outcome::TimedOut,
        };
    };
    let done = timeout_at(deadline, async {
        connection.batch_execute(begin).await?;
        work(connection, input).await
    });
    match done.await {
        Ok(Ok(answer)) => match timeout_at(deadline, connection.batch_execute("COMMIT")).await {
            Ok(Ok(())) => Outcome::Done(answer),
            Ok(Err(error)) => {
                let failure = Failure::from(error);
                // The server's own no is as good as its yes.
                if failure.is_connection_lost() || !is_alive(connection, deadline).await {
                    Outcome::Unknown(failure)
                } else {
                    Outcome::Undone(failure)
                }
            }
            Err(_) => Outcome::TimedOut,
        },
        Ok(Err(failure)) => {
            let undone = timeout_at(deadline, connection.batch_execute("ROLLBACK")).await;
            slot.spoiled = !matches!(undone, Ok(Ok(())));
            Outcome::Undone(failure)
        }
        Err(_) => Outcome::TimedOut,
    }
}

/// Whether the server answers on this connection.
async fn is_alive(connection: &mut AsyncPgConnection, deadline: Instant) -> bool {
    let answer = timeout_at(deadline, connection.batch_execute("")).await;
    matches!(answer, Ok(Ok(())))
}
