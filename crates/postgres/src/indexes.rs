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

use tracing::{info, warn};

use crate::PostgresStore;
use crate::adoption::found::{Found, Trigrams};
use crate::adoption::warnings::NO_TRIGRAMS;
use crate::error::OpenError;
use crate::session::{Session, SessionError};

mod at_once;

pub(crate) use at_once::build_at_once;

/// An index that this program adds to the table of accounts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Index {
    pub(crate) name: &'static str,
    /// What comes after the table's name.
    columns: &'static str,
}

const fn index(name: &'static str, columns: &'static str) -> Index {
    Index { name, columns }
}

/// Where the schema of the extension `pg_trgm` belongs.
const TRIGRAMS: &str = "TRIGRAMS";

/// All of them. An operator's index on the same columns may have the name that Postgres gives by
/// default (`users_email_idx`), and is his: so none of ours has such a name.
pub(crate) const INDEXES: [Index; 14] = [
    // Who is meant.
    index("users_by_folded_email_idx", "(lower(email COLLATE \"C\"))"),
    index(
        "users_by_folded_username_idx",
        "(lower(username COLLATE \"C\"))",
    ),
    // Every order of a list.
    index(
        "users_by_created_at_id_idx",
        "(created_at NULLS FIRST, id COLLATE \"C\")",
    ),
    index(
        "users_by_updated_at_created_at_id_idx",
        "(coalesce(updated_at, created_at) NULLS FIRST, id COLLATE \"C\")",
    ),
    index("users_by_id_idx", "(id COLLATE \"C\")"),
    index(
        "users_by_first_name_id_idx",
        "(first_name COLLATE \"C\" NULLS FIRST, id COLLATE \"C\")",
    ),
    index(
        "users_by_last_name_id_idx",
        "(last_name COLLATE \"C\" NULLS FIRST, id COLLATE \"C\")",
    ),
    index(
        "users_by_username_id_idx",
        "(username COLLATE \"C\" NULLS FIRST, id COLLATE \"C\")",
    ),
    index(
        "users_by_email_id_idx",
        "(email COLLATE \"C\" NULLS FIRST, id COLLATE \"C\")",
    ),
    // The few of a kind; most accounts are in neither.
    index("users_by_other_status_idx", "(status) WHERE status <> 0"),
    index("users_by_administrator_idx", "(status) WHERE role = 1"),
    // What a list is filtered by.
    index(
        "users_by_tags_idx",
        "USING gin (users_tag_keys(tags::text[]))",
    ),
    index(
        "users_by_metadata_idx",
        "USING gin (metadata jsonb_path_ops)",
    ),
    index(
        "users_by_trigrams_idx",
        "USING gin (lower(id COLLATE \"C\") TRIGRAMS.gin_trgm_ops,
                    lower(username COLLATE \"C\") TRIGRAMS.gin_trgm_ops,
                    lower(email COLLATE \"C\") TRIGRAMS.gin_trgm_ops,
                    lower(first_name COLLATE \"C\") TRIGRAMS.gin_trgm_ops,
                    lower(last_name COLLATE \"C\") TRIGRAMS.gin_trgm_ops)",
    ),
];

/// Those that earlier versions of this program built.
const RETIRED: [&str; 1] = ["users_by_status_role_idx"];

/// Where it may be created, it may be by the database's owner: it is a trusted extension.
const CREATE_TRIGRAMS: &str = "CREATE EXTENSION IF NOT EXISTS pg_trgm";

/// How often is asked for the turn.
const POLL: Duration = Duration::from_secs(1);

/// Explicit, since another default of the database would see what the build has to wait for.
const BEGIN: &str = "
    BEGIN ISOLATION LEVEL READ COMMITTED;
    SET LOCAL idle_in_transaction_session_timeout = 0;
    SELECT set_config(name, '0', true) FROM pg_settings WHERE name = 'transaction_timeout'";
/// For the session that builds, one at a time: with a quarter of a gigabyte the indexes of many entries
/// to a row take much less time. A name that only newer servers know cannot be set directly.
const UNLIMITED: &str = "
    SET statement_timeout = 0;
    SET lock_timeout = 0;
    SELECT set_config(name, '262144', false) FROM pg_settings
    WHERE name = 'maintenance_work_mem' AND setting::bigint < 262144;
    SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'";
const LOCK: &str = "SELECT pg_try_advisory_xact_lock(1970432882, 2)";

/// A server whose client was killed builds on. Other roles' work is shown without its table.
const BUILDING: &str = "
    SELECT EXISTS (SELECT FROM pg_stat_progress_create_index
                   WHERE datname = current_database() AND relid = to_regclass('users'))";

impl Index {
    /// How it is made, where what it needs is there.
    pub(crate) fn statement(&self, found: &Found, concurrently: bool) -> Option<String> {
        let concurrently = if concurrently { " CONCURRENTLY" } else { "" };
        let Self { name, columns } = self;
        let mut columns = (*columns).to_owned();
        if self.needs_trigrams() {
            let Trigrams::Installed(schema) = &found.trigrams else {
                return None;
            };
            let schema = format!("\"{}\"", schema.replace('"', "\"\""));
            columns = columns.replace(TRIGRAMS, &schema);
        }
        Some(format!(
            "CREATE INDEX{concurrently} {name} ON users {columns}"
        ))
    }

    pub(crate) fn needs_trigrams(&self) -> bool {
        self.columns.contains(TRIGRAMS)
    }

    /// `None` where it is missing, else whether it can be used.
    fn state(&self, found: &Found) -> Option<bool> {
        let users = found.relations.get("users")?;
        users.indexes.get(self.name).copied()
    }

    /// Whether it is to be built, and can be.
    pub(crate) fn is_missing(&self, found: &Found) -> bool {
        let is_possible = !self.needs_trigrams()
            || matches!(found.trigrams, Trigrams::Installed(_) | Trigrams::Creatable);
        is_possible && self.state(found) != Some(true)
    }
}

/// What is to be done: the names of those that are missing, or that an interrupted build left
/// unusable, then those that nobody needs any more.
pub(crate) fn work(found: &Found) -> Vec<String> {
    let missing = INDEXES.iter().filter(|index| index.is_missing(found));
    let missing = missing.map(|index| index.name.to_owned());
    missing.chain(retired(found).map(dropped)).collect()
}

fn retired(found: &Found) -> impl Iterator<Item = &'static str> {
    let users = found.relations.get("users");
    RETIRED
        .into_iter()
        .filter(move |name| users.is_some_and(|users| users.indexes.contains_key(*name)))
}

/// How it is told.
fn dropped(name: &str) -> String {
    format!("{name} (dropped)")
}

/// The index that was worked on, and what went wrong.
pub(crate) type Failed = (&'static str, SessionError);

impl PostgresStore {
    /// Builds what indexes the table of accounts lacks, drops those of earlier versions that nobody
    /// needs any more, and gives the names of both. Requests are served
    /// meanwhile, so this is for the time after the start. It takes as long as it takes. Several
    /// processes may do so at once: one builds, the others return when all is built.
    ///
    /// The index of trigrams needs the extension `pg_trgm`, which is created where it is not there and
    /// may be. Where it cannot be had, all else is built.
    ///
    /// To give up is safe: what an interrupted build left behind is dropped and built again by the
    /// next one. A limit that the database itself sets for statements ends the build too, where a
    /// pooler keeps us from lifting it ([`crate::PostgresSettings::statement_cache`]).
    ///
    /// # Errors
    ///
    /// There is no connection, it was lost, no answer came in time, or the server refused; indexes that were built stay.
    pub async fn build_indexes(&self) -> Result<Vec<String>, OpenError> {
        // One cheap look says whether there is anything to do.
        let (_, found) = self.look().await?;
        if work(&found).is_empty() || !found.relations.contains_key("user_counts") {
            return Ok(Vec::new());
        }
        let turn = self.take_turn().await?;
        let built = self.build(&turn).await?;
        self.end_turn(turn).await;
        Ok(built)
    }

    /// Waits until no other process tends the table of accounts. It is our turn for as long as the
    /// session lives.
    pub(crate) async fn take_turn(&self) -> Result<Session, OpenError> {
        let limit = self.connections.settings().statement_timeout;
        loop {
            // Who waits keeps no transaction open, which the one at work might have to wait for.
            let turn = self.open_session().await?;
            let asked = async {
                turn.run(BEGIN, Some(limit)).await?;
                turn.is_true(LOCK, Some(limit)).await
            };
            if asked.await.map_err(|error| self.session_failed(error))? {
                return Ok(turn);
            }
            drop(turn);
            tokio::time::sleep(POLL).await;
        }
    }

    pub(crate) async fn end_turn(&self, turn: Session) {
        let limit = self.connections.settings().statement_timeout;
        // The end of the session ends the turn too.
        if turn.run("COMMIT", Some(limit)).await.is_err() {
            tracing::debug!("the turn to tend the table of accounts ended before its time");
        }
    }

    async fn build(&self, turn: &Session) -> Result<Vec<String>, OpenError> {
        let limit = self.connections.settings().statement_timeout;
        let mut done = Vec::new();
        for index in INDEXES {
            let failed = |error| self.index_failed((index.name, error));
            // Another one may have built it before it was our turn.
            let (session, mut found) = self.look_unlimited().await?;
            if !index.is_missing(&found) {
                continue;
            }
            while session
                .is_true(BUILDING, Some(limit))
                .await
                .map_err(failed)?
            {
                tokio::time::sleep(POLL).await;
                found = self.look().await?.1;
            }
            if index.needs_trigrams() && found.trigrams == Trigrams::Creatable {
                create_trigrams(&session).await.map_err(failed)?;
                found = self.look().await?.1;
            }
            let Some(create) = index.statement(&found, true) else {
                continue;
            };
            if !index.is_missing(&found) {
                continue;
            }
            let leftover = index.state(&found).is_some();
            info!(index = index.name, leftover, "an index is built");
            if leftover {
                let drop = drop_statement(index.name);
                session.run(&drop, None).await.map_err(failed)?;
            }
            session.run(&create, None).await.map_err(failed)?;
            // Behind a pooler an idle session may have been taken from us, and with it our turn.
            turn.run("SELECT 1", Some(limit)).await.map_err(failed)?;
            info!(index = index.name, "an index is built and used from now on");
            done.push(index.name.to_owned());
        }
        let (session, found) = self.look_unlimited().await?;
        for name in retired(&found) {
            let failed = |error| self.index_failed((name, error));
            let drop = drop_statement(name);
            session.run(&drop, None).await.map_err(failed)?;
            info!(index = name, "an index that is not needed any more is gone");
            done.push(dropped(name));
        }
        Ok(done)
    }

    /// A look, with the session that saw it, which may work for as long as it takes.
    async fn look_unlimited(&self) -> Result<(Session, Found), OpenError> {
        let settings = self.connections.settings();
        let (session, found) = self.look().await?;
        if settings.statement_cache {
            let lifted = session.run(UNLIMITED, Some(settings.statement_timeout));
            lifted.await.map_err(|error| self.session_failed(error))?;
        }
        Ok((session, found))
    }

    fn index_failed(&self, (index, error): Failed) -> OpenError {
        match error {
            error @ SessionError::Refused { .. } => OpenError::Index {
                address: self.connections.settings().address(),
                index,
                reason: error.to_string(),
            },
            error => self.session_failed(error),
        }
    }

    /// What was asked was no index.
    pub(crate) fn session_failed(&self, error: SessionError) -> OpenError {
        let address = self.connections.settings().address();
        match error {
            error @ SessionError::Refused { .. } => OpenError::Look {
                address,
                reason: error.to_string(),
            },
            error @ SessionError::TimedOut(_) => OpenError::TimedOut {
                address,
                reason: error.to_string(),
            },
            error @ SessionError::Lost(_) => OpenError::Connect {
                address,
                reason: error.to_string(),
            },
        }
    }
}

/// Where the server refuses after all, as some hosts do, names are searched for without an index.
async fn create_trigrams(session: &Session) -> Result<(), SessionError> {
    match session.run(CREATE_TRIGRAMS, None).await {
        Ok(()) => {
            info!("the extension pg_trgm was created, for the index that searches need");
            Ok(())
        }
        Err(error @ SessionError::Refused { .. }) => {
            warn!(%error, "{NO_TRIGRAMS}: the extension pg_trgm could not be created");
            Ok(())
        }
        Err(error) => Err(error),
    }
}

fn drop_statement(name: &str) -> String {
    format!("DROP INDEX CONCURRENTLY IF EXISTS {name}")
}
