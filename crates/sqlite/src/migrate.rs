//! The schema: embedded in the program, brought up to date under a lock, looked at without a trace.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Display;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Text};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use time::PrimitiveDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use tracing::{info, warn};
use users_domain::model::Timestamp;

use crate::connect::{Access, CACHE, Connector, create_file};
use crate::error::OpenError;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// A step of the schema's history, and whether a database has taken it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its name, e.g. `0001_users`; of one that this program does not know, its number alone.
    pub name: String,
    /// When the database took it (by the machine's clock); `None`: not yet.
    pub applied_at: Option<Timestamp>,
}

type BoxedError = Box<dyn Error + Send + Sync>;

/// All migrations in order, those too that only a newer program knows.
///
/// Changes nothing: a database that is not there is not made.
pub fn list(path: &Path) -> Result<Vec<MigrationStatus>, OpenError> {
    let there = path
        .try_exists()
        .map_err(|error| cannot_be_looked_at(path, &error))?;
    let mut applied = BTreeMap::new();
    if there {
        let mut connection = Connector::new(path).connect(Access::Look)?;
        applied =
            applied_at(&mut connection).map_err(|error| cannot_be_looked_at(path, &*error))?;
    }
    let known = known().map_err(|error| failed(path, &*error))?;
    Ok(combined(known, applied))
}

/// The names of the migrations that the database has not taken, in order. Changes nothing.
pub fn pending(path: &Path) -> Result<Vec<String>, OpenError> {
    let all = list(path)?;
    Ok(all
        .into_iter()
        .filter(|status| status.applied_at.is_none())
        .map(|one| one.name)
        .collect())
}

/// Makes the database if it is not there, brings its schema up to date and gives the names of the
/// migrations that it took. All of them are taken or none; several processes may do so at once.
pub fn run(path: &Path) -> Result<Vec<String>, OpenError> {
    create_file(path)?;
    let mut connection = Connector::new(path).connect(Access::Write)?;
    run_on(&mut connection, path)
}

/// The same on a connection that is there.
pub(crate) fn run_on(
    connection: &mut SqliteConnection,
    path: &Path,
) -> Result<Vec<String>, OpenError> {
    run_pending(connection).map_err(|error| failed(path, &*error))
}

fn run_pending(connection: &mut SqliteConnection) -> Result<Vec<String>, BoxedError> {
    // Most starts find nothing to do and need no lock to see it.
    let statuses = combined(known()?, applied_at(connection)?);
    if statuses.iter().all(|status| status.applied_at.is_some()) {
        warn_of_unknown(&statuses)?;
        return Ok(Vec::new());
    }
    connection.batch_execute(CACHE_OF_MIGRATIONS)?;
    let names = connection.immediate_transaction(run_all);
    connection.batch_execute("PRAGMA shrink_memory;")?;
    connection.batch_execute(CACHE)?;
    names
}

/// At most 256 MiB: a table that is made again with its indexes is written here and there, and what
/// does not fit is written many times.
const CACHE_OF_MIGRATIONS: &str = "PRAGMA cache_size=-262144;";

fn run_all(connection: &mut SqliteConnection) -> Result<Vec<String>, BoxedError> {
    // Another process may have done it while this one waited for the lock.
    let mut names = Vec::new();
    for migration in connection.pending_migrations(MIGRATIONS)? {
        connection.run_migration(&*migration)?;
        names.push(migration.name().to_string());
    }
    info!(migrations = ?names, "the schema is up to date");
    Ok(names)
}

/// A newer program may have been here. Its changes are made so that this one can go on, one version
/// back at least (see `migrations/README.md`); the operator should know all the same.
fn warn_of_unknown(statuses: &[MigrationStatus]) -> Result<(), BoxedError> {
    let ours = known()?.len();
    if statuses.len() > ours {
        warn!(
            unknown = statuses.len() - ours,
            "the database was changed by a newer version of this program"
        );
    }
    Ok(())
}

fn known() -> Result<Vec<Box<dyn Migration<Sqlite>>>, BoxedError> {
    let mut migrations = MIGRATIONS.migrations()?;
    migrations.sort_unstable_by(|a, b| a.name().version().cmp(&b.name().version()));
    Ok(migrations)
}

fn combined(
    known: Vec<Box<dyn Migration<Sqlite>>>,
    mut applied: BTreeMap<String, Timestamp>,
) -> Vec<MigrationStatus> {
    let mut statuses = Vec::new();
    for migration in known {
        let name = migration.name();
        let applied_at = applied.remove(&name.version().to_string());
        statuses.push(MigrationStatus {
            name: name.to_string(),
            applied_at,
        });
    }
    statuses.extend(applied.into_iter().map(|(version, at)| MigrationStatus {
        name: version,
        applied_at: Some(at),
    }));
    statuses
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Integer)]
    found: i32,
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
    #[diesel(sql_type = Nullable<Text>)]
    run_on: Option<String>,
}

/// The versions that a database has taken. Unlike diesel's own query it does not make the table.
fn applied_at(
    connection: &mut SqliteConnection,
) -> Result<BTreeMap<String, Timestamp>, BoxedError> {
    let table: Found = diesel::sql_query(
        "SELECT count(*) AS found FROM sqlite_master
         WHERE type = 'table' AND name = '__diesel_schema_migrations'",
    )
    .get_result(connection)?;
    if table.found == 0 {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<Applied> =
        diesel::sql_query("SELECT version, run_on FROM __diesel_schema_migrations")
            .load(connection)?;
    Ok(rows
        .into_iter()
        .map(|row| (row.version, run_at(row.run_on.as_deref())))
        .collect())
}

/// What SQLite's CURRENT_TIMESTAMP writes: UTC to the second.
const RUN_ON: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");

fn run_at(text: Option<&str>) -> Timestamp {
    text.and_then(|text| PrimitiveDateTime::parse(text, RUN_ON).ok())
        .map_or(Timestamp::UNIX_EPOCH, PrimitiveDateTime::assume_utc)
}

/// SQLite reads a file at the first statement only, so what is no database is found here. Nothing
/// was to be migrated, and nothing is said of that.
fn cannot_be_looked_at(path: &Path, error: &dyn Display) -> OpenError {
    OpenError::Connect {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

fn failed(path: &Path, error: &(dyn Error + Send + Sync)) -> OpenError {
    OpenError::Migrate {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}
