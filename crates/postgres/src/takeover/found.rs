//! What stands in a database, looked at in one snapshot and without a trace.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio_postgres::SimpleQueryRow;
use users_domain::model::Timestamp;

use crate::moment::StoredMoment;
use crate::session::{Session, SessionError};

/// What stands in the schema that new tables would go to.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// That schema; `None`: the search path names none that is there.
    pub(crate) schema: Option<String>,
    /// Other schemas of the search path that have a table of accounts.
    pub(crate) elsewhere: Vec<String>,
    tables: BTreeMap<String, Table>,
    indexes: BTreeMap<String, bool>,
    deployed: BTreeMap<String, Option<Timestamp>>,
    ours: BTreeMap<String, Timestamp>,
    /// Whether no account is there.
    pub(crate) is_empty: bool,
}

/// A table, view or the like.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    /// Whether it is a table, and no view of one.
    pub(crate) is_ordinary: bool,
    columns: BTreeMap<String, Column>,
}

/// A column of a table.
#[derive(Debug)]
pub(crate) struct Column {
    /// As `pg_type` has it, e.g. `timestamptz`.
    pub(crate) type_name: String,
    pub(crate) is_not_null: bool,
    pub(crate) has_default: bool,
}

impl Table {
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.get(name)
    }
}

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

const SCHEMA: &str = "SELECT current_schema()";

const ELSEWHERE: &str = "
    SELECT DISTINCT n.nspname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname IN ('users', 'clients') AND c.relkind IN ('r', 'p', 'v')
      AND n.nspname = ANY (current_schemas(false)) AND n.nspname <> current_schema()
      AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'secret')";

const COLUMNS: &str = "
    SELECT c.relname, c.relkind IN ('r', 'p'), a.attname, t.typname, a.attnotnull, a.atthasdef
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";

const INDEXES: &str = "
    SELECT c.relname, i.indisvalid AND i.indisready
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = current_schema()";

const IDS: &str = "
    SELECT id, trunc(extract(epoch FROM applied_at) * 1000000)::bigint FROM gorp_migrations";

const VERSIONS: &str = "
    SELECT version, trunc(extract(epoch FROM run_on) * 1000000)::bigint
    FROM __diesel_schema_migrations";

impl Found {
    /// Looks, in a transaction of its own; each statement within `limit`.
    pub(crate) async fn look(session: &Session, limit: Duration) -> Result<Self, SessionError> {
        session.run(BEGIN, limit).await?;
        let found = Self::look_inside(session, limit).await;
        // Nothing was written; a session that is lost has nothing to end.
        let _ = session.run("COMMIT", limit).await;
        found
    }

    /// The same in a transaction that is begun already.
    pub(crate) async fn look_inside(
        session: &Session,
        limit: Duration,
    ) -> Result<Self, SessionError> {
        let mut found = Self::default();
        let schema = session.rows(SCHEMA, limit).await?;
        found.schema = schema.first().and_then(|row| text(row, 0));
        for row in session.rows(ELSEWHERE, limit).await? {
            found.elsewhere.extend(text(&row, 0));
        }
        for row in session.rows(COLUMNS, limit).await? {
            found.note_column(&row);
        }
        for row in session.rows(INDEXES, limit).await? {
            let index = text(&row, 0).map(|name| (name, is(&row, 1)));
            found.indexes.extend(index);
        }
        if found.table("gorp_migrations").is_some() {
            for row in session.rows(IDS, limit).await? {
                let id = text(&row, 0).map(|id| (id, moment(&row, 1)));
                found.deployed.extend(id);
            }
        }
        if found.table("__diesel_schema_migrations").is_some() {
            for row in session.rows(VERSIONS, limit).await? {
                let run_on = moment(&row, 1).unwrap_or(Timestamp::UNIX_EPOCH);
                let version = text(&row, 0).map(|version| (version, run_on));
                found.ours.extend(version);
            }
        }
        found.is_empty = match found.accounts() {
            None => true,
            Some(table) => {
                let sql = format!("SELECT NOT EXISTS (SELECT 1 FROM {})", table.name);
                session.is(&sql, limit).await?
            }
        };
        Ok(found)
    }

    fn note_column(&mut self, row: &SimpleQueryRow) {
        let (Some(table), Some(column), Some(type_name)) =
            (text(row, 0), text(row, 2), text(row, 3))
        else {
            return;
        };
        let is_ordinary = is(row, 1);
        let table = self.tables.entry(table).or_insert_with_key(|name| Table {
            name: name.clone(),
            is_ordinary,
            columns: BTreeMap::new(),
        });
        table.columns.insert(
            column,
            Column {
                type_name,
                is_not_null: is(row, 4),
                has_default: is(row, 5),
            },
        );
    }

    /// The table of accounts, by either of its names.
    pub(crate) fn accounts(&self) -> Option<&Table> {
        self.table("users").or_else(|| self.table("clients"))
    }

    /// Whether the table of accounts has this column.
    pub(crate) fn account_column(&self, name: &str) -> bool {
        self.accounts()
            .is_some_and(|table| table.column(name).is_some())
    }

    pub(crate) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(name)
    }

    /// Whether an index is there, of use or not.
    pub(crate) fn has_index(&self, name: &str) -> bool {
        self.indexes.contains_key(name)
    }

    /// Whether an index is there and of use; `None`: it is not there.
    pub(crate) fn is_valid_index(&self, name: &str) -> Option<bool> {
        self.indexes.get(name).copied()
    }

    /// Whether a change of the deployed service is recorded there, and when it was made, if that is
    /// recorded too.
    pub(crate) fn recorded(&self, id: &str) -> Option<Option<Timestamp>> {
        self.deployed.get(id).copied()
    }

    /// Ids that the deployed service recorded.
    pub(crate) fn recorded_ids(&self) -> impl Iterator<Item = &str> {
        self.deployed.keys().map(String::as_str)
    }

    /// When a change of ours was made, by its number.
    pub(crate) fn taken(&self, version: &str) -> Option<Timestamp> {
        self.ours.get(version).copied()
    }

    /// Numbers and moments of the changes of ours.
    pub(crate) fn all_taken(&self) -> &BTreeMap<String, Timestamp> {
        &self.ours
    }
}

fn text(row: &SimpleQueryRow, column: usize) -> Option<String> {
    row.get(column).map(str::to_owned)
}

fn is(row: &SimpleQueryRow, column: usize) -> bool {
    row.get(column) == Some("t")
}

fn moment(row: &SimpleQueryRow, column: usize) -> Option<Timestamp> {
    let micros = row.get(column)?.parse().ok()?;
    StoredMoment::from_unix_micros(micros).moment()
}
