//! A batch of accounts in one transaction: copied into a table of the session, judged, and what is
//! new of them written.
//!
//! Writers of single names lock them one by one, which a batch cannot: there is no room for so many
//! locks. They share one more lock, though, and a batch takes that one for itself, from when it looks
//! what is taken until it has committed. What a program writes meanwhile that knows no locks, its
//! unique constraints catch, and the batch is begun again.

use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::types::Type;
use users_domain::model::{
    Arrival, Effect, EffectRecord, ImportOutcome, TakenNames, Timestamp, UserId,
};
use users_domain::ports::{Clock, ImportMode};

use super::Failed;
use super::arrivals::{COLUMNS, COPY, CREATE, chunks};
use crate::session::{Session, SessionError};
use crate::settings::PostgresSettings;

/// No step of a batch takes longer.
pub(super) const LIMIT: Duration = Duration::from_mins(1);

/// Who waits for the lock has everybody wait behind him who would write a name, so he gives up soon.
/// Nor does the server keep the lock for a process that stopped in its tracks. Others' limits are
/// lifted, since they were made for other statements.
///
/// Entries that wait to come into the indexes of parts, tags and metadata come in by the thousand,
/// which is a fifth less work than by the hundred as registrations have it, and takes a registration
/// that meets so many a fraction of a second.
///
/// A table without statistics counts as small, and would be read as a whole: what is looked up is few
/// and stands in indexes.
pub(crate) const SET: &str = "
    SET LOCAL statement_timeout = '61s';
    SET LOCAL lock_timeout = '500ms';
    SET LOCAL work_mem = '64MB';
    SET LOCAL gin_pending_list_limit = '32MB';
    SET LOCAL client_min_messages = 'warning';
    SET LOCAL enable_seqscan = off;
    SET LOCAL enable_hashjoin = off;
    SET LOCAL enable_mergejoin = off;
    SET LOCAL jit = off;
    SELECT set_config(name, '0', true) FROM pg_settings WHERE name = 'transaction_timeout'";
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
const IDLE: &str = "SET LOCAL idle_in_transaction_session_timeout = '20s'";
/// For a dry run that is one transaction: it waits for its next accounts.
const IDLE_FOR_EVER: &str = "SET LOCAL idle_in_transaction_session_timeout = 0";

/// The other side of what writers of single names share, see `lock_names`.
const LOCK: &str = "SELECT pg_advisory_xact_lock(1970432882, 3)";

/// What has an id or a name of one that arrives. Each is a look into one index.
pub(crate) const TAKEN: &str = r#"
    SELECT u.id, lower(u.email COLLATE "C"), lower(u.username COLLATE "C")
    FROM pg_temp.arrivals a JOIN users u ON u.id = a.id
    UNION ALL
    SELECT u.id, lower(u.email COLLATE "C"), lower(u.username COLLATE "C")
    FROM pg_temp.arrivals a
    JOIN users u ON lower(u.email COLLATE "C") = lower(a.email COLLATE "C")
    UNION ALL
    SELECT u.id, lower(u.email COLLATE "C"), lower(u.username COLLATE "C")
    FROM pg_temp.arrivals a
    JOIN users u ON lower(u.username COLLATE "C") = lower(a.username COLLATE "C")"#;

/// For the next batch of the same transaction.
const EMPTY: &str = "TRUNCATE pg_temp.arrivals";

/// What a dry run would have imported, as long as its session or its one transaction lives.
const CREATE_JUDGED: &str = r#"
    CREATE TEMPORARY TABLE judged (id text COLLATE "C", email text, username text);
    CREATE INDEX ON pg_temp.judged (id);
    CREATE INDEX ON pg_temp.judged (lower(email COLLATE "C"));
    CREATE INDEX ON pg_temp.judged (lower(username COLLATE "C"))"#;

/// Numbers are given in the order of the accounts. What shall wait once only is passed over while it
/// does: the unique index says so.
const APPEND: &str = "
    INSERT INTO outbox (kind, key, once, format, payload, due_at, created_at)
    SELECT kind, key, once, format, payload,
        to_timestamp(second) + microsecond * interval '1 microsecond', NOW
    FROM unnest($1, $2, $3, $4, $5, $6, $7) WITH ORDINALITY
        AS effect (kind, key, once, format, payload, second, microsecond, place)
    ORDER BY place
    ON CONFLICT DO NOTHING";

