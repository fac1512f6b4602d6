//! Databases that are not taken over: they say why, and stay as they are.

use users_test_postgres::Server;

use crate::scene::{CURRENT, FIRST, RENAMED, filled, filled_on, own_server, refusal, store, value};

async fn refused(parts: &[&str], words: &[&str]) {
    let said = refusal(&filled(parts)).await;
    for word in words {
        assert!(said.contains(word), "{word} in: {said}");
    }
}

#[tokio::test]
async fn a_change_that_only_a_newer_service_knows_is_named() {
    let newer = "INSERT INTO gorp_migrations VALUES ('clients_13', now())";
    let parts = [&CURRENT[..], &[newer]].concat();
    refused(&parts, &["clients_13", "newer"]).await;
    let other = "INSERT INTO gorp_migrations VALUES ('groups_01', now())";
    refused(&[FIRST, other], &["groups_01"]).await;
}

#[tokio::test]
async fn somebody_elses_users_are_left_to_him() {
    let foreign = "CREATE TABLE users (id text PRIMARY KEY, login text); \
                   INSERT INTO users VALUES ('1', 'x')";
    refused(
        &[foreign],
        &["users", "no column secret", "another database"],
    )
    .await;
    let numbered = "ALTER TABLE users DROP CONSTRAINT clients_pkey CASCADE; \
                    ALTER TABLE users ALTER id TYPE bigint USING 1";
    let parts = [&CURRENT[..], &[numbered]].concat();
    refused(&parts, &["column id is int8"]).await;
    let json = "ALTER TABLE users ALTER metadata TYPE json";
    let parts = [&CURRENT[..], &[json]].concat();
    refused(&parts, &["column metadata is json, not jsonb"]).await;
    let view = "ALTER TABLE users RENAME TO people; CREATE VIEW users AS SELECT * FROM people";
    let parts = [&CURRENT[..], &[view]].concat();
    refused(&parts, &["users", "no ordinary table"]).await;
}

#[tokio::test]
async fn tables_that_bear_our_names_are_not_taken_for_ours() {
    let outbox = "CREATE TABLE outbox (id int)";
    let parts = [&CURRENT[..], &[outbox]].concat();
    refused(&parts, &["outbox", "rename"]).await;
    let version = "ALTER TABLE users ADD version text";
    let parts = [&CURRENT[..], &[version]].concat();
    refused(&parts, &["column version"]).await;
    let list = "CREATE TABLE gorp_migrations (version int)";
    refused(&[list], &["gorp_migrations", "applied_at"]).await;
}

#[tokio::test]
async fn a_list_without_its_tables_is_no_empty_database() {
    refused(&[FIRST, "DROP TABLE clients"], &["no table of accounts"]).await;
    let back = "ALTER TABLE users RENAME TO clients";
    refused(&[FIRST, RENAMED, back], &["still called clients"]).await;
}

#[tokio::test]
async fn a_table_put_back_without_our_columns_is_told_from_a_new_one() {
    let database = filled(&CURRENT);
    store(&database).migrate().await.unwrap();
    database.execute(
        "DROP TRIGGER users_version_trigger ON users; ALTER TABLE users DROP COLUMN version",
    );
    let said = refusal(&database).await;
    assert!(said.contains("restored"), "{said}");
}

#[tokio::test]
async fn accounts_in_another_schema_of_the_search_path_are_not_hidden_by_new_tables() {
    let database = filled(&CURRENT);
    database.execute("CREATE SCHEMA other");
    database.execute(&format!(
        "ALTER DATABASE {} SET search_path = other, public",
        database.name()
    ));
    let said = refusal(&database).await;
    assert!(said.contains("public") && said.contains("other"), "{said}");
    database.execute(&format!(
        "ALTER DATABASE {} SET search_path = nowhere",
        database.name()
    ));
    let refused = store(&database).migrate().await.unwrap_err().to_string();
    assert!(refused.contains("search_path"), "{refused}");
}

#[tokio::test]
async fn another_schema_without_accounts_in_sight_gets_tables_of_its_own_and_that_is_said() {
    let database = filled(&CURRENT);
    database.execute("CREATE SCHEMA other");
    database.execute(&format!(
        "ALTER DATABASE {} SET search_path = other",
        database.name()
    ));
    let survey = store(&database).survey(10).await.unwrap();
    let said = survey.warnings.join("\n");
    assert!(
        said.contains("schema public") && said.contains("search_path"),
        "{said}"
    );
    store(&database).migrate().await.unwrap();
    assert_eq!(value(&database, "SELECT count(*) FROM other.users"), "0");
    let ours = "SELECT count(*) FROM information_schema.columns
                WHERE table_schema = 'public' AND column_name = 'version'";
    assert_eq!(value(&database, ours), "0", "the other one was left alone");
}

#[tokio::test]
async fn a_role_that_may_not_change_the_tables_is_told_so() {
    let server = own_server();
    let database = filled_on(&server, &CURRENT);
    let role = format!("{}_guest", database.name());
    let superuser = database.superuser();
    superuser.execute(&format!(
        "CREATE ROLE {role} LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO {role};
         GRANT CREATE, USAGE ON SCHEMA public TO {role}"
    ));
    let guest = crate::fixture::settings(&database.connection().as_user(&role).plain());
    let clock = std::sync::Arc::new(users_testkit::fakes::FixedClock::new());
    let store = users_postgres::PostgresStore::new(guest, clock).unwrap();
    let refused = store.migrate().await.unwrap_err().to_string();
    assert!(
        refused.contains("must be owner of table users"),
        "{refused}"
    );
    assert_eq!(
        value(
            &database,
            "SELECT count(*) FROM pg_tables WHERE tablename = 'outbox'"
        ),
        "0"
    );
    drop(store);
    superuser.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[tokio::test]
async fn a_list_of_codes_that_is_none_is_refused() {
    for odd in [
        "ALTER TABLE users_verifications DROP COLUMN used_at",
        "ALTER TABLE users_verifications RENAME TO codes;
         CREATE VIEW users_verifications AS SELECT * FROM codes",
    ] {
        let database = filled(&CURRENT);
        database.execute(odd);
        let said = refusal(&database).await;
        assert!(said.contains("users_verifications"), "{said}");
    }
}

#[tokio::test]
async fn a_database_that_cannot_hold_every_text_is_refused() {
    let latin = "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0";
    let database = Server::shared().create_database_with(latin);
    let said = refusal(&database).await;
    assert!(said.contains("LATIN1") && said.contains("UTF8"), "{said}");
}
