//! The store's own threads: SQLite blocks the thread that calls it, so no runtime's thread does.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use tokio::sync::oneshot;
use tracing::{Span, error, warn};
use users_domain::ports::StoreError;

use crate::connect::{Access, Connector};
use crate::error::{Failure, OpenError};
use crate::queue::{Queue, Refusal};
use crate::{SqliteOptions, SqliteStats};

/// One writer, some readers, each with a connection and all readers with one queue.
pub(crate) struct Threads {
    readers: usize,
    read: Arc<Queue<Job>>,
    write: Arc<Queue<Job>>,
    /// Ends last: it waits for the readers.
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// Something to do on a connection; answers whether that connection may be used again.
struct Job {
    queued_at: Instant,
    run: Box<Run>,
}

type Run = dyn FnOnce(Result<&mut SqliteConnection, Obstacle>) -> Condition + Send;

/// Why a job begins without a connection.
#[derive(Debug, Clone, Copy)]
enum Obstacle {
    WaitedTooLong,
    NoConnection,
}

/// What a job leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Fit,
    /// A transaction may be open on it, or worse: the connection is replaced.
    Suspect,
}

impl Threads {
    /// Connects, then starts; `writer` is the connection that the file was opened with, and `access`
    /// what it may do.
    pub(crate) fn start(
        connector: &Connector,
        access: Access,
        writer: SqliteConnection,
        options: SqliteOptions,
    ) -> Result<Self, OpenError> {
        // Dropped on any failure below, it ends the threads that have started.
        let threads = Self {
            readers: options.readers.max(1),
            read: Arc::new(Queue::new(options.queue)),
            write: Arc::new(Queue::new(options.queue)),
            writer: Mutex::new(None),
        };
        let reading = match access {
            Access::Look => Access::Look,
            Access::Write | Access::Read => Access::Read,
        };
        let mut readers = Vec::new();
        for number in 0..threads.readers {
            let connection = connector.connect(reading)?;
            let mut reader = Worker::new(connector, reading, connection, options.max_wait);
            let queue = threads.read.clone();
            readers.push(spawn(format!("users-sqlite-reader-{number}"), move || {
                reader.serve(&queue);
            })?);
        }
        let mut worker = Worker::new(connector, access, writer, options.max_wait);
        let queue = threads.write.clone();
        let writer = spawn("users-sqlite-writer".to_owned(), move || {
            worker.serve(&queue);
            // SQLite empties the log into the file when the last connection closes, but not when
            // two close at the same time: so the writer's is always the last.
            for reader in readers {
                join(reader);
            }
        })?;
        *threads.writer() = Some(writer);
        Ok(threads)
    }

    fn writer(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs something that only reads.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        call(&self.read, work).await
    }

    /// Runs something in a transaction that has the write lock from its beginning.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.write_judged(work, |failure| failure).await
    }

    /// The same, where a failure of the whole, the commit too, is judged once more.
    pub(crate) async fn write_judged<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, Failure> + Send + 'static,
        judge: impl FnOnce(Failure) -> Failure + Send + 'static,
    ) -> Result<T, StoreError> {
        call(&self.write, |connection| {
            connection.immediate_transaction(work).map_err(judge)
        })
        .await
    }

    pub(crate) fn stats(&self) -> SqliteStats {
        SqliteStats {
            readers: self.readers,
            queue_depth_read: self.read.len(),
            queue_depth_write: self.write.len(),
            refused: self.read.refused() + self.write.refused(),
        }
    }

    /// Refuses new calls, carries out those that wait and ends the threads.
    pub(crate) fn close(&self) {
        self.end();
        let writer = self.writer().take();
        // A decision that closes the store from within must not wait for itself.
        if let Some(writer) = writer.filter(|one| one.thread().id() != thread::current().id()) {
            join(writer);
        }
    }

    fn end(&self) {
        self.read.close();
        self.write.close();
    }
}

/// Ends the threads without waiting for them: a drop may happen on a runtime's thread.
impl Drop for Threads {
    fn drop(&mut self) {
        self.end();
    }
}

