//! Databases at earlier changes, and such that were made by earlier forms of them.

use users_test_postgres::Database;

use crate::scene::{
    CURRENT, FIRST, OWN, RENAMED, VERIFIED, everything, filled, ids, names, recorded, store, value,
};

const ADA: &str = "1b5f0a3c-64f0-4d0e-8f51-111111111111";

async fn migrated(parts: &[&str]) -> (Database, Vec<String>) {
    let database = filled(parts);
    let store = store(&database);
    let announced = store.dry_run().await.unwrap();
    let done = store.migrate().await.unwrap();
    assert_eq!(announced[..done.len()], done, "what was announced is done");
    let built = store.build_indexes().await.unwrap();
    assert_eq!(announced[done.len()..], built);
    let before = everything(&database);
    assert_eq!(store.migrate().await.unwrap(), Vec::<String>::new());
    assert_eq!(everything(&database), before, "a rerun changes nothing");
    (database, done)
}

fn of_ada(database: &Database, expression: &str) -> String {
    value(
        database,
        &format!("SELECT ({expression})::text FROM users WHERE id = '{ADA}'"),
    )
}

/// All columns that the deployed service knows, of every account.
const ACCOUNTS: &str = "
    SELECT id, domain_id, email, secret, tags, metadata, created_at, updated_at, updated_by, status,
           role, username, first_name, last_name, profile_picture, verified_at, auth_provider,
           private_metadata
    FROM users ORDER BY id";

#[tokio::test]
async fn a_current_database_gets_what_is_ours_and_keeps_every_value() {
    let before = filled(&CURRENT);
    let codes = "SELECT * FROM users_verifications ORDER BY created_at";
    let list = "SELECT * FROM gorp_migrations ORDER BY id";
    let (after, done) = migrated(&CURRENT).await;
    assert_eq!(done, OWN);
    for what in [ACCOUNTS, codes, list] {
        assert_eq!(after.query(what), before.query(what));
    }
    assert_eq!(value(&after, "SELECT found FROM adoption"), "clients_12");
    assert_eq!(
        names(&after, "SELECT DISTINCT version::text FROM users"),
        ["1"],
        "nothing was changed since"
    );
}

#[tokio::test]
async fn identities_become_addresses_and_times_stay_in_utc_at_clients_02() {
    let (database, done) = migrated(&[FIRST]).await;
    assert_eq!(done[..10], ids(12)[2..]);
    assert_eq!(recorded(&database), ids(12));
    assert_eq!(of_ada(&database, "email"), "Ada@Example.com");
    assert_eq!(of_ada(&database, "secret"), "$2a$10$adaadaada");
    assert_eq!(of_ada(&database, "username"), "NULL");
    assert_eq!(of_ada(&database, "first_name"), "");
    assert_eq!(of_ada(&database, "tags"), "{a,b}");
    assert_eq!(
        of_ada(&database, "created_at AT TIME ZONE 'UTC'"),
        "2024-03-02 08:30:00.123456"
    );
    assert_eq!(
        of_ada(&database, "metadata"),
        r#"{"k": 1, "theme": "dark"}"#
    );
    assert_eq!(value(&database, "SELECT found FROM adoption"), "clients_02");
    let first = "SELECT applied_at AT TIME ZONE 'UTC' FROM gorp_migrations WHERE id = 'clients_01'";
    assert_eq!(value(&database, first), "2024-03-01 09:00:00");
}

#[tokio::test]
async fn the_time_zone_of_the_database_shifts_nothing_at_clients_05() {
    let database = filled(&[FIRST, RENAMED]);
    database.execute(&format!(
        "ALTER DATABASE {} SET timezone = 'Asia/Kolkata'",
        database.name()
    ));
    store(&database).migrate().await.unwrap();
    assert_eq!(
        of_ada(&database, "created_at AT TIME ZONE 'UTC'"),
        "2024-03-02 08:30:00.123456"
    );
    assert_eq!(
        of_ada(&database, "updated_at AT TIME ZONE 'UTC'"),
        "2024-03-03 08:30:00"
    );
}

