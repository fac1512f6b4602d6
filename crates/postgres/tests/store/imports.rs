//! Imports beyond their contract: what becomes of the table's indexes, and who may import.

use users_domain::model::{Arrival, ImportOutcome, User, UserId};
use users_domain::ports::{ImportMode, UserImport, UserStore as _, UserTransfer as _};
use users_postgres::{PostgresSettings, PostgresStore};
use users_test_postgres::{Binaries, Server, ServerOptions};
use users_testkit::people::user;

use crate::fixture::{Fixture, settings};

/// From so many on an empty table is taken for one that is to be filled.
const MANY: usize = 20_000;

fn numbered(number: usize) -> Arrival {
    let user = User {
        id: UserId::from_stored(format!("{number:08}")),
        ..user(&format!("n{number}"))
    };
    Arrival {
        has_id: true,
        user,
        effects: Vec::new(),
    }
}

/// An import that has taken many in, and begun with one more.
async fn many(store: &PostgresStore) -> Box<dyn UserImport> {
    let mut import = store.begin_import(ImportMode::Write).await.unwrap();
    for first in (0..MANY).step_by(5000) {
        let accounts: Vec<_> = (first..first + 5000).map(numbered).collect();
        let outcomes = import.add(&accounts).await.unwrap();
        assert_eq!(outcomes, [ImportOutcome::Imported; 5000]);
    }
    let outcomes = import.add(&[numbered(MANY)]).await.unwrap();
    assert_eq!(outcomes, [ImportOutcome::Imported]);
    import
}

/// The table's indexes that can be used.
fn indexes(fixture: &Fixture) -> Vec<String> {
    let rows = fixture.database.query(
        "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
         WHERE indrelid = 'users'::regclass AND indisvalid ORDER BY relname",
    );
    rows.into_iter().flatten().flatten().collect()
}

