//! The schema: taken over as it is found and brought up to date under a lock, or only looked at.

use std::time::Duration;

use tokio::time::Instant;
use tokio_postgres::error::SqlState;
use tracing::{info, warn};

use crate::PostgresStore;
use crate::error::OpenError;
use crate::session::{Session, SessionError};
use crate::takeover::found::Found;
use crate::takeover::plan::{MigrationStatus, Obstacle, Step, history, plan};

/// Names the lock of whoever changes the schema; any number that nobody else takes.
const LOCK: i64 = 0x7573_6572_735f_6d67;
/// How long changing the schema may take, and waiting for another process that does.
const LONGEST: Duration = Duration::from_mins(15);
/// How long in all it is tried to get at tables that others keep locked.
const PATIENCE: Duration = Duration::from_mins(2);
/// The pause before another try at them: whoever stood behind us goes on meanwhile.
const PAUSE: Duration = Duration::from_secs(2);
/// How often it is asked whether another process is done.
const TURN: Duration = Duration::from_millis(100);

/// No statement waits longer than a second for a lock: behind a waiting change of a table everybody
/// else would wait as well. Times without zone are UTC.
const BEGIN: &str = "
    BEGIN ISOLATION LEVEL READ COMMITTED;
    SET LOCAL TIME ZONE 'UTC';
    SET LOCAL lock_timeout = '1s';
    SET LOCAL statement_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0;";

/// How a try ended.
enum Try {
    Done(Vec<String>),
    /// Another process has the lock.
    Busy,
}

impl PostgresStore {
    /// Brings the schema up to date and gives the names of the steps that it took: the deployed
    /// service's own changes that are missing, recorded as that service would, then ours. All are
    /// taken or none; any number of processes may do so at once. A database that is up to date is
    /// only looked at. Indexes come later: see [`PostgresStore::build_indexes`].
    ///
    /// A database that is neither empty nor the deployed service's is refused and left as it is.
    pub async fn migrate(&self) -> Result<Vec<String>, OpenError> {
        let begun = Instant::now();
        let mut obstructed_since = None;
        loop {
            let session = self.session().await?;
            let found = self.look_with(&session).await?;
            self.warn_of_newer(&found);
            let steps = self.plan(&found)?;
            if steps.is_empty() {
                return Ok(Vec::new());
            }
            let outcome = self.try_to_migrate(&session).await;
            let pause = match outcome {
                Ok(Try::Done(names)) => {
                    info!(migrations = ?names, "the schema is up to date");
                    return Ok(names);
                }
                Ok(Try::Busy) if begun.elapsed() < LONGEST => TURN,
                Ok(Try::Busy) => {
                    return Err(self.failed("another process has been changing it for too long"));
                }
                Err(Stopped::Obstacle(obstacle)) => return Err(self.obstructed(obstacle)),
                Err(Stopped::Session(error)) if is_passing(&error) => {
                    let since = *obstructed_since.get_or_insert_with(Instant::now);
                    if since.elapsed() >= PATIENCE {
                        return Err(self.failed(&error));
                    }
                    warn!(%error, "the schema cannot be changed yet; trying again");
                    PAUSE
                }
                Err(Stopped::Session(error @ SessionError::Lost(_))) => {
                    return Err(self.unreachable(&error));
                }
                Err(Stopped::Session(error)) => return Err(self.failed(&error)),
            };
            drop(session);
            tokio::time::sleep(pause).await;
        }
    }

    /// The history of the schema in order: the deployed service's changes, ours, and those that
    /// only a newer program knows. Changes nothing.
    pub async fn migrations(&self) -> Result<Vec<MigrationStatus>, OpenError> {
        let found = self.look().await?;
        self.plan(&found)?;
        Ok(history(&found))
    }

    /// The names of what [`PostgresStore::migrate`] and [`PostgresStore::build_indexes`] would do,
    /// in order. Changes nothing.
    pub async fn dry_run(&self) -> Result<Vec<String>, OpenError> {
        let found = self.look().await?;
        let steps = self.plan(&found)?;
        let mut names: Vec<String> = steps.into_iter().map(|step| step.name).collect();
        if found.is_empty && !names.is_empty() {
            // Those of an empty table come with it.
            return Ok(names);
        }
        let missing = crate::indexes::INDEXES
            .iter()
            .filter(|index| found.is_valid_index(index.name) != Some(true));
        names.extend(missing.map(|index| index.name.to_owned()));
        Ok(names)
    }

