//! What a database holds, read from its catalogue and its lists. Nothing is written, and nobody is
//! waited for longer than a moment.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio_postgres::SimpleQueryRow;
use users_domain::model::Timestamp;

use crate::session::{Session, SessionError};

/// What matters here of a database.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    /// Where new tables would go: the first schema of the search path that there is.
    pub(crate) schema: Option<String>,
    /// Tables and views in that schema that bear a name of the deployed service's or ours.
    pub(crate) relations: BTreeMap<String, Relation>,
    /// Such names, found further down the search path only, with their schema.
    pub(crate) elsewhere: BTreeMap<String, String>,
    /// A schema that the search path does not name, with a list of migrations.
    pub(crate) out_of_sight: Option<String>,
    /// In which encoding texts are stored, e.g. `UTF8`.
    pub(crate) encoding: String,
    /// The deployed service's list: id, and when it was applied.
    pub(crate) deployed: BTreeMap<String, Option<Timestamp>>,
    /// Ours: version, and when it was run.
    pub(crate) own: BTreeMap<String, Option<Timestamp>>,
    /// When the database was taken over, and what was found.
    pub(crate) adopted: Option<(Timestamp, String)>,
    /// What there is to search for parts of texts by an index.
    pub(crate) trigrams: Trigrams,
}

/// The extension `pg_trgm`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Trigrams {
    /// The server has not got it.
    #[default]
    Absent,
    /// It is not in this database, and this role may not create it.
    Forbidden,
    /// It is not in this database, and this role may create it.
    Creatable,
    /// It is in this schema, which this role may not use.
    Hidden(String),
    /// It is in this schema.
    Installed(String),
}

/// A table, or what stands in the place of one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Relation {
    /// `r` is a table, `p` a partitioned one, `v` a view (`pg_class.relkind`).
    pub(crate) kind: String,
    pub(crate) columns: BTreeMap<String, Column>,
    /// Its indexes, and whether each can be used.
    pub(crate) indexes: BTreeMap<String, bool>,
}

/// A column.
#[derive(Debug, Clone, Default)]
pub(crate) struct Column {
    /// The type's name in `pg_type`, e.g. `timestamptz`; of a domain, that beneath it.
    pub(crate) kind: String,
    pub(crate) not_null: bool,
    pub(crate) default: bool,
}

/// How long a list that others keep locked is waited for.
const LOCKED: Duration = Duration::from_secs(1);

/// The tables of the deployed service.
const DEPLOYED_TABLES: &str = "'users', 'clients', 'users_verifications', 'gorp_migrations'";
/// Ours.
pub(crate) const OWN_TABLES: [&str; 7] = [
    "__diesel_schema_migrations",
    "adoption",
    "one_time_codes",
    "outbox",
    "outbox_leases",
    "refresh_sessions",
    "user_counts",
];

/// Only names that resolve to what this finds may be used in statements: the first schema's.
const RELATIONS: &str = "
    SELECT c.relname, n.nspname, n.nspname = current_schema(), c.relkind
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname IN (NAMES) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND (n.nspname = current_schema() OR pg_table_is_visible(c.oid))";

const OUT_OF_SIGHT: &str = "
    SELECT n.nspname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = 'gorp_migrations' AND c.relkind IN ('r', 'p')
      AND n.nspname <> ALL (current_schemas(false))
    ORDER BY n.nspname LIMIT 1";

const COLUMNS: &str = "
    SELECT c.relname, a.attname, coalesce(b.typname, t.typname), a.attnotnull, a.atthasdef
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_type b ON b.oid = t.typbasetype
    WHERE n.nspname = current_schema() AND c.relname IN (NAMES) AND c.relkind IN ('r', 'p', 'v')
      AND a.attnum > 0 AND NOT a.attisdropped";

const INDEXES: &str = "
    SELECT c.relname, i.relname, x.indisvalid
    FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_class c ON c.oid = x.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = current_schema() AND c.relname IN (NAMES)";

const DEPLOYED: &str = "
    SELECT id, CASE WHEN isfinite(applied_at)
                    THEN floor(extract(epoch FROM applied_at) * 1000000)::bigint END
    FROM gorp_migrations";

const OWN: &str = "
    SELECT version, CASE WHEN isfinite(run_on)
                         THEN floor(extract(epoch FROM run_on) * 1000000)::bigint END
    FROM __diesel_schema_migrations";

const ADOPTED: &str = "
    SELECT floor(extract(epoch FROM adopted_at) * 1000000)::bigint, found
    FROM adoption WHERE isfinite(adopted_at) ORDER BY adopted_at LIMIT 1";

/// A trusted extension may be created by whoever may create schemas in the database.
const TRIGRAMS: &str = "
    SELECT
        (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
         WHERE e.extname = 'pg_trgm'),
        (SELECT has_schema_privilege(e.extnamespace, 'USAGE') FROM pg_extension e
         WHERE e.extname = 'pg_trgm'),
        EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm'),
        EXISTS (SELECT FROM pg_available_extensions a
                JOIN pg_available_extension_versions v
                  ON v.name = a.name AND v.version = a.default_version
                WHERE a.name = 'pg_trgm'
                  AND (current_setting('is_superuser') = 'on'
                       OR (v.trusted OR NOT v.superuser)
                          AND has_database_privilege(current_database(), 'CREATE')))";

