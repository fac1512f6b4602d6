//! Databases before they are taken over, and what is in them.

use std::sync::Arc;

use users_postgres::{OpenError, PostgresStore};
use users_test_postgres::{Binaries, Database, Rows, Server, ServerOptions};
use users_testkit::fakes::FixedClock;

use crate::fixture::settings;

/// At `clients_02`, with two accounts.
pub(crate) const FIRST: &str = include_str!("databases/first.sql");
/// From there to `clients_05`.
pub(crate) const RENAMED: &str = include_str!("databases/renamed.sql");
/// From there to `clients_10`.
pub(crate) const VERIFIED: &str = include_str!("databases/verified.sql");
/// From there to `clients_12`, with odd accounts.
pub(crate) const MERGED: &str = include_str!("databases/merged.sql");

/// Everything that the deployed service has done.
pub(crate) const CURRENT: [&str; 4] = [FIRST, RENAMED, VERIFIED, MERGED];

/// A database of its own with these statements carried out.
pub(crate) fn filled(parts: &[&str]) -> Database {
    filled_on(Server::shared(), parts)
}

/// The same on a server whose superuser the test may be, to make roles.
pub(crate) fn filled_on(server: &Server, parts: &[&str]) -> Database {
    let database = server.create_database();
    for part in parts {
        database.execute(part);
    }
    database
}

/// A server of one test's own.
pub(crate) fn own_server() -> Server {
    let binaries = Binaries::find().unwrap_or_else(|missing| panic!("{missing}"));
    Server::start(&binaries, &ServerOptions::default())
}

/// A store that reaches it as its owner.
pub(crate) fn store(database: &Database) -> PostgresStore {
    PostgresStore::new(
        settings(&database.connection().plain()),
        Arc::new(FixedClock::new()),
    )
    .unwrap()
}

/// Why it cannot be migrated, once it is proven that nothing was changed.
pub(crate) async fn refusal(database: &Database) -> String {
    let before = everything(database);
    let store = store(database);
    let refused = store.migrate().await.unwrap_err();
    assert!(matches!(refused, OpenError::Migrate { .. }), "{refused}");
    assert_eq!(everything(database), before, "something was changed");
    assert!(store.dry_run().await.is_err());
    assert!(store.migrations().await.is_err());
    let survey = store.survey(10).await.unwrap();
    let said = survey.refusal.unwrap();
    assert!(refused.to_string().contains(&said), "{said}");
    said
}

/// One value.
pub(crate) fn value(database: &Database, sql: &str) -> String {
    let rows = database.query(sql);
    rows[0][0].clone().unwrap_or_else(|| "NULL".to_owned())
}

/// The names in one column.
pub(crate) fn names(database: &Database, sql: &str) -> Vec<String> {
    let rows = database.query(sql);
    rows.into_iter()
        .map(|row| row[0].clone().unwrap())
        .collect()
}

/// The list of the deployed service's tool.
pub(crate) fn recorded(database: &Database) -> Vec<String> {
    names(database, "SELECT id FROM gorp_migrations ORDER BY id")
}

/// Its ids from 01 to a number.
pub(crate) fn ids(last: u32) -> Vec<String> {
    (1..=last).map(|n| format!("clients_{n:02}")).collect()
}

/// What this program adds, as it is called.
pub(crate) const OWN: [&str; 6] = [
    "0001_users",
    "0002_outbox",
    "0003_refresh_sessions",
    "0004_one_time_codes",
    "0005_outbox_once",
    "0006_user_counts",
];

pub(crate) const INDEXES: [&str; 14] = [
    "users_by_folded_email_idx",
    "users_by_folded_username_idx",
    "users_by_created_at_id_idx",
    "users_by_updated_at_created_at_id_idx",
    "users_by_id_idx",
    "users_by_first_name_id_idx",
    "users_by_last_name_id_idx",
    "users_by_username_id_idx",
    "users_by_email_id_idx",
    "users_by_other_status_idx",
    "users_by_administrator_idx",
    "users_by_tags_idx",
    "users_by_metadata_idx",
    "users_by_trigrams_idx",
];

/// The schema and every row of a database, as text.
pub(crate) fn everything(database: &Database) -> Rows {
    let mut all = database.query(
        "SELECT 'column', attrelid::regclass, attnum, attname, format_type(atttypid, atttypmod),
                attnotnull, pg_get_expr(adbin, adrelid)
         FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
              LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
         WHERE relnamespace = 'public'::regnamespace AND attnum > 0 ORDER BY 2, 3;
         SELECT 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid)
         FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 2, 3;
         SELECT 'index', indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 2;
         SELECT 'trigger', tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 2",
    );
    let tables = names(
        database,
        "SELECT relname FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1",
    );
    for table in tables {
        // Where a row stands tells whether it was written anew.
        all.extend(database.query(&format!(
            "SELECT '{table}', t.ctid, t.xmin, t::text FROM \"{table}\" t ORDER BY t::text"
        )));
    }
    all
}
