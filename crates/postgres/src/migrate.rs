//! The schema: brought up to date in one transaction, looked at without a trace.
//!
//! Any number of processes may start at once: one works, the others find it done. Nobody waits
//! inside a statement for longer than a moment, since what waits for a table holds up everybody who
//! comes after it.

use std::time::Duration;

use tokio::time::Instant;
use tokio_postgres::error::SqlState;
use tracing::{info, warn};
use users_domain::model::Timestamp;

use crate::PostgresStore;
use crate::adoption::found::Found;
use crate::adoption::plan::{Plan, plan};
use crate::adoption::step::Step;
use crate::adoption::{DEPLOYED, DEPLOYED_BOOKKEEPING, OWN, OWN_BOOKKEEPING};
use crate::connect::ConnectError;
use crate::error::OpenError;
use crate::indexes::{self, build_at_once};
use crate::session::{Session, SessionError};

/// A step of the schema's history, and whether a database has taken it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its name: `clients_01` and so on are the deployed service's, `0001_users` and so on ours; of
    /// one that this program does not know, its id alone.
    pub name: String,
    /// When the database took it (by the server's clock, 1970 if that is not recorded); `None`: not
    /// yet.
    pub applied_at: Option<Timestamp>,
}

/// How long all the waiting for others may last.
const PATIENCE: Duration = Duration::from_mins(15);
/// How long one statement may work. On a million accounts the longest took less than a minute.
const WORK: Duration = Duration::from_mins(15);
/// How often is looked whether another process is done.
const POLL: Duration = Duration::from_millis(100);
/// How long a table is left to those who use it before it is asked for again.
const PAUSE: Duration = Duration::from_secs(2);
/// How often a statement that others defeated is tried: two minutes of a table that is in use.
const ATTEMPTS: u32 = 40;

/// Only one session at a time works, and it keeps the tables for that time only. What is stored is
/// UTC. An operator's read-only default holds: nothing here asks for READ WRITE. A name that only
/// newer servers know cannot be set directly.
const BEGIN: &str = "
    BEGIN ISOLATION LEVEL READ COMMITTED;
    SET LOCAL TIME ZONE 'UTC';
    SET LOCAL statement_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0;
    SET LOCAL lock_timeout = '1s';
    SET LOCAL client_min_messages = 'warning';
    SELECT set_config(name, '0', true) FROM pg_settings WHERE name = 'transaction_timeout'";
/// Two numbers: no key of this kind is equal to one of those that the store takes for names.
const LOCK: &str = "SELECT pg_try_advisory_xact_lock(1970432882, 1)";

/// How an attempt ended.
enum Attempt {
    /// The database is up to date; these steps were taken.
    Done(Vec<String>),
    /// Another process is at work.
    Busy,
    /// The answer to COMMIT was lost; these steps were taken, or none.
    Unknown(Vec<String>),
}

/// Why an attempt failed; nothing was changed.
enum Failure {
    Connect(ConnectError),
    /// Others keep the lists of what was done locked.
    Locked,
    Look(SessionError),
    /// The database is none that can be brought up to date.
    Refused(String),
    /// A step failed.
    Step(String, SessionError),
}

