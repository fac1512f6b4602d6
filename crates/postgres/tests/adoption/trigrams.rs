//! The extension that searches for parts of texts are quick with: taken where it is, made where it may
//! be, and done without.

use std::sync::Arc;

use users_domain::model::UserFilter;
use users_domain::ports::UserStore as _;
use users_postgres::PostgresStore;
use users_test_postgres::{Database, Server};
use users_testkit::fakes::FixedClock;

use crate::fixture::settings;
use crate::scene::{CURRENT, INDEXES, OWN, filled, filled_on, names, own_server, store, value};

const TRIGRAMS: &str = "users_by_trigrams_idx";

fn without_trigrams() -> &'static [&'static str] {
    &INDEXES[..INDEXES.len() - 1]
}

/// What the index is made of.
fn definition(database: &Database) -> String {
    let of = format!("SELECT indexdef FROM pg_indexes WHERE indexname = '{TRIGRAMS}'");
    value(database, &of)
}

fn extensions(database: &Database) -> Vec<String> {
    names(
        database,
        "SELECT extname FROM pg_extension WHERE extname = 'pg_trgm'",
    )
}

async fn found(store: &PostgresStore, part: &str) -> u64 {
    let filter = UserFilter {
        email: Some(part.to_owned()),
        ..UserFilter::default()
    };
    store.count(&filter).await.unwrap()
}

/// It works without: nothing is announced that will not be done, and it is said what to do.
async fn assert_done_without(database: &Database, advice: &str) {
    let ours = store(database);
    let announced = ours.dry_run().await.unwrap();
    assert_eq!(announced, [&OWN[..], without_trigrams()].concat());
    ours.migrate().await.unwrap();
    assert_eq!(ours.build_indexes().await.unwrap(), without_trigrams());
    assert_eq!(ours.build_indexes().await.unwrap(), Vec::<String>::new());
    assert_eq!(ours.dry_run().await.unwrap(), Vec::<String>::new());
    let survey = ours.survey(10).await.unwrap();
    assert_eq!(survey.indexes, Vec::<String>::new());
    let said = survey.warnings.join("; ");
    assert!(said.contains(advice), "{said}");
    assert_eq!(
        found(&ours, "EXAMPLE.com").await,
        found(&ours, "").await - 1
    );
}

fn server_and_database() -> (Server, Database) {
    let server = own_server();
    let database = filled_on(&server, &CURRENT);
    database.execute("INSERT INTO users (id, email, first_name, last_name) VALUES ('x','x','','')");
    database.execute("UPDATE users SET email = id || '@example.com' WHERE id <> 'x'");
    (server, database)
}

#[tokio::test]
async fn the_databases_owner_gets_it_made_by_the_start() {
    let database = filled(&CURRENT);
    let ours = store(&database);
    assert_eq!(ours.dry_run().await.unwrap(), [&OWN[..], &INDEXES].concat());
    ours.migrate().await.unwrap();
    assert_eq!(extensions(&database), Vec::<String>::new());
    assert_eq!(ours.build_indexes().await.unwrap(), INDEXES);
    assert_eq!(extensions(&database), ["pg_trgm"]);
}

#[tokio::test]
async fn one_that_is_in_another_schema_serves() {
    let (_server, database) = server_and_database();
    database.superuser().execute(
        "CREATE SCHEMA \"Odd \"\"one\"; GRANT USAGE ON SCHEMA \"Odd \"\"one\" TO PUBLIC;
         CREATE EXTENSION pg_trgm SCHEMA \"Odd \"\"one\"",
    );
    let ours = store(&database);
    ours.migrate().await.unwrap();
    assert_eq!(ours.build_indexes().await.unwrap(), INDEXES);
    let definition = definition(&database);
    assert!(
        definition.contains("\"Odd \"\"one\".gin_trgm_ops"),
        "{definition}"
    );
    let plan = database.query(
        "SET enable_seqscan = off; SET enable_indexscan = off; SET enable_indexonlyscan = off;
         EXPLAIN SELECT FROM users WHERE lower(email COLLATE \"C\") LIKE '%example%'",
    );
    let plan = format!("{plan:?}");
    assert!(plan.contains(TRIGRAMS), "{plan}");
}

#[tokio::test]
async fn one_in_a_schema_that_the_role_may_not_use_is_done_without() {
    let (_server, database) = server_and_database();
    database
        .superuser()
        .execute("CREATE SCHEMA hidden; CREATE EXTENSION pg_trgm SCHEMA hidden");
    assert_done_without(&database, "USAGE").await;
}

#[tokio::test]
async fn where_the_role_may_not_make_it_all_else_is_built_until_somebody_does() {
    let (_server, database) = server_and_database();
    let role = &database.connection().user;
    let name = database.name();
    let superuser = database.superuser();
    superuser.execute(&format!("REVOKE CREATE ON DATABASE {name} FROM {role}"));
    assert_done_without(&database, "CREATE EXTENSION pg_trgm").await;
    superuser.execute("CREATE EXTENSION pg_trgm");
    let ours = store(&database);
    assert_eq!(ours.dry_run().await.unwrap(), [TRIGRAMS]);
    assert_eq!(ours.build_indexes().await.unwrap(), [TRIGRAMS]);
    let survey = ours.survey(10).await.unwrap();
    assert!(survey.warnings.iter().all(|said| !said.contains("pg_trgm")));
}

/// As it is at hosts that allow only some extensions.
#[tokio::test]
async fn a_server_that_refuses_it_after_all_keeps_nothing_else_from_being_built() {
    let server = own_server();
    for parts in [&CURRENT[..], &[]] {
        let database = filled_on(&server, parts);
        database.superuser().execute(
            "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql
             AS $$ BEGIN RAISE 'not here'; END $$;
             CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN ('CREATE EXTENSION')
             EXECUTE FUNCTION refuse()",
        );
        let ours = store(&database);
        let mut done = ours.migrate().await.unwrap();
        done.extend(ours.build_indexes().await.unwrap());
        let indexes: Vec<&str> = done
            .iter()
            .map(String::as_str)
            .filter(|name| name.starts_with("users_by_"))
            .collect();
        assert_eq!(indexes, without_trigrams());
        assert_eq!(extensions(&database), Vec::<String>::new());
        assert_eq!(found(&ours, "nowhere").await, 0);
    }
}

#[tokio::test]
async fn a_fresh_database_has_it_at_once() {
    let database = filled(&[]);
    let clock = Arc::new(FixedClock::new());
    let ours = PostgresStore::new(settings(database.connection()), clock).unwrap();
    ours.migrate().await.unwrap();
    assert!(definition(&database).contains("gin_trgm_ops"));
    assert_eq!(ours.dry_run().await.unwrap(), Vec::<String>::new());
}
