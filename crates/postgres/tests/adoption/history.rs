//! Our own migrations: all are carried out, each can be undone, and names follow the rules.

use std::fs;
use std::path::PathBuf;

use users_test_postgres::Database;

use crate::scene::{OWN, everything, filled, names, store, value};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("migrations")
}

fn statements(migration: &str, direction: &str) -> String {
    let path = folder().join(migration).join(format!("{direction}.sql"));
    fs::read_to_string(path).unwrap()
}

#[test]
fn every_migration_that_is_written_is_carried_out() {
    let mut written: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    written.sort();
    assert_eq!(written, OWN);
}

#[tokio::test]
async fn every_migration_can_be_undone_and_done_again() {
    let schema = |database: &Database| {
        let mut all = everything(database);
        // Positions of columns and rows are not what is undone, and indexes of `users` are made later.
        all.retain(|row| matches!(row[0].as_deref(), Some("constraint" | "index" | "trigger")));
        all.retain(|row| !row[1].as_deref().unwrap().contains(" users_by_"));
        all
    };
    let columns = "SELECT table_name || '.' || column_name || ' ' || data_type
                   FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1";
    let database = filled(&[]);
    store(&database).migrate().await.unwrap();
    let mut stages = Vec::new();
    for migration in OWN.iter().rev() {
        stages.push((schema(&database), names(&database, columns)));
        database.execute(&statements(migration, "down"));
    }
    let left = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
                AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')";
    assert_eq!(value(&database, left), "0");
    for migration in OWN {
        database.execute(&statements(migration, "up"));
        let stage = (schema(&database), names(&database, columns));
        assert_eq!(stage, stages.pop().unwrap(), "{migration}");
    }
}

/// Of the deployed service, and of diesel.
const NOT_OURS: [&str; 9] = [
    "clients_pkey",
    "clients_email_key",
    "clients_username_key",
    "clients_status_check",
    "clients_status_check1",
    "users_verifications_user_id_fkey",
    "idx_users_verifications_lookup",
    "gorp_migrations_pkey",
    "__diesel_schema_migrations_pkey",
];

#[tokio::test]
async fn every_name_of_ours_begins_with_its_table_and_ends_with_its_kind() {
    let database = filled(&[]);
    store(&database).migrate().await.unwrap();
    let rows = database.query(
        "SELECT conname::text, conrelid::regclass::text, 'pkey key fkey check' FROM pg_constraint
         WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
         UNION SELECT indexname::text, tablename::text, 'pkey key idx' FROM pg_indexes
         WHERE schemaname = 'public'",
    );
    for row in rows {
        let text = |column: usize| row[column].clone().unwrap();
        let (name, table, kinds) = (text(0), text(1), text(2));
        if NOT_OURS.contains(&name.as_str()) {
            continue;
        }
        let middle = name.strip_prefix(&format!("{table}_"));
        let kind = middle.and_then(|rest| Some(rest.rsplit_once('_')?.1));
        let is_well = kind.is_some_and(|kind| kinds.split(' ').any(|known| known == kind));
        assert!(is_well, "{name} on {table}");
    }
}