impl Found {
    /// Looks at one moment of a database, in a transaction that a read-only server takes too.
    ///
    /// A process that brings the schema up to date keeps the lists locked. That is told apart from
    /// a server that does not answer: it is refused (`lock_not_available`) before `limit` is over.
    pub(crate) async fn look(session: &Session, limit: Duration) -> Result<Self, SessionError> {
        let patience = (limit / 2).min(LOCKED).as_millis().max(1);
        let begin = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
             SET LOCAL statement_timeout = 0;
             SET LOCAL idle_in_transaction_session_timeout = 0;
             SET LOCAL lock_timeout = {patience};
             SELECT set_config(name, '0', true) FROM pg_settings
             WHERE name = 'transaction_timeout'"
        );
        session.run(&begin, Some(limit)).await?;
        let found = Self::look_within(session, limit).await?;
        session.run("ROLLBACK", Some(limit)).await?;
        Ok(found)
    }

    /// The same within the transaction that the session is in.
    pub(crate) async fn look_within(
        session: &Session,
        limit: Duration,
    ) -> Result<Self, SessionError> {
        let own = OWN_TABLES.map(|name| format!("'{name}'")).join(", ");
        let names = format!("{DEPLOYED_TABLES}, {own}");
        let ask = async |question: &str| {
            let question = question.replace("NAMES", &names);
            session.rows(&question, Some(limit)).await
        };
        let mut found = Self::default();
        let schema = ask("SELECT current_schema()").await?;
        found.schema = schema.first().and_then(|row| owned(row, 0));
        let encoding = ask("SELECT current_setting('server_encoding')").await?;
        found.encoding = encoding.first().map(|row| text(row, 0)).unwrap_or_default();
        let out_of_sight = ask(OUT_OF_SIGHT).await?;
        found.out_of_sight = out_of_sight.first().and_then(|row| owned(row, 0));
        for row in ask(RELATIONS).await? {
            let kind = text(&row, 3);
            if is_true(&row, 2) {
                let relation = found.relations.entry(text(&row, 0)).or_default();
                relation.kind = kind;
            } else {
                found.elsewhere.insert(text(&row, 0), text(&row, 1));
            }
        }
        for row in ask(COLUMNS).await? {
            let relation = found.relations.entry(text(&row, 0)).or_default();
            let column = Column {
                kind: text(&row, 2),
                not_null: is_true(&row, 3),
                default: is_true(&row, 4),
            };
            relation.columns.insert(text(&row, 1), column);
        }
        for row in ask(INDEXES).await? {
            let relation = found.relations.entry(text(&row, 0)).or_default();
            relation.indexes.insert(text(&row, 1), is_true(&row, 2));
        }
        let trigrams = ask(TRIGRAMS).await?;
        found.trigrams = trigrams.first().map(trigrams_of).unwrap_or_default();
        found
            .elsewhere
            .retain(|name, _| !found.relations.contains_key(name));
        if found.has("gorp_migrations", &["id", "applied_at"]) {
            let rows = ask(DEPLOYED).await?;
            found.deployed = rows.iter().map(applied).collect();
        }
        if found.has("__diesel_schema_migrations", &["version", "run_on"]) {
            let rows = ask(OWN).await?;
            found.own = rows.iter().map(applied).collect();
        }
        if found.has("adoption", &["adopted_at", "found"]) {
            let rows = ask(ADOPTED).await?;
            found.adopted = rows
                .first()
                .and_then(|row| Some((moment(row, 0)?, text(row, 1))));
        }
        Ok(found)
    }

    /// The name that the table of accounts has at present.
    pub(crate) fn accounts_table(&self) -> Option<&'static str> {
        ["users", "clients"]
            .into_iter()
            .find(|name| self.relations.contains_key(*name))
    }

    /// Whether there is a relation with such columns.
    pub(crate) fn has(&self, relation: &str, columns: &[&str]) -> bool {
        self.relations.get(relation).is_some_and(|relation| {
            columns
                .iter()
                .all(|column| relation.columns.contains_key(*column))
        })
    }
}

fn owned(row: &SimpleQueryRow, column: usize) -> Option<String> {
    row.get(column).map(str::to_owned)
}

fn text(row: &SimpleQueryRow, column: usize) -> String {
    owned(row, column).unwrap_or_default()
}

fn is_true(row: &SimpleQueryRow, column: usize) -> bool {
    row.get(column) == Some("t")
}

fn trigrams_of(row: &SimpleQueryRow) -> Trigrams {
    match owned(row, 0) {
        Some(schema) if is_true(row, 1) => Trigrams::Installed(schema),
        Some(schema) => Trigrams::Hidden(schema),
        None if is_true(row, 3) => Trigrams::Creatable,
        None if is_true(row, 2) => Trigrams::Forbidden,
        None => Trigrams::Absent,
    }
}

/// Microseconds since 1970 as a moment.
fn moment(row: &SimpleQueryRow, column: usize) -> Option<Timestamp> {
    let micros: i128 = row.get(column)?.parse().ok()?;
    Timestamp::from_unix_timestamp_nanos(micros * 1_000).ok()
}

fn applied(row: &SimpleQueryRow) -> (String, Option<Timestamp>) {
    (text(row, 0), moment(row, 1))
}