/// How batches are carried out.
pub(super) struct Batches {
    mode: ImportMode,
    /// Whether prepared statements and tables may outlive a transaction.
    statement_cache: bool,
    clock: Arc<dyn Clock>,
}

impl Batches {
    pub(super) fn new(
        mode: ImportMode,
        settings: &PostgresSettings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            mode,
            statement_cache: settings.statement_cache,
            clock,
        }
    }

    /// Whether nothing is kept. What would have been stands in the session then, for the batches that
    /// follow.
    pub(super) fn is_dry_run(&self) -> bool {
        self.mode == ImportMode::DryRun
    }

    /// Whether all batches are one transaction.
    fn is_one_transaction(&self) -> bool {
        self.is_dry_run() && !self.statement_cache
    }

    /// How many accounts a batch has brought in.
    pub(super) fn written(&self, outcomes: &[ImportOutcome]) -> u64 {
        if self.is_dry_run() {
            return 0;
        }
        outcomes
            .iter()
            .filter(|outcome| is_imported(**outcome))
            .count() as u64
    }

    /// Before the first batch.
    pub(super) async fn set_up(&self, session: &Session) -> Result<(), SessionError> {
        if !self.is_dry_run() {
            return Ok(());
        }
        let set_up = if self.is_one_transaction() {
            format!("{BEGIN}; {SET}; {IDLE_FOR_EVER}; DEALLOCATE ALL; {CREATE}; {CREATE_JUDGED}")
        } else {
            format!("{BEGIN}; {SET}; {CREATE_JUDGED}; COMMIT")
        };
        session.run(&set_up, Some(LIMIT)).await
    }

    /// After the last one. What is not undone here the server undoes when the session is closed.
    pub(super) async fn end(&self, session: &Session) {
        if self.is_one_transaction() && session.run("ROLLBACK", Some(LIMIT)).await.is_err() {
            tracing::debug!("the dry run's transaction ends with its session");
        }
    }

    /// After a refusal.
    pub(super) async fn undo(&self, session: &Session) -> Result<(), SessionError> {
        session.run("ROLLBACK", Some(LIMIT)).await?;
        if self.is_one_transaction() {
            // What was known is gone with it.
            return Err(SessionError::Lost("the transaction failed".to_owned()));
        }
        Ok(())
    }

    /// Carries one out.
    pub(super) async fn carry_out(
        &self,
        session: &Session,
        accounts: &[Arrival],
    ) -> Result<Vec<ImportOutcome>, Failed> {
        self.copy(session, accounts).await?;
        if !self.is_dry_run() {
            session.run(LOCK, Some(LIMIT)).await?;
        }
        let outcomes = self.judge(session, accounts).await?;
        if self.is_dry_run() {
            let into = "pg_temp.judged (id, email, username)";
            insert(session, into, "id, email, username", &outcomes).await?;
        } else {
            self.write(session, &outcomes).await?;
            self.append(session, accounts, &outcomes).await?;
        }
        if self.is_one_transaction() {
            return Ok(outcomes);
        }
        match session.run("COMMIT", Some(LIMIT)).await {
            Ok(()) => Ok(outcomes),
            Err(error @ SessionError::Refused { .. }) => Err(Failed::Undone(error)),
            Err(error) => Err(Failed::Unknown(error)),
        }
    }

    /// Begins, and brings accounts into a table of the session's own.
    pub(super) async fn copy(
        &self,
        session: &Session,
        accounts: &[Arrival],
    ) -> Result<(), SessionError> {
        if self.is_one_transaction() {
            // A table for each batch would keep its locks, and the server has room for so many only.
            session.run(EMPTY, Some(LIMIT)).await?;
        } else {
            let forget = if self.statement_cache {
                ""
            } else {
                "DEALLOCATE ALL;"
            };
            let begin = format!("{BEGIN}; {SET}; {IDLE}; {forget} {CREATE}");
            session.run(&begin, Some(LIMIT)).await?;
        }
        session.copy(COPY, chunks(accounts), LIMIT).await
    }

    /// What is to become of those that were brought in.
    pub(super) async fn judge(
        &self,
        session: &Session,
        accounts: &[Arrival],
    ) -> Result<Vec<ImportOutcome>, SessionError> {
        let mut taken = self.taken(session).await?;
        let judged = accounts.iter().map(|arrival| taken.judge(arrival));
        Ok(judged.collect())
    }

    /// Writes what is new.
    pub(super) async fn write(
        &self,
        session: &Session,
        outcomes: &[ImportOutcome],
    ) -> Result<(), SessionError> {
        insert(session, &format!("users ({COLUMNS})"), COLUMNS, outcomes).await
    }

    /// The names that accounts have which are there, of those that arrived.
    async fn taken(&self, session: &Session) -> Result<TakenNames, SessionError> {
        let mut question = TAKEN.to_owned();
        if self.is_dry_run() {
            question.push_str(" UNION ALL ");
            question.push_str(&TAKEN.replace("JOIN users", "JOIN pg_temp.judged"));
        }
        let mut taken = TakenNames::new();
        for row in session.rows(&question, Some(LIMIT)).await? {
            let text = |column| row.get(column).map(str::to_owned);
            let id = UserId::from_stored(text(0).unwrap_or_default());
            taken.take(id, text(1).unwrap_or_default(), text(2));
        }
        Ok(taken)
    }

    /// Adds what must follow, last of all: see `outbox::append`.
    async fn append(
        &self,
        session: &Session,
        accounts: &[Arrival],
        outcomes: &[ImportOutcome],
    ) -> Result<(), SessionError> {
        let records: Vec<EffectRecord> = accounts
            .iter()
            .zip(outcomes)
            .filter(|(_, outcome)| is_imported(**outcome))
            .flat_map(|(arrival, _)| &arrival.effects)
            .map(Effect::to_record)
            .collect();
        if records.is_empty() {
            return Ok(());
        }
        let kinds: Vec<&str> = records.iter().map(|record| record.kind.as_str()).collect();
        let keys: Vec<&str> = records.iter().map(|record| record.key.as_str()).collect();
        let once: Vec<Option<&str>> = records
            .iter()
            .map(|record| record.once.as_deref())
            .collect();
        let formats: Vec<i32> = records.iter().map(|record| record.format).collect();
        let payloads: Vec<&str> = records
            .iter()
            .map(|record| record.payload.as_str())
            .collect();
        // Held until when; exact, like `literal`.
        let held_until = records.iter().map(|record| record.held_until);
        let (seconds, micros): (Vec<_>, Vec<_>) = held_until
            .map(|moment| {
                let second = moment.map(Timestamp::unix_timestamp);
                let micros = moment.map(|moment| i64::from(moment.microsecond()));
                (second, micros)
            })
            .unzip();
        let append = APPEND.replace("NOW", &literal(self.clock.now()));
        session
            .execute(
                &append,
                &[
                    (&kinds, Type::TEXT_ARRAY),
                    (&keys, Type::TEXT_ARRAY),
                    (&once, Type::TEXT_ARRAY),
                    (&formats, Type::INT4_ARRAY),
                    (&payloads, Type::TEXT_ARRAY),
                    (&seconds, Type::INT8_ARRAY),
                    (&micros, Type::INT8_ARRAY),
                ],
                LIMIT,
            )
            .await
    }
}

fn is_imported(outcome: ImportOutcome) -> bool {
    matches!(outcome, ImportOutcome::Imported)
}

/// Takes over what arrived and is to be imported.
async fn insert(
    session: &Session,
    into: &str,
    columns: &str,
    outcomes: &[ImportOutcome],
) -> Result<(), SessionError> {
    let mut statement = format!("INSERT INTO {into} SELECT {columns} FROM pg_temp.arrivals");
    if !outcomes.iter().copied().all(is_imported) {
        let imported = outcomes
            .iter()
            .zip(0..)
            .filter(|(outcome, _)| is_imported(**outcome));
        let places: Vec<String> = imported
            .map(|(_, place): (_, i32)| place.to_string())
            .collect();
        if places.is_empty() {
            return Ok(());
        }
        statement = format!("{statement} WHERE n = ANY ('{{{}}}')", places.join(","));
    }
    session.run(&statement, Some(LIMIT)).await
}

/// A moment as SQL, exact: whole seconds are as the double that the function takes.
fn literal(moment: Timestamp) -> String {
    let (seconds, micros) = (moment.unix_timestamp(), moment.microsecond());
    format!("(to_timestamp({seconds}) + interval '{micros} microseconds')")
}
