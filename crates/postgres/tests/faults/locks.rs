//! Others who hold what a call needs, and calls that give way to others.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use users_domain::model::{Needs, User};
use users_domain::ports::{Decide, UserStore as _};
use users_test_postgres::ServerOptions;
use users_testkit::people::{an_admin, user};

use crate::fixture::{Fixture, literal};
use crate::work::{
    assert_unavailable, backends, bounded, call, called, server, until, waiting, within,
};

/// Locks the row of an account until the transaction ends.
fn lock(account: &User) -> String {
    let id = literal(account.id.as_str());
    format!("SELECT 1 FROM users WHERE id = {id} FOR UPDATE")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_waits_for_a_lock_ends_in_time_and_the_server_stops_too() {
    let fixture = Fixture::new();
    let bound = Duration::from_secs(1);
    let store = fixture.open_with(bounded(&fixture, bound, 4));
    let ada = store.insert(user("ada"), Vec::new()).await.unwrap();
    let session = fixture.database.connection().open().unwrap();
    session.execute(&format!("BEGIN; {}", lock(&ada)));
    let update = store.update(&ada.id, Needs::ROW, call("Augusta"));
    assert_unavailable(&within(bound * 3, update).await);
    assert_eq!(store.stats().statement_timeouts, 1);
    // The lock is still held: it is not for that that nobody waits.
    until("nobody waits", async || waiting(&fixture) == 0).await;
    session.execute("COMMIT");
    assert_eq!(called(&store, &ada).await, ada.first_name.as_str());
    let update = store.update(&ada.id, Needs::ROW, call("Augusta")).await;
    assert_eq!(update.unwrap().first_name.as_str(), "Augusta");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_is_carried_out_and_spoils_no_connection() {
    let fixture = Fixture::new();
    let store = fixture.open_with(bounded(&fixture, Duration::from_secs(10), 1));
    let ada = store.insert(user("ada"), Vec::new()).await.unwrap();
    let before = backends(&fixture);
    assert_eq!(before.len(), 1);
    let session = fixture.database.connection().open().unwrap();
    session.execute(&format!("BEGIN; {}", lock(&ada)));
    let update = tokio::spawn({
        let (store, id) = (store.clone(), ada.id.clone());
        async move { store.update(&id, Needs::ROW, call("Augusta")).await }
    });
    until("the call waits", async || waiting(&fixture) == 1).await;
    update.abort();
    assert!(update.await.unwrap_err().is_cancelled());
    session.execute("COMMIT");
    // There is one connection, which the next call gets once the dropped one is done.
    assert_eq!(called(&store, &ada).await, "Augusta");
    assert_eq!(backends(&fixture), before);
}

/// Lets the first writes to accounts fail with this code, as the server reports it in the language
/// of its operator. A sequence is not set back when a transaction is.
fn failing(times: u32, code: &str) -> String {
    format!(
        "CREATE SEQUENCE failures;
         GRANT ALL ON SEQUENCE failures TO PUBLIC;
         CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             IF nextval('failures') <= {times} THEN
                 RAISE EXCEPTION USING ERRCODE = '{code}', MESSAGE = 'Verklemmung entdeckt',
                     DETAIL = 'Prozess 1 wartet auf Prozess 2.',
                     HINT = 'Einzelheiten stehen im Serverlog.';
             END IF;
             RETURN NEW;
         END $$;
         CREATE TRIGGER fail BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION fail()"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_the_server_undid_for_others_is_decided_anew() {
    // A serialization failure, a deadlock.
    for code in ["40001", "40P01"] {
        let fixture = Fixture::new();
        let store = fixture.open();
        let ada = store.insert(user("ada"), Vec::new()).await.unwrap();
        fixture.database.execute(&failing(2, code));
        let decided = Arc::new(AtomicU32::new(0));
        let decide: Arc<Decide> = {
            let (decided, decide) = (decided.clone(), call("Augusta"));
            Arc::new(move |user: &User, facts: &_| {
                decided.fetch_add(1, Ordering::Relaxed);
                decide(user, facts)
            })
        };
        let changed = store.update(&ada.id, Needs::ROW, decide).await.unwrap();
        assert_eq!(changed.first_name.as_str(), "Augusta");
        assert_eq!(changed.version, ada.version + 1);
        assert_eq!(decided.load(Ordering::Relaxed), 3, "{code}");
        assert_eq!(called(&store, &ada).await, "Augusta");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_gives_way_in_vain_ends() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let ada = store.insert(user("ada"), Vec::new()).await.unwrap();
    fixture.database.execute(&failing(1000, "40001"));
    let update = store.update(&ada.id, Needs::ROW, call("Augusta"));
    assert_unavailable(&within(Duration::from_secs(5), update).await);
    assert_eq!(called(&store, &ada).await, ada.first_name.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_with_somebody_elses_order_of_locks_is_survived() {
    // Only a superuser may say how soon deadlocks are looked for.
    let server = server(&ServerOptions::default());
    let fixture = Fixture::on(&server);
    // Found by our side, which began to wait first, while there is time enough to close the ring.
    let name = fixture.database.name();
    let superuser = fixture.database.superuser();
    superuser.execute(&format!(
        "ALTER DATABASE {name} SET deadlock_timeout = '2s'"
    ));
    let store = fixture.open_with(bounded(&fixture, Duration::from_secs(10), 4));
    let grace = store.insert(an_admin("grace"), Vec::new()).await.unwrap();
    let ada = store.insert(user("ada"), Vec::new()).await.unwrap();
    let session = superuser.open().unwrap();
    session.execute(&format!(
        "SET deadlock_timeout = '1h'; BEGIN; {}",
        lock(&ada)
    ));
    let update = tokio::spawn({
        let (store, id) = (store.clone(), ada.id.clone());
        async move {
            let needs = Needs::ENABLED_ADMINISTRATORS;
            store.update(&id, needs, call("Augusta")).await
        }
    });
    until("the store waits with an administrator locked", async || {
        waiting(&fixture) == 1
    })
    .await;
    // Its wait ends when the store's transaction is undone.
    session.execute(&lock(&grace));
    session.execute("COMMIT");
    let changed = within(Duration::from_secs(10), update).await.unwrap();
    assert_eq!(changed.unwrap().first_name.as_str(), "Augusta");
    let deadlocks = || {
        fixture
            .database
            .query("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    };
    until("the server has counted it", async || {
        deadlocks() == [[Some("1".to_owned())]]
    })
    .await;
}