fn spawn(name: String, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, OpenError> {
    thread::Builder::new()
        .name(name)
        .spawn(work)
        .map_err(|source| OpenError::Threads { source })
}

fn join(thread: JoinHandle<()>) {
    if thread.join().is_err() {
        error!("a thread of the store had panicked");
    }
}

/// Puts a job into a queue and waits for its answer, without any timer of a runtime: the wait is
/// bounded by the queue's length, by the age at which a job is given up, and by SQLite's own busy
/// timeout.
async fn call<T: Send + 'static>(
    queue: &Arc<Queue<Job>>,
    work: impl FnOnce(&mut SqliteConnection) -> Result<T, Failure> + Send + 'static,
) -> Result<T, StoreError> {
    let (sender, answer) = oneshot::channel();
    let span = Span::current();
    let run = move |connection: Result<&mut SqliteConnection, Obstacle>| {
        if sender.is_closed() {
            // The caller is gone before anything began.
            return Condition::Fit;
        }
        let (result, condition) = span.in_scope(|| match connection {
            Ok(connection) => attempt(connection, work),
            Err(obstacle) => {
                warn!(
                    ?obstacle,
                    "a call to the store was given up before it began"
                );
                (Err(StoreError::Unavailable), Condition::Fit)
            }
        });
        // The caller may have gone meanwhile; the work is done all the same.
        let _ = sender.send(result);
        condition
    };
    queue
        .push(Job {
            queued_at: Instant::now(),
            run: Box::new(run),
        })
        .map_err(|refusal| {
            match refusal {
                Refusal::Full => warn!("too many calls wait for the store; one was refused"),
                Refusal::Closed => warn!("the store is closed; a call was refused"),
            }
            StoreError::Unavailable
        })?;
    answer.await.unwrap_or(Err(StoreError::Unavailable))
}

fn attempt<T>(
    connection: &mut SqliteConnection,
    work: impl FnOnce(&mut SqliteConnection) -> Result<T, Failure>,
) -> (Result<T, StoreError>, Condition) {
    // Unwind safe: after a panic the connection is thrown away, and the work with it.
    match catch_unwind(AssertUnwindSafe(|| work(connection))) {
        Ok(Ok(value)) => (Ok(value), Condition::Fit),
        Ok(Err(failure)) => {
            let condition = if failure.is_expected() {
                Condition::Fit
            } else {
                Condition::Suspect
            };
            (Err(failure.into_store_error()), condition)
        }
        Err(_) => {
            error!("a call to the store panicked; its transaction is undone");
            (Err(StoreError::Unavailable), Condition::Suspect)
        }
    }
}

/// One thread's work.
struct Worker {
    connector: Connector,
    access: Access,
    connection: Option<SqliteConnection>,
    max_wait: Duration,
}

impl Worker {
    fn new(
        connector: &Connector,
        access: Access,
        connection: SqliteConnection,
        max_wait: Duration,
    ) -> Self {
        Self {
            connector: connector.clone(),
            access,
            connection: Some(connection),
            max_wait,
        }
    }

    fn serve(&mut self, queue: &Queue<Job>) {
        while let Some(job) = queue.pop() {
            let begin = if job.queued_at.elapsed() > self.max_wait {
                Err(Obstacle::WaitedTooLong)
            } else {
                self.connection().ok_or(Obstacle::NoConnection)
            };
            if begin.is_err() {
                queue.count_refusal();
            }
            if (job.run)(begin) == Condition::Suspect {
                let connection = self.connection.take();
                // Closing rolls back. diesel panics if a statement cannot be finalized; the thread
                // must outlive that.
                if catch_unwind(AssertUnwindSafe(|| drop(connection))).is_err() {
                    error!("a connection could not be closed cleanly");
                }
            }
        }
    }

    fn connection(&mut self) -> Option<&mut SqliteConnection> {
        if self.connection.is_none() {
            match self.connector.connect(self.access) {
                Ok(connection) => self.connection = Some(connection),
                Err(error) => error!(%error, "the database cannot be reached"),
            }
        }
        self.connection.as_mut()
    }
}