impl PostgresStore {
    /// Brings the schema up to date and gives the names of what was done: what the deployed service
    /// would still do to its database, then what this program adds. On an empty database all of it
    /// is done. All of it is done or nothing; several processes may do so at once.
    ///
    /// Where there is nothing to do nothing is written, and a read-only server will do. Indexes
    /// that a table with accounts lacks are left to [`PostgresStore::build_indexes`].
    ///
    /// # Errors
    ///
    /// There is no connection, or no answer in time; the database is neither empty nor one that can be taken over (the
    /// text says what is in the way); the role may not change it; or others kept the tables for two
    /// minutes, or worked for a quarter of an hour.
    pub async fn migrate(&self) -> Result<Vec<String>, OpenError> {
        let until = Instant::now() + PATIENCE;
        let mut attempts = 0;
        let mut perhaps = Vec::new();
        loop {
            let (failure, pause) = match self.attempt().await {
                Ok(Attempt::Done(steps)) if steps.is_empty() => return Ok(perhaps),
                Ok(Attempt::Done(steps)) => return Ok(steps),
                Ok(Attempt::Unknown(steps)) => {
                    perhaps = steps;
                    continue;
                }
                Ok(Attempt::Busy) => (None, POLL),
                Err(failure) if failure.is_passing() => {
                    attempts += 1;
                    (Some(failure), PAUSE)
                }
                Err(failure) => return Err(self.failed(failure)),
            };
            if attempts >= ATTEMPTS || Instant::now() > until {
                return Err(failure.map_or_else(
                    || self.cannot_migrate("another process is still at it".to_owned()),
                    |failure| self.failed(failure),
                ));
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// All steps in order: the deployed service's, then ours, then those that are unknown. Changes
    /// nothing, and works on an empty database too.
    ///
    /// # Errors
    ///
    /// There is no connection; no answer in time, e.g. since another process brings the schema up to
    /// date at the moment; the role may not look; or the database is none that can be taken over, whose
    /// history could not go on.
    pub async fn migrations(&self) -> Result<Vec<MigrationStatus>, OpenError> {
        let (_, found) = self.look().await?;
        plan(&found).map_err(|reason| self.cannot_migrate(reason))?;
        let known = DEPLOYED.iter().map(|step| (step, &found.deployed));
        let known = known.chain(OWN.iter().map(|step| (step, &found.own)));
        let mut statuses: Vec<_> = known
            .map(|(step, list)| MigrationStatus {
                name: step.name.to_owned(),
                applied_at: list.get(step.id).map(|at| recorded_at(*at)),
            })
            .collect();
        let unknown = found.deployed.iter().chain(&found.own);
        let unknown = unknown.filter(|(id, _)| DEPLOYED.iter().chain(&OWN).all(|k| k.id != **id));
        statuses.extend(unknown.map(|(id, at)| MigrationStatus {
            name: id.clone(),
            applied_at: Some(recorded_at(*at)),
        }));
        Ok(statuses)
    }

    /// The names of what [`PostgresStore::migrate`] and [`PostgresStore::build_indexes`] would do,
    /// in order. Changes nothing.
    ///
    /// # Errors
    ///
    /// There is no connection, no answer in time (see [`PostgresStore::migrations`]), the role may
    /// not look, or the database is none that can be taken over.
    pub async fn dry_run(&self) -> Result<Vec<String>, OpenError> {
        let (_, found) = self.look().await?;
        let plan = plan(&found).map_err(|reason| self.cannot_migrate(reason))?;
        let steps = plan.steps.iter().map(Step::name);
        Ok(steps.chain(indexes::work(&found)).collect())
    }

    /// What there is, with the session that saw it.
    pub(crate) async fn look(&self) -> Result<(Session, Found), OpenError> {
        self.look_once()
            .await
            .map_err(|failure| self.failed(failure))
    }

    /// A session beside the pool.
    pub(crate) async fn open_session(&self) -> Result<Session, OpenError> {
        let opened = Session::open(self.connections.connector()).await;
        opened.map_err(|error| self.failed(Failure::Connect(error)))
    }

    async fn look_once(&self) -> Result<(Session, Found), Failure> {
        let connector = self.connections.connector();
        let session = Session::open(connector).await.map_err(Failure::Connect)?;
        let limit = connector.settings().statement_timeout;
        match Found::look(&session, limit).await {
            Ok(found) => Ok((session, found)),
            Err(error) if error.is(&SqlState::LOCK_NOT_AVAILABLE) => Err(Failure::Locked),
            Err(error) => Err(Failure::Look(error)),
        }
    }

    async fn attempt(&self) -> Result<Attempt, Failure> {
        let limit = self.connections.settings().statement_timeout;
        // Most starts find nothing to do and need no lock to see it.
        let (session, found) = match self.look_once().await {
            Err(Failure::Locked) => return Ok(Attempt::Busy),
            looked => looked?,
        };
        let seen = plan(&found).map_err(Failure::Refused)?;
        if seen.steps.is_empty() {
            warn_of(&seen);
            return Ok(Attempt::Done(Vec::new()));
        }
        let begun = async {
            session.run(BEGIN, Some(limit)).await?;
            session.is_true(LOCK, Some(limit)).await
        };
        if !begun.await.map_err(Failure::Look)? {
            return Ok(Attempt::Busy);
        }
        let step = async |name: &str, sql: &str| {
            let done = session.run(sql, Some(WORK)).await;
            done.map_err(|error| Failure::Step(name.to_owned(), error))
        };
        step("gorp_migrations", DEPLOYED_BOOKKEEPING).await?;
        // The deployed service takes no lock when it starts, but it reads this list first.
        step("gorp_migrations", "LOCK TABLE gorp_migrations").await?;
        // Another process may have done it since, and nobody does from here on.
        let found = Found::look_within(&session, limit).await;
        let found = found.map_err(Failure::Look)?;
        let plan = plan(&found).map_err(Failure::Refused)?;
        step("bookkeeping", OWN_BOOKKEEPING).await?;
        if found.adopted.is_none() {
            step("adoption", &self.adoption(&found)).await?;
        }
        // At once, and before the work: what has to wait for a table later begins all of it again.
        if let Some(table) = found.accounts_table()
            && let Some(lock) = plan.steps.iter().filter_map(Step::lock_of_accounts).max()
        {
            let mode = lock.mode();
            step(table, &format!("LOCK TABLE {table} IN {mode} MODE")).await?;
        }
        let mut names = Vec::new();
        for one in &plan.steps {
            step(&one.name(), &with_record(one)).await?;
            names.push(one.name());
        }
        // Where there are no accounts yet nobody is held up by the building of indexes.
        let nobody = session.is_true("SELECT NOT EXISTS (SELECT FROM users)", Some(WORK));
        let nobody = nobody.await;
        if nobody.map_err(|error| Failure::Step("users".to_owned(), error))? {
            let built = build_at_once(&session, &found, WORK).await;
            names.extend(built.map_err(|(name, error)| Failure::Step(name.to_owned(), error))?);
        }
        match session.run("COMMIT", Some(WORK)).await {
            Ok(()) => {
                warn_of(&plan);
                info!(steps = ?names, "the schema is up to date");
                Ok(Attempt::Done(names))
            }
            Err(error @ SessionError::Refused { .. }) => {
                Err(Failure::Step("the commit".to_owned(), error))
            }
            Err(_) => Ok(Attempt::Unknown(names)),
        }
    }

    /// Notes when a database was taken over, and at which of the deployed service's steps it was.
    fn adoption(&self, found: &Found) -> String {
        let was = found.accounts_table().is_some();
        let last = found.deployed.last_key_value().map(|(id, _)| id.as_str());
        // Only known ids come here.
        let what = match last {
            Some(id) => id,
            None if was => "unrecorded",
            None => "empty",
        };
        let now = self.clock.now();
        let (seconds, micros) = (now.unix_timestamp(), now.microsecond());
        // Whole seconds are exact as the double that the function takes; Postgres 14 has no interval of
        // so many microseconds.
        format!(
            "INSERT INTO adoption (adopted_at, found)
             VALUES (to_timestamp({seconds}) + interval '{micros} microseconds', '{what}')"
        )
    }

    fn address(&self) -> String {
        self.connections.settings().address()
    }

    fn cannot_migrate(&self, reason: String) -> OpenError {
        OpenError::Migrate {
            address: self.address(),
            reason,
        }
    }

    fn failed(&self, failure: Failure) -> OpenError {
        let address = self.address();
        match failure {
            Failure::Connect(error) => OpenError::Connect {
                address,
                reason: error.to_string(),
            },
            Failure::Refused(reason) => self.cannot_migrate(reason),
            Failure::Locked => OpenError::TimedOut {
                address,
                reason: "others keep its tables locked".to_owned(),
            },
            Failure::Look(error @ SessionError::TimedOut(_))
            | Failure::Step(_, error @ SessionError::TimedOut(_)) => OpenError::TimedOut {
                address,
                reason: error.to_string(),
            },
            Failure::Look(error @ SessionError::Refused { .. }) => OpenError::Look {
                address,
                reason: error.to_string(),
            },
            Failure::Step(name, error) if error.is(&SqlState::INSUFFICIENT_PRIVILEGE) => {
                let role = &self.connections.settings().user;
                self.cannot_migrate(format!(
                    "{name}: {error} (make the role `{role}` the owner of the database and of the \
                     tables in it, or give it CREATE on the schema if there are none yet)"
                ))
            }
            Failure::Step(name, error @ SessionError::Refused { .. }) => {
                self.cannot_migrate(format!("{name}: {error}"))
            }
            // The server is away.
            Failure::Look(error) | Failure::Step(_, error) => OpenError::Connect {
                address,
                reason: error.to_string(),
            },
        }
    }
}

impl Failure {
    /// Whether others were in the way, who will be gone. Two that make one table at the same time
    /// meet in the catalogue.
    fn is_passing(&self) -> bool {
        let reasons = [
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::T_R_SERIALIZATION_FAILURE,
        ];
        match self {
            Self::Step(_, error) if reasons.iter().any(|reason| error.is(reason)) => true,
            Self::Step(name, error) => {
                name == "gorp_migrations"
                    && (error.is(&SqlState::UNIQUE_VIOLATION)
                        || error.is(&SqlState::DUPLICATE_TABLE))
            }
            _ => false,
        }
    }
}

/// A step with the line of its history. All names are of this program.
fn with_record(step: &Step) -> String {
    let record = match step {
        Step::Deployed {
            migration,
            record: true,
        }
        | Step::Recorded(migration) => format!(
            "INSERT INTO gorp_migrations (id, applied_at) VALUES ('{}', now())",
            migration.id
        ),
        Step::Own(migration) => format!(
            "INSERT INTO __diesel_schema_migrations (version) VALUES ('{}')",
            migration.id
        ),
        Step::Deployed { record: false, .. } | Step::PublicMetadata => String::new(),
    };
    format!("{};\n{record}", step.sql())
}

fn recorded_at(at: Option<Timestamp>) -> Timestamp {
    at.unwrap_or(Timestamp::UNIX_EPOCH)
}

fn warn_of(plan: &Plan) {
    for warning in &plan.warnings {
        warn!("{warning}");
    }
}