    /// What stands in the database. Changes nothing.
    pub(crate) async fn look(&self) -> Result<Found, OpenError> {
        let session = self.session().await?;
        self.look_with(&session).await
    }

    async fn look_with(&self, session: &Session) -> Result<Found, OpenError> {
        let limit = self.connections.settings().statement_timeout;
        let found = Found::look(session, limit).await;
        found.map_err(|error| match error {
            SessionError::Lost(_) | SessionError::Late(_) => self.unreachable(&error),
            SessionError::Refused { .. } => self.failed(&error),
        })
    }

    /// A session beside the pool.
    pub(crate) async fn session(&self) -> Result<Session, OpenError> {
        let connector = self.connections.connector();
        let session = connector.session().await;
        session.map_err(|error| self.unreachable(&error))
    }

    async fn try_to_migrate(&self, session: &Session) -> Result<Try, Stopped> {
        let limit = self.connections.settings().statement_timeout;
        session.run(BEGIN, limit).await?;
        let lock = format!("SELECT pg_try_advisory_xact_lock({LOCK})");
        if !session.is(&lock, limit).await? {
            session.run("ROLLBACK", limit).await?;
            return Ok(Try::Busy);
        }
        let mut found = Found::look_inside(session, limit).await?;
        if found.table("gorp_migrations").is_some() {
            // A deployed service that starts meanwhile waits, and then finds everything done.
            let lock = "LOCK TABLE gorp_migrations IN ACCESS EXCLUSIVE MODE";
            session.run(lock, limit).await?;
            found = Found::look_inside(session, limit).await?;
        }
        let steps = plan(&found).map_err(Stopped::Obstacle)?;
        let mut names = Vec::new();
        for Step { name, sql } in steps {
            session.run(&sql, LONGEST).await?;
            names.push(name);
        }
        session.run("COMMIT", LONGEST).await?;
        Ok(Try::Done(names))
    }

    fn plan(&self, found: &Found) -> Result<Vec<Step>, OpenError> {
        plan(found).map_err(|obstacle| self.obstructed(obstacle))
    }

    /// A newer program may have been here. Its changes are made so that this one can go on, one
    /// version back at least (see `migrations/README.md`); the operator should know all the same.
    fn warn_of_newer(&self, found: &Found) {
        let unknown = history(found).len() - history(&Found::default()).len();
        if unknown > 0 {
            let database = self.address();
            warn!(
                unknown,
                database, "the database was changed by a newer version of this program"
            );
        }
    }

    fn address(&self) -> String {
        self.connections.settings().address()
    }

    fn obstructed(&self, obstacle: Obstacle) -> OpenError {
        let address = self.address();
        match obstacle {
            Obstacle::Foreign(reason) => OpenError::Foreign { address, reason },
            Obstacle::Newer(ids) => OpenError::Newer {
                address,
                ids: ids.join(", "),
            },
        }
    }

    fn unreachable(&self, error: &dyn std::fmt::Display) -> OpenError {
        OpenError::Connect {
            address: self.address(),
            reason: error.to_string(),
        }
    }

    fn failed(&self, error: impl std::fmt::Display) -> OpenError {
        OpenError::Migrate {
            address: self.address(),
            reason: error.to_string(),
        }
    }
}

/// Why a try came to nothing. What was done is undone with the session.
enum Stopped {
    Obstacle(Obstacle),
    Session(SessionError),
}

impl From<SessionError> for Stopped {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

/// Whether another try may succeed: somebody else has locks, or did the same at the same moment.
fn is_passing(error: &SessionError) -> bool {
    let SessionError::Refused { code, .. } = error else {
        return false;
    };
    [
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::UNIQUE_VIOLATION,
        SqlState::DUPLICATE_TABLE,
        SqlState::DUPLICATE_OBJECT,
    ]
    .contains(code)
}