/// Those that the constraints have, and those by which an import looks names up.
fn assert_only_the_needed(left: &[String], all: &[String]) {
    let is_secondary = |name: &String| name.starts_with("users_by_") && !name.contains("_folded_");
    assert!(all.iter().any(is_secondary), "{all:?}");
    let needed: Vec<_> = all.iter().filter(|name| !is_secondary(name)).collect();
    assert_eq!(left.iter().collect::<Vec<_>>(), needed);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_table_is_filled_without_its_secondary_indexes_which_are_built_at_the_end() {
    let fixture = Fixture::new();
    let store = fixture.open();
    // Empty but for the administrator.
    store.insert(user("admin"), Vec::new()).await.unwrap();
    let all = indexes(&fixture);
    let import = many(&store).await;
    assert_only_the_needed(&indexes(&fixture), &all);
    import.finish().await.unwrap();
    assert_eq!(indexes(&fixture), all);
    let vacuumed = "SELECT relname FROM pg_stat_user_tables
                    WHERE relname = 'users' AND last_vacuum IS NOT NULL AND last_analyze IS NOT NULL";
    while fixture.database.query(vacuumed).is_empty() {
        // Sessions tell the statistics a little later.
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_with_accounts_keeps_its_indexes_throughout() {
    let fixture = Fixture::new();
    let store = fixture.open();
    for name in ["admin", "ada"] {
        store.insert(user(name), Vec::new()).await.unwrap();
    }
    let all = indexes(&fixture);
    let import = many(&store).await;
    assert_eq!(indexes(&fixture), all);
    import.finish().await.unwrap();
    assert_eq!(indexes(&fixture), all);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_leaves_the_indexes_of_an_empty_table() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let all = indexes(&fixture);
    let mut dry_run = store.begin_import(ImportMode::DryRun).await.unwrap();
    for first in (0..MANY + 5000).step_by(5000) {
        let accounts: Vec<_> = (first..first + 5000).map(numbered).collect();
        let outcomes = dry_run.add(&accounts).await.unwrap();
        assert_eq!(outcomes, [ImportOutcome::Imported; 5000]);
    }
    assert_eq!(indexes(&fixture), all);
    // What was in the first of them is known in the last.
    let outcomes = dry_run.add(&[numbered(0)]).await.unwrap();
    assert_eq!(outcomes, [ImportOutcome::AlreadyThere]);
    dry_run.finish().await.unwrap();
    assert_eq!(fixture.database.query("SELECT id FROM users").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_dropped_has_its_indexes_built_before_the_store_is_closed() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let all = indexes(&fixture);
    let import = many(&store).await;
    assert_only_the_needed(&indexes(&fixture), &all);
    drop(import);
    store.close().await;
    assert_eq!(indexes(&fixture), all);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_import_dropped_the_next_start_builds() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let all = indexes(&fixture);
    let import = many(&store).await;
    // Who is killed ends nothing.
    std::mem::forget(import);
    assert_only_the_needed(&indexes(&fixture), &all);
    let next = fixture.open();
    assert_ne!(next.build_indexes().await.unwrap(), Vec::<String>::new());
    assert_eq!(indexes(&fixture), all);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_import_dropped_the_same_import_run_again_builds() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let all = indexes(&fixture);
    std::mem::forget(many(&store).await);
    assert_only_the_needed(&indexes(&fixture), &all);
    let again = fixture.open().begin_import(ImportMode::Write).await;
    again.unwrap().finish().await.unwrap();
    assert_eq!(indexes(&fixture), all);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_before_names_can_be_looked_up_builds_their_indexes_first() {
    let fixture = Fixture::new();
    let all = indexes(&fixture);
    fixture
        .database
        .execute("DROP INDEX users_by_folded_email_idx, users_by_folded_username_idx");
    let store = fixture.open();
    assert!(store.begin_import(ImportMode::DryRun).await.is_err());
    store.begin_import(ImportMode::Write).await.unwrap();
    assert_eq!(indexes(&fixture), all);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_owns_nothing_imports_with_all_indexes() {
    let binaries = Binaries::find().unwrap_or_else(|missing| panic!("{missing}"));
    let server = Server::start(&binaries, &ServerOptions::default());
    let fixture = Fixture::on(&server);
    let all = indexes(&fixture);
    fixture.database.superuser().execute(
        "CREATE ROLE clerk LOGIN;
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO clerk",
    );
    let clerk = fixture.open_with(PostgresSettings {
        user: "clerk".to_owned(),
        ..settings(fixture.database.connection())
    });
    let import = many(&clerk).await;
    assert_eq!(indexes(&fixture), all);
    import.finish().await.unwrap();
    let stored = fixture.database.query("SELECT id FROM users");
    assert_eq!(stored.len(), MANY + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_that_the_database_sets_for_other_statements_end_no_import() {
    let fixture = Fixture::new();
    fixture.database.execute(&format!(
        "ALTER DATABASE {name} SET statement_timeout = '100ms';
         ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'",
        name = fixture.database.name()
    ));
    let store = fixture.open();
    for mode in [ImportMode::DryRun, ImportMode::Write] {
        let mut import = store.begin_import(mode).await.unwrap();
        // A writer of a name, for longer than the limit.
        let writer = fixture.database.connection().open().unwrap();
        writer.execute("BEGIN; SELECT pg_advisory_xact_lock_shared(1970432882, 3)");
        let ending = std::thread::spawn(move || writer.execute("SELECT pg_sleep(0.3); COMMIT"));
        let accounts: Vec<_> = (0..3000).map(numbered).collect();
        let outcomes = import.add(&accounts).await.unwrap();
        assert_eq!(outcomes, [ImportOutcome::Imported; 3000]);
        ending.join().unwrap();
        let outcomes = import.add(&accounts).await.unwrap();
        assert_eq!(outcomes, [ImportOutcome::AlreadyThere; 3000]);
        import.finish().await.unwrap();
    }
}
