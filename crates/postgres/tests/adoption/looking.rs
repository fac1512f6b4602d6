//! Looking at a database: true, and without a trace.

use std::sync::Arc;

use users_domain::ports::Clock as _;
use users_postgres::{DatabaseOwner, PostgresStore};
use users_test_postgres::Database;
use users_testkit::fakes::FixedClock;

use crate::fixture::settings;
use crate::scene::{
    CURRENT, FIRST, INDEXES, OWN, RENAMED, everything, filled, filled_on, ids, own_server, store,
};

/// A store for a role that may read, and nothing else.
fn guest(database: &Database) -> (PostgresStore, String) {
    let role = format!("{}_reader", database.name());
    database.superuser().execute(&format!(
        "CREATE ROLE {role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role};
         ALTER ROLE {role} SET default_transaction_read_only = on"
    ));
    let settings = settings(&database.connection().as_user(&role).plain());
    let store = PostgresStore::new(settings, Arc::new(FixedClock::new())).unwrap();
    (store, role)
}

fn without(database: &Database, role: &str) {
    let superuser = database.superuser();
    superuser.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[tokio::test]
async fn an_empty_database_lacks_everything_and_stays_empty() {
    let database = filled(&[]);
    let store = store(&database);
    let listed = store.migrations().await.unwrap();
    let expected: Vec<String> = ids(12).into_iter().chain(OWN.map(str::to_owned)).collect();
    let listed_names: Vec<&str> = listed.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(listed_names, expected);
    assert!(listed.iter().all(|step| step.applied_at.is_none()));
    let survey = store.survey(10).await.unwrap();
    assert_eq!(survey.owner, DatabaseOwner::Nobody);
    assert_eq!(survey.steps, expected);
    assert_eq!(survey.indexes, INDEXES);
    assert_eq!(survey.counts.accounts, None);
    assert!(everything(&database).is_empty());
}

#[tokio::test]
async fn a_role_that_may_only_read_is_told_all() {
    let server = own_server();
    let database = filled_on(&server, &CURRENT);
    let before = everything(&database);
    let (store, role) = guest(&database);
    let listed = store.migrations().await.unwrap();
    let applied: Vec<_> = listed
        .iter()
        .filter(|step| step.applied_at.is_some())
        .map(|step| step.name.clone())
        .collect();
    assert_eq!(applied, ids(12));
    // It may not create the extension that the last one needs.
    let indexes = &INDEXES[..INDEXES.len() - 1];
    let expected: Vec<&str> = OWN.into_iter().chain(indexes.iter().copied()).collect();
    assert_eq!(store.dry_run().await.unwrap(), expected);
    let survey = store.survey(10).await.unwrap();
    assert_eq!(
        survey.owner,
        DatabaseOwner::Deployed(Some("clients_12".to_owned()))
    );
    assert_eq!(survey.refusal, None);
    assert_eq!(survey.warnings.len(), 1);
    assert!(survey.warnings[0].contains("CREATE EXTENSION pg_trgm"));
    assert_eq!(survey.adopted, None);
    let counts = survey.counts;
    assert_eq!(counts.accounts, Some(6));
    // All but the account without a password and that of an identity provider: none is whole.
    assert_eq!(counts.outdated_hashes, Some(4));
    assert_eq!(counts.email_twins, Some(2));
    assert_eq!(counts.username_twins, Some(2));
    // The one without password and time, and the one with everything odd.
    assert_eq!(counts.unreadable, Some(2));
    assert_eq!(counts.since_adoption, None);
    assert_eq!(everything(&database), before);
    without(&database, &role);
}

#[tokio::test]
async fn hashes_of_todays_cost_are_told_from_others() {
    let database = filled(&CURRENT);
    let rest = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy";
    assert_eq!(rest.len(), 53);
    database.execute(&format!(
        "UPDATE users SET secret = NULL;
         UPDATE users SET secret = '$2a$10${rest}' WHERE id = 'twin 1';
         UPDATE users SET secret = '$2$10${rest} ' WHERE id = 'twin 2';
         UPDATE users SET secret = '$2b$12${rest}' WHERE id = 'ui later'"
    ));
    let store = store(&database);
    for (cost, outdated) in [(10, 1), (12, 2), (4, 3)] {
        let survey = store.survey(cost).await.unwrap();
        assert_eq!(survey.counts.outdated_hashes, Some(outdated), "cost {cost}");
    }
}

#[tokio::test]
async fn a_database_at_an_earlier_change_is_listed_and_not_counted() {
    let database = filled(&[FIRST, RENAMED]);
    let store = store(&database);
    let listed = store.migrations().await.unwrap();
    assert!(listed[4].applied_at.is_some());
    assert!(listed[5].applied_at.is_none());
    let survey = store.survey(10).await.unwrap();
    assert_eq!(survey.steps[0], "clients_06");
    assert_eq!(survey.counts.accounts, None);
    let database = filled(&[FIRST]);
    let survey = crate::scene::store(&database).survey(10).await.unwrap();
    assert_eq!(
        survey.owner,
        DatabaseOwner::Deployed(Some("clients_02".to_owned()))
    );
}

#[tokio::test]
async fn after_the_take_over_it_is_known_when_that_was_and_who_came_since() {
    let database = filled(&CURRENT);
    let clock = FixedClock::new();
    let connection = settings(&database.connection().plain());
    let store = PostgresStore::new(connection, Arc::new(clock.clone())).unwrap();
    store.migrate().await.unwrap();
    database.execute(
        "UPDATE users SET created_at = '2020-01-01T00:00:00Z' WHERE created_at > 'epoch';
         INSERT INTO users (id, email, first_name, last_name, created_at)
         SELECT 'since', 'since@example.com', '', '', adopted_at + interval '1 hour' FROM adoption",
    );
    let survey = store.survey(10).await.unwrap();
    assert_eq!(survey.owner, DatabaseOwner::Ours);
    let (at, found) = survey.adopted.unwrap();
    assert_eq!(at, clock.now());
    assert_eq!(found, "clients_12");
    assert_eq!(survey.counts.since_adoption, Some(1));
    assert_eq!(survey.steps, Vec::<String>::new());
    assert_eq!(survey.indexes, INDEXES);
}

#[tokio::test]
async fn what_only_a_newer_program_knows_is_listed_and_no_obstacle() {
    let database = filled(&CURRENT);
    let ours = store(&database);
    ours.migrate().await.unwrap();
    database.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')");
    assert_eq!(ours.migrate().await.unwrap(), Vec::<String>::new());
    let listed = ours.migrations().await.unwrap();
    assert_eq!(listed.last().unwrap().name, "9999");
    let survey = ours.survey(10).await.unwrap();
    assert!(
        survey.warnings[0].contains("newer version"),
        "{:?}",
        survey.warnings
    );
}