/// What is stored before and after both merges.
const MERGES: [(&str, &str); 8] = [
    (r#"{"ui":{"admin":{"r":1}}}"#, r#"{"r": 1}"#),
    (r#"{"admin":{"ui":{"r":1}}}"#, r#"{"ui": {"r": 1}}"#),
    (r#"{"ui":{"k":1},"admin":{"k":2},"k":0}"#, r#"{"k": 2}"#),
    (r#"{"ui":{"ui":{"x":1},"a":1}}"#, r#"{"a": 1}"#),
    (r#"{"ui":[1],"admin":"x"}"#, r#"{"ui": [1], "admin": "x"}"#),
    (r#"{"ui":{}}"#, "{}"),
    ("[{\"ui\":{}}]", "[{\"ui\": {}}]"),
    ("null", "null"),
];

#[tokio::test]
async fn the_keys_ui_and_admin_are_merged_once_at_clients_10() {
    let database = filled(&[FIRST, RENAMED, VERIFIED]);
    for (number, (stored, _)) in MERGES.iter().enumerate() {
        database.execute(&format!(
            "INSERT INTO users (id, email, first_name, last_name, metadata, private_metadata)
             VALUES ('{number}', '{number}@example.com', '', '', '{stored}', '{stored}')"
        ));
    }
    let done = store(&database).migrate().await.unwrap();
    assert_eq!(done[..2], ["clients_11", "clients_12"]);
    for (number, (stored, merged)) in MERGES.iter().enumerate() {
        for column in ["metadata", "private_metadata"] {
            let found = value(
                &database,
                &format!("SELECT {column}::text FROM users WHERE id = '{number}'"),
            );
            assert_eq!(found, *merged, "{column} {stored}");
        }
    }
    // What is written under them later is ordinary.
    database.execute("UPDATE users SET metadata = '{\"ui\": {\"k\": 1}}' WHERE id = '0'");
    store(&database).migrate().await.unwrap();
    let kept = "SELECT metadata::text FROM users WHERE id = '0'";
    assert_eq!(value(&database, kept), r#"{"ui": {"k": 1}}"#);
}

#[tokio::test]
async fn the_oldest_forms_of_the_first_change_are_taken_as_they_are() {
    let oldest = "
        ALTER TABLE clients RENAME domain_id TO owner_id;
        ALTER TABLE clients DROP CONSTRAINT clients_name_key, ALTER name DROP NOT NULL;
        UPDATE clients SET name = NULL;
        CREATE TABLE groups (id varchar(36) PRIMARY KEY, parent_id varchar(36));
        CREATE TABLE policies (subject varchar(254), object varchar(254));
        INSERT INTO groups VALUES ('g', NULL); INSERT INTO policies VALUES ('s', 'o')";
    let (database, _) = migrated(&[FIRST, oldest]).await;
    assert_eq!(recorded(&database), ids(12));
    assert_eq!(of_ada(&database, "owner_id"), "NULL");
    let kept = "SELECT (SELECT count(*) FROM groups) + (SELECT count(*) FROM policies)";
    assert_eq!(value(&database, kept), "2");
}

#[tokio::test]
async fn a_short_lived_column_is_kept_and_copied_to_the_one_that_replaced_it() {
    let short_lived = "
        ALTER TABLE users RENAME private_metadata TO public_metadata;
        UPDATE users SET public_metadata = '{\"ui\": {\"shown\": 1}, \"n\": 1}' WHERE role = 1;
        UPDATE users SET public_metadata = '[1]' WHERE role IS NULL";
    let (database, done) = migrated(&[FIRST, RENAMED, VERIFIED, short_lived]).await;
    assert_eq!(
        done[..4],
        ["clients_10", "public_metadata", "clients_11", "clients_12"]
    );
    assert_eq!(
        of_ada(&database, "private_metadata"),
        r#"{"n": 1, "shown": 1}"#
    );
    assert_eq!(
        of_ada(&database, "public_metadata"),
        r#"{"n": 1, "ui": {"shown": 1}}"#
    );
    let other = "SELECT private_metadata::text FROM users WHERE role IS NULL";
    assert_eq!(value(&database, other), "NULL");
    assert_eq!(recorded(&database), ids(12));
}

#[tokio::test]
async fn changes_that_are_there_are_recorded_where_the_list_was_lost() {
    for lost in ["DELETE FROM gorp_migrations", "DROP TABLE gorp_migrations"] {
        let parts = [&CURRENT[..], &[lost]].concat();
        let (database, done) = migrated(&parts).await;
        let recorded_only = ids(12)
            .into_iter()
            .map(|id| format!("{id} (recorded only)"));
        let expected: Vec<String> = recorded_only.chain(OWN.map(str::to_owned)).collect();
        assert_eq!(done, expected);
        assert_eq!(recorded(&database), ids(12));
        let before = filled(&CURRENT);
        assert_eq!(
            database.query(ACCOUNTS),
            before.query(ACCOUNTS),
            "nothing merged again"
        );
        assert_eq!(value(&database, "SELECT found FROM adoption"), "unrecorded");
    }
}

#[tokio::test]
async fn a_list_lost_halfway_is_completed_and_the_rest_carried_out() {
    let lost = "DELETE FROM gorp_migrations WHERE id IN ('clients_02', 'clients_04')";
    let (database, done) = migrated(&[FIRST, RENAMED, lost]).await;
    assert_eq!(
        done[..3],
        [
            "clients_02 (recorded only)",
            "clients_04 (recorded only)",
            "clients_06"
        ]
    );
    assert_eq!(recorded(&database), ids(12));
}

#[tokio::test]
async fn the_stray_table_of_a_failed_start_is_left_alone() {
    let stray = "
        DELETE FROM gorp_migrations WHERE id > 'clients_03';
        CREATE TABLE clients (id varchar(36) PRIMARY KEY, email varchar(254) NOT NULL UNIQUE)";
    let parts = [&CURRENT[..], &[stray]].concat();
    let (database, done) = migrated(&parts).await;
    assert_eq!(
        done[..2],
        ["clients_04 (recorded only)", "clients_05 (recorded only)"]
    );
    assert_eq!(value(&database, "SELECT count(*) FROM clients"), "0");
    let survey = store(&database).survey(10).await.unwrap();
    assert!(
        survey
            .warnings
            .iter()
            .any(|warning| warning.contains("clients beside users")),
        "{:?}",
        survey.warnings
    );
}

#[tokio::test]
async fn what_an_operator_may_have_changed_is_taken_as_it_is() {
    let changed = "
        ALTER TABLE users ALTER email TYPE text, ALTER username TYPE text,
                          ALTER role TYPE integer, ALTER status TYPE integer;
        ALTER TABLE users ALTER first_name DROP NOT NULL, ALTER first_name SET DEFAULT 'x';
        ALTER TABLE users ADD COLUMN note text, DROP COLUMN domain_id;
        CREATE INDEX ON users USING gin (tags);
        CREATE VIEW everybody AS SELECT id, email FROM users";
    let parts = [&CURRENT[..], &[changed]].concat();
    let (database, done) = migrated(&parts).await;
    assert_eq!(done, OWN);
    let kept = "SELECT column_default FROM information_schema.columns
                WHERE table_name = 'users' AND column_name = 'first_name'";
    assert_eq!(
        value(&database, kept),
        "'x'::text".replace("text", "character varying")
    );
}

#[tokio::test]
async fn columns_that_the_server_computes_are_no_obstacle_and_raise_no_version_by_themselves() {
    let computed = "
        ALTER TABLE users
            ADD COLUMN domain text GENERATED ALWAYS AS (split_part(email, '@', 2)) STORED,
            ADD COLUMN full_name text
                GENERATED ALWAYS AS ((first_name || ' ' || last_name)) STORED;
        ALTER TABLE users DROP COLUMN domain_id";
    let parts = [&CURRENT[..], &[computed]].concat();
    let (database, done) = migrated(&parts).await;
    assert_eq!(done, OWN);
    let versions = [
        ("first_name = 'X'", "2"),
        ("first_name = 'X'", "2"),
        ("tags = NULL", "3"),
        ("email = 'ada@example.org'", "4"),
        ("metadata = '{\"n\": 1.0}'", "5"),
        ("metadata = '{\"n\": 1.0}'", "5"),
        ("metadata = '{\"n\": 1.00}'", "6"),
        ("version = version + 1, first_name = 'Y'", "7"),
    ];
    for (change, version) in versions {
        database.execute(&format!("UPDATE users SET {change} WHERE id = '{ADA}'"));
        assert_eq!(of_ada(&database, "version"), version, "{change}");
    }
    assert_eq!(of_ada(&database, "domain"), "example.org");
    assert_eq!(of_ada(&database, "full_name"), "Y ");
    // One that comes later, in a session that has compared rows before.
    let session = database.connection().open().unwrap();
    let renamed = format!("UPDATE users SET last_name = 'Z' WHERE id = '{ADA}'");
    session.try_query(&renamed).unwrap();
    assert_eq!(of_ada(&database, "version"), "8");
    database.execute(
        "ALTER TABLE users ADD COLUMN letters int GENERATED ALWAYS AS (length(email)) STORED",
    );
    session.try_query(&renamed).unwrap();
    assert_eq!(of_ada(&database, "version"), "8", "nothing was changed");
}
