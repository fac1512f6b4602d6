//! Indexes of the table of accounts, which an adopted database lacks: built while requests are
//! served, and without keeping any writer waiting.
//!
//! `CREATE INDEX CONCURRENTLY` runs outside of transactions and waits for those that are older. Who
//! builds therefore holds the lock that says so in a session of its own: a transaction at READ
//! COMMITTED that waits holds no snapshot, so the build does not wait for it. The others ask for the
//! lock again and again, and never wait for it inside a statement, whose snapshot the build would
//! wait for.

use std::time::Duration;

use tokio_postgres::error::SqlState;
use tracing::info;

use crate::PostgresStore;
use crate::error::OpenError;
use crate::session::{Session, SessionError};
use crate::takeover::found::Found;

/// An index of `users`.
pub(crate) struct Index {
    pub(crate) name: &'static str,
    /// What stands in parentheses.
    keys: &'static str,
}

impl Index {
    /// Builds it at once, inside a transaction; on an empty table that takes no time.
    pub(crate) fn create_at_once(&self) -> String {
        let Self { name, keys } = self;
        format!("\nCREATE INDEX IF NOT EXISTS {name} ON users ({keys});")
    }

    fn create(&self) -> String {
        let Self { name, keys } = self;
        format!("CREATE INDEX CONCURRENTLY {name} ON users ({keys})")
    }

    fn drop(&self) -> String {
        format!("DROP INDEX CONCURRENTLY IF EXISTS {}", self.name)
    }
}

/// All of them. None is unique: twins by case may be stored, and the deployed service may add more.
pub(crate) const INDEXES: [Index; 5] = [
    // Login and uniqueness without case.
    Index {
        name: "users_email_idx",
        keys: r#"lower(email COLLATE "C")"#,
    },
    Index {
        name: "users_username_idx",
        keys: r#"lower(username COLLATE "C")"#,
    },
    // Who the enabled administrators are, and totals by state and role.
    Index {
        name: "users_status_role_idx",
        keys: "status, role",
    },
    // The two orders in which lists are read most.
    Index {
        name: "users_created_at_id_idx",
        keys: r#"created_at NULLS FIRST, id COLLATE "C""#,
    },
    Index {
        name: "users_updated_at_created_at_id_idx",
        keys: r#"(coalesce(updated_at, created_at)) NULLS FIRST, id COLLATE "C""#,
    },
];

/// Names the lock of whoever builds; any number that nobody else takes.
const LOCK: i64 = 0x7573_6572_735f_6978;
/// How often others ask whether they may.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest build: many millions of rows.
const LONGEST: Duration = Duration::from_hours(12);

/// Whether a server process builds an index of `users` now: one whose program died builds on.
const IS_BEING_BUILT: &str = "
    SELECT EXISTS (SELECT 1 FROM pg_stat_progress_create_index
                   WHERE relid = 'users'::regclass AND pid <> pg_backend_pid())";

impl PostgresStore {
    /// Builds the indexes that are missing or were left half built, one after the other, and gives
    /// the names of those that this call built. Any number of processes may call it at once: one
    /// builds, the others wait until all are there.
    ///
    /// May take hours on many millions of accounts; requests are served meanwhile, some slowly.
    pub async fn build_indexes(&self) -> Result<Vec<String>, OpenError> {
        let connections = self.connections.clone();
        let address = connections.settings().address();
        let failed = move |error: SessionError| OpenError::Indexes {
            address: address.clone(),
            reason: error.to_string(),
        };
        let limit = connections.settings().statement_timeout;
        let holder = self.session().await?;
        let mut built = Vec::new();
        loop {
            let found = Found::look(&holder, limit).await.map_err(&failed)?;
            let missing: Vec<&Index> = INDEXES
                .iter()
                .filter(|index| found.is_valid_index(index.name) != Some(true))
                .collect();
            if missing.is_empty() {
                return Ok(built);
            }
            if !hold(&holder, limit).await.map_err(&failed)? {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            let builder = self.session().await?;
            if connections.settings().statement_cache {
                // Behind a pooler this would be left to whoever has the connection next.
                let unlimited = "SET statement_timeout = 0; SET lock_timeout = 0";
                builder.run(unlimited, limit).await.map_err(&failed)?;
            }
            for index in missing {
                let half = found.is_valid_index(index.name) == Some(false);
                if build(&builder, index, half, limit).await.map_err(&failed)? {
                    built.push(index.name.to_owned());
                }
            }
            holder.run("COMMIT", limit).await.map_err(&failed)?;
        }
    }
}

/// Takes the lock of whoever builds, until the transaction that is begun here ends.
async fn hold(session: &Session, limit: Duration) -> Result<bool, SessionError> {
    // A snapshot of another level would be waited for.
    let begin = "BEGIN ISOLATION LEVEL READ COMMITTED; \
                 SET LOCAL idle_in_transaction_session_timeout = 0";
    session.run(begin, limit).await?;
    let lock = format!("SELECT pg_try_advisory_xact_lock({LOCK})");
    let is_held = session.is(&lock, limit).await?;
    if !is_held {
        session.run("ROLLBACK", limit).await?;
    }
    Ok(is_held)
}

/// Builds one; `half`: something of that name was left half built. Says whether it did.
async fn build(
    session: &Session,
    index: &Index,
    half: bool,
    limit: Duration,
) -> Result<bool, SessionError> {
    while session.is(IS_BEING_BUILT, limit).await? {
        tokio::time::sleep(PAUSE).await;
    }
    let name = index.name;
    if half {
        session.run(&index.drop(), LONGEST).await?;
    }
    let begun = std::time::Instant::now();
    info!(index = name, "building an index");
    match session.run(&index.create(), LONGEST).await {
        Ok(()) => {
            let seconds = begun.elapsed().as_secs_f64();
            info!(index = name, seconds, "the index is built");
            Ok(true)
        }
        // Somebody else was faster, or it is half built once more: the next look tells.
        Err(SessionError::Refused { code, .. }) if code == SqlState::DUPLICATE_TABLE => Ok(false),
        Err(error) => Err(error),
    }
}
