//! The embedded store: accounts, outbox and sessions in one SQLite file.
//!
//! [`SqliteStore`] serves the ports `UserStore`, `UserTransfer`, `Outbox` and
//! `RefreshTokenStore`. It promises:
//!
//! - **What was acknowledged is there after a power loss**: a write-ahead log with
//!   `synchronous=FULL`, and an account is committed together with its effects.
//! - **No thread of a runtime is ever blocked**, and no runtime is needed: one writer and a few
//!   readers on threads of their own. Any runtime may call, also another than the one that opened.
//! - **A call whose future is dropped** is either not begun or carried out wholly.
//! - **Every wait is bounded**: queues refuse when full, a call that waited too long is given up
//!   before it begins, and SQLite waits at most five seconds for another process. All of these
//!   answer `StoreError::Unavailable`, and the log says why.
//! - **Lists, totals and searches go through indexes**, kept by triggers and so right whoever writes
//!   to the file; only a part of a text of one or two characters is looked for in every account.
//! - **Several processes may use one file**, on one machine and a local file system. An import leaves
//!   the write lock alone for 120 ms after each half second, so that the others get their turn; each
//!   of its calls is one transaction, which must not come near the five seconds that they wait.
//! - **Rows written under older rules stay readable**, and what is odd in them stays as it is until
//!   somebody replaces it.
//! - The file and its log are for the user only who runs the program (mode 0600), when this store
//!   made them.
//!
//! ```no_run
//! # fn open(clock: std::sync::Arc<dyn users_domain::ports::Clock>)
//! # -> Result<(), users_sqlite::OpenError> {
//! use users_sqlite::{SqliteOptions, SqliteStore};
//!
//! let path = std::path::Path::new("./data/users.sqlite");
//! let store = SqliteStore::open(path, clock, SqliteOptions::default())?;
//! # Ok(()) }
//! ```

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use diesel::SqliteConnection;
use users_domain::ports::Clock;

mod candidates;
mod connect;
mod cursor;
mod dry_run;
mod error;
mod export;
mod filter;
mod import;
mod listing;
#[cfg(test)]
mod listing_plans;
mod metadata_terms;
pub mod migrate;
mod one_time_codes;
mod outbox;
#[cfg(test)]
mod plans;
mod purge;
mod queue;
mod refresh_tokens;
mod row;
mod schema;
#[cfg(feature = "statements")]
pub mod statements;
mod threads;
mod trigrams;
mod user_store;

pub use error::OpenError;

use connect::{Access, Connector, create_file};
use threads::Threads;

/// The file's name in a data folder: programs that share a folder share the file.
pub const FILE_NAME: &str = "users.sqlite";

/// One SQLite file with accounts, outbox and sessions. Clones share it.
///
/// The last clone that is dropped ends the threads behind it without waiting for them;
/// [`SqliteStore::close`] waits.
#[derive(Clone)]
pub struct SqliteStore {
    shared: Arc<Shared>,
}

struct Shared {
    threads: Threads,
    clock: Arc<dyn Clock>,
}

/// How a store uses the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqliteOptions {
    /// Threads that read, each with a connection; at least 1.
    pub readers: usize,
    /// How many calls may wait for the writer, and how many for the readers; at least 1.
    pub queue: usize,
    /// A call that has waited longer than this when its turn comes is given up.
    pub max_wait: Duration,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            readers: 4,
            queue: 1024,
            max_wait: Duration::from_secs(10),
        }
    }
}

/// What a store is doing at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqliteStats {
    /// Threads that read.
    pub readers: usize,
    /// Calls that wait for a reader.
    pub queue_depth_read: usize,
    /// Calls that wait for the writer.
    pub queue_depth_write: usize,
    /// Calls that were refused or given up since the store was opened: the queue was full, the wait
    /// too long, the store closed, or the file not to be opened again.
    pub refused: u64,
}

impl SqliteStore {
    /// Opens a database file, making it and its folder where needed, and brings its schema up to
    /// date. Several processes may do so at once.
    ///
    /// Blocks while it reads and writes files: call it where that is fine.
    pub fn open(
        path: &Path,
        clock: Arc<dyn Clock>,
        options: SqliteOptions,
    ) -> Result<Self, OpenError> {
        // The working directory may change before a connection has to be replaced.
        let path = std::path::absolute(path).map_err(|source| OpenError::File {
            path: path.to_owned(),
            source,
        })?;
        create_file(&path)?;
        let connector = Connector::new(&path);
        let mut writer = connector.connect(Access::Write)?;
        migrate::run_on(&mut writer, &path)?;
        Self::start(&connector, Access::Write, writer, clock, options)
    }

    /// Opens a database file that is there, to look at it only: nothing is made, changed or locked,
    /// and every call that would write is `StoreError::Unavailable`.
    ///
    /// Its schema should be up to date: see [`migrate::pending`].
    pub fn look(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let connector = Connector::new(path);
        let connection = connector.connect(Access::Look)?;
        let options = SqliteOptions {
            readers: 1,
            ..SqliteOptions::default()
        };
        Self::start(&connector, Access::Look, connection, clock, options)
    }

    fn start(
        connector: &Connector,
        access: Access,
        writer: SqliteConnection,
        clock: Arc<dyn Clock>,
        options: SqliteOptions,
    ) -> Result<Self, OpenError> {
        let threads = Threads::start(connector, access, writer, options)?;
        Ok(Self {
            shared: Arc::new(Shared { threads, clock }),
        })
    }

    /// Refuses new calls on all clones, carries out those that wait, and ends the threads; with the
    /// last connection SQLite empties its log into the file.
    ///
    /// Blocks until that is done; a second call does nothing.
    pub fn close(&self) {
        self.shared.threads.close();
    }

    /// What the store is doing at this moment.
    pub fn stats(&self) -> SqliteStats {
        self.shared.threads.stats()
    }

    fn threads(&self) -> &Threads {
        &self.shared.threads
    }

    fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.clock
    }
}
