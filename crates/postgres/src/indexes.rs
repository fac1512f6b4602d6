//! Indexes of the adopted table, built while it is in use.
//!
//! On a table with accounts an index is built with `CREATE INDEX CONCURRENTLY`, which holds up no
//! reader and no writer, cannot stand in a transaction, and waits for every transaction that may
//! still see the table as it was. A process that waited for its turn *inside a statement* would be
//! one of those, and both would wait for ever. So who wants his turn asks for it and is answered at
//! once, again and again.
//!
//! The turn is an advisory lock of a transaction that stays open on a session of its own. A lock of
//! the session would not do: behind a pooler in transaction mode a session is another's after each
//! statement. The transaction is at READ COMMITTED and idle, and so sees nothing that the build
//! would have to wait for.

use std::time::Duration;

use tracing::info;

use crate::PostgresStore;
use crate::adoption::found::Found;
use crate::error::OpenError;
use crate::session::{Session, SessionError};

/// An index that this program adds to the table of accounts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Index {
    pub(crate) name: &'static str,
    /// What comes after the table's name.
    columns: &'static str,
}

/// All of them. An operator's index on the same columns may have the name that Postgres gives by
/// default (`users_email_idx`), and is his: so none of ours has such a name.
pub(crate) const INDEXES: [Index; 5] = [
    Index {
        name: "users_by_folded_email_idx",
        columns: "(lower(email COLLATE \"C\"))",
    },
    Index {
        name: "users_by_folded_username_idx",
        columns: "(lower(username COLLATE \"C\"))",
    },
    Index {
        name: "users_by_status_role_idx",
        columns: "(status, role)",
    },
    Index {
        name: "users_by_created_at_id_idx",
        columns: "(created_at NULLS FIRST, id COLLATE \"C\")",
    },
    Index {
        name: "users_by_updated_at_created_at_id_idx",
        columns: "(coalesce(updated_at, created_at) NULLS FIRST, id COLLATE \"C\")",
    },
];

/// How often is asked for the turn.
const POLL: Duration = Duration::from_secs(1);

/// Explicit, since another default of the database would see what the build has to wait for.
const BEGIN: &str = "
    BEGIN ISOLATION LEVEL READ COMMITTED;
    SET LOCAL idle_in_transaction_session_timeout = 0;
    SELECT set_config(name, '0', true) FROM pg_settings WHERE name = 'transaction_timeout'";
/// For the session that builds. A name that only newer servers know cannot be set directly.
const UNLIMITED: &str = "
    SET statement_timeout = 0;
    SET lock_timeout = 0;
    SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'";
const LOCK: &str = "SELECT pg_try_advisory_xact_lock(1970432882, 2)";

/// A server whose client was killed builds on. Other roles' work is shown without its table.
const BUILDING: &str = "
    SELECT EXISTS (SELECT FROM pg_stat_progress_create_index
                   WHERE datname = current_database() AND relid = to_regclass('users'))";

impl Index {
    /// How it is made.
    pub(crate) fn statement(&self, concurrently: bool) -> String {
        let concurrently = if concurrently { " CONCURRENTLY" } else { "" };
        let Self { name, columns } = self;
        format!("CREATE INDEX{concurrently} {name} ON users {columns}")
    }

    /// `None` where it is missing, else whether it can be used.
    fn state(&self, found: &Found) -> Option<bool> {
        let users = found.relations.get("users")?;
        users.indexes.get(self.name).copied()
    }
}

/// The names of those that are missing, or that an interrupted build left unusable.
pub(crate) fn missing(found: &Found) -> impl Iterator<Item = &'static str> {
    INDEXES
        .iter()
        .filter(|index| index.state(found) != Some(true))
        .map(|index| index.name)
}

/// What was being done when it failed.
type Failed = (Option<Index>, SessionError);

impl PostgresStore {
    /// Builds what indexes the table of accounts lacks, and gives their names. Requests are served
    /// meanwhile, so this is for the time after the start. It takes as long as it takes. Several
    /// processes may do so at once: one builds, the others return when all is built.
    ///
    /// To give up is safe: what an interrupted build left behind is dropped and built again by the
    /// next one. A limit that the database itself sets for statements ends the build too, where a
    /// pooler keeps us from lifting it ([`crate::PostgresSettings::statement_cache`]).
    ///
    /// # Errors
    ///
    /// There is no connection, it was lost, no answer came in time, or the server refused; indexes that were built stay.
    pub async fn build_indexes(&self) -> Result<Vec<String>, OpenError> {
        let limit = self.connections.settings().statement_timeout;
        loop {
            // One cheap look says whether there is anything to do.
            let (turn, found) = self.look().await?;
            if missing(&found).next().is_none() || !found.relations.contains_key("users") {
                return Ok(Vec::new());
            }
            let asked = async {
                turn.run(BEGIN, Some(limit)).await?;
                turn.is_true(LOCK, Some(limit)).await
            };
            let ours = asked
                .await
                .map_err(|error| self.index_failed((None, error)))?;
            if ours {
                let built = self.build(&turn).await?;
                // The end of the session ends the turn too.
                if turn.run("COMMIT", Some(limit)).await.is_err() {
                    tracing::debug!("the turn to build indexes ended before its time");
                }
                return Ok(built);
            }
            drop(turn);
            tokio::time::sleep(POLL).await;
        }
    }

    /// It is our turn for as long as that session lives.
    async fn build(&self, turn: &Session) -> Result<Vec<String>, OpenError> {
        let limit = self.connections.settings().statement_timeout;
        let mut built = Vec::new();
        for index in INDEXES {
            // Another one may have built it before it was our turn.
            let (session, mut found) = self.look().await?;
            if index.state(&found) == Some(true) {
                continue;
            }
            let failed = |error| self.index_failed((Some(index), error));
            if self.connections.settings().statement_cache {
                session.run(UNLIMITED, Some(limit)).await.map_err(failed)?;
            }
            while session
                .is_true(BUILDING, Some(limit))
                .await
                .map_err(failed)?
            {
                tokio::time::sleep(POLL).await;
                found = self.look().await?.1;
            }
            if index.state(&found) == Some(true) {
                continue;
            }
            let leftover = index.state(&found).is_some();
            info!(index = index.name, leftover, "an index is built");
            if leftover {
                let drop = format!("DROP INDEX CONCURRENTLY IF EXISTS {}", index.name);
                session.run(&drop, None).await.map_err(failed)?;
            }
            let create = index.statement(true);
            session.run(&create, None).await.map_err(failed)?;
            // Behind a pooler an idle session may have been taken from us, and with it our turn.
            turn.run("SELECT 1", Some(limit)).await.map_err(failed)?;
            info!(index = index.name, "an index is built and used from now on");
            built.push(index.name.to_owned());
        }
        Ok(built)
    }

    fn index_failed(&self, (index, error): Failed) -> OpenError {
        let address = self.connections.settings().address();
        match (index, error) {
            (Some(index), error @ SessionError::Refused { .. }) => OpenError::Index {
                address,
                index: index.name,
                reason: error.to_string(),
            },
            (None, error @ SessionError::Refused { .. }) => OpenError::Look {
                address,
                reason: error.to_string(),
            },
            (_, error @ SessionError::TimedOut(_)) => OpenError::TimedOut {
                address,
                reason: error.to_string(),
            },
            (_, error) => OpenError::Connect {
                address,
                reason: error.to_string(),
            },
        }
    }
}
