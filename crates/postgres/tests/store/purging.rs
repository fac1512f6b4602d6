//! Rows that go for good, and what an operator's own tables and triggers have to say to that.

use std::sync::Arc;

use users_domain::model::{EffectKind, Status, Timestamp, User, UserFilter, UserId};
use users_domain::ports::{DecidePurge, LeaseHolder, Outbox, StoreError, UserStore};
use users_postgres::PostgresStore;
use users_testkit::contract::event;
use users_testkit::fakes::FixedClock;
use users_testkit::people::user;

use crate::fixture::{Fixture, literal};

fn deleted(name: &str) -> User {
    User {
        status: Status::Deleted,
        ..user(name)
    }
}

fn id(text: &str) -> UserId {
    UserId::from_stored(text.to_owned())
}

async fn purge(store: &PostgresStore, id: &UserId) -> Result<bool, StoreError> {
    let effects = vec![users_domain::model::Effect::Event(event(id.as_str(), 0))];
    let decide: Arc<DecidePurge> = Arc::new(move |_: &User| Ok(effects.clone()));
    store.purge(id, decide).await
}

/// How many events wait.
async fn events(store: &PostgresStore) -> u64 {
    store.depth(EffectKind::Event).await.unwrap().pending
}

/// What may stand beside the row of `id-of-ada`.
const REFUSALS: [&str; 9] = [
    "CREATE TABLE orders (buyer varchar(36) REFERENCES users (id));
     INSERT INTO orders VALUES ('id-of-ada')",
    "CREATE TABLE orders (buyer varchar(36) REFERENCES users (id) ON DELETE RESTRICT);
     INSERT INTO orders VALUES ('id-of-ada')",
    "CREATE TABLE orders (buyer varchar(36) REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED);
     INSERT INTO orders VALUES ('id-of-ada')",
    "CREATE TABLE orders (buyer varchar(36) NOT NULL REFERENCES users (id) ON DELETE SET NULL);
     INSERT INTO orders VALUES ('id-of-ada')",
    "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF OLD.id = 'id-of-ada' THEN RAISE 'she stays'; END IF; RETURN OLD; END $$;
     CREATE TRIGGER refuse BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION refuse()",
    "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF OLD.id = 'id-of-ada' THEN RETURN NULL; END IF; RETURN OLD; END $$;
     CREATE TRIGGER keep BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION keep()",
    "CREATE FUNCTION refuse_late() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF OLD.id = 'id-of-ada' THEN RAISE 'she stays'; END IF; RETURN OLD; END $$;
     CREATE CONSTRAINT TRIGGER refuse_late AFTER DELETE ON users DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION refuse_late()",
    // As much as the server says of a deadlock.
    "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF OLD.id = 'id-of-ada' THEN
            RAISE 'she stays' USING DETAIL = 'who she is', HINT = 'ask her';
        END IF; RETURN OLD; END $$;
     CREATE TRIGGER refuse BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION refuse()",
    "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE 'her codes stay'; END $$;
     CREATE TRIGGER refuse BEFORE DELETE ON users_verifications
        FOR EACH ROW EXECUTE FUNCTION refuse();
     INSERT INTO users_verifications (user_id, email) VALUES ('id-of-ada', 'a')",
];

#[tokio::test]
async fn whatever_refuses_a_row_holds_up_no_other() {
    for refusal in REFUSALS {
        let fixture = Fixture::new();
        let store = fixture.open();
        for name in ["ada", "grace"] {
            store.insert(deleted(name), Vec::new()).await.unwrap();
        }
        fixture.database.execute(refusal);
        let refused = purge(&store, &id("id-of-ada")).await;
        assert!(
            matches!(refused, Err(StoreError::Held)),
            "{refused:?}\n{refusal}"
        );
        assert_eq!(
            store.find(&id("id-of-ada")).await.unwrap(),
            Some(deleted("ada"))
        );
        assert_eq!(events(&store).await, 0, "{refusal}");
        assert!(
            purge(&store, &id("id-of-grace")).await.unwrap(),
            "{refusal}"
        );
        assert_eq!(events(&store).await, 1);
        assert_eq!(store.count(&UserFilter::default()).await.unwrap(), 1);
        store.close().await;
    }
}

/// What has nothing to do with the account is over some time.
#[tokio::test]
async fn a_fault_of_the_server_is_no_refusal() {
    for fault in [
        "disk_full",
        "lock_not_available",
        "query_canceled",
        "out_of_memory",
        "io_error",
    ] {
        let fixture = Fixture::new();
        let store = fixture.open();
        store.insert(deleted("ada"), Vec::new()).await.unwrap();
        fixture.database.execute(&format!(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE 'the server fails' USING ERRCODE = '{fault}'; END $$;
             CREATE TRIGGER fail BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION fail()"
        ));
        let failed = purge(&store, &id("id-of-ada")).await;
        assert!(
            matches!(failed, Err(StoreError::Unavailable)),
            "{failed:?}: {fault}"
        );
        fixture.database.execute("DROP TRIGGER fail ON users");
        assert!(purge(&store, &id("id-of-ada")).await.unwrap(), "{fault}");
        store.close().await;
    }
}

#[tokio::test]
async fn what_goes_with_the_row_or_does_not_care_lets_it_go() {
    for harmless in [
        "CREATE TABLE orders (buyer varchar(36) REFERENCES users (id) ON DELETE CASCADE)",
        "CREATE TABLE orders (buyer varchar(36) REFERENCES users (id) ON DELETE SET NULL)",
        "CREATE TABLE orders (buyer varchar(36))",
        // An operator may have made it anew without.
        "ALTER TABLE users_verifications DROP CONSTRAINT users_verifications_user_id_fkey;
         ALTER TABLE users_verifications ADD FOREIGN KEY (user_id) REFERENCES users (id);
         INSERT INTO users_verifications (user_id, email) VALUES ('id-of-ada', 'a');
         CREATE TABLE orders (buyer varchar(36))",
    ] {
        let fixture = Fixture::new();
        let store = fixture.open();
        store.insert(deleted("ada"), Vec::new()).await.unwrap();
        fixture.database.execute(harmless);
        fixture
            .database
            .execute("INSERT INTO orders VALUES ('id-of-ada')");
        assert!(purge(&store, &id("id-of-ada")).await.unwrap(), "{harmless}");
        store.close().await;
    }
}

#[tokio::test]
async fn of_odd_times_counts_what_an_account_reads_as() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let later = "'2100-01-01T00:00:00Z'";
    for (name, updated_at, created_at) in [
        ("a", "NULL", "'epoch'"),
        ("b", "'infinity'", "'epoch'"),
        ("c", "'-infinity'", later),
        ("d", "'12000-01-01T00:00:00Z'", "'0044-03-15 BC'"),
        ("e", "'infinity'", "NULL"),
        ("f", later, "'epoch'"),
    ] {
        let name = literal(name);
        fixture.database.execute(&format!(
            "INSERT INTO users (id, email, first_name, last_name, status, updated_at, created_at)
             VALUES ({name}, {name}, '', '', 2, {updated_at}, {created_at})"
        ));
    }
    // Whose status is none that means deleted.
    fixture.database.execute(
        "INSERT INTO users (id, email, first_name, last_name, status, created_at)
         VALUES ('odd', 'odd', '', '', 7, 'epoch')",
    );
    for limit in [1, 2, 100] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = store.deleted_before(FixedClock::START, after, limit).await;
            let page = page.unwrap();
            after = page.last().map(|account| account.id.clone());
            found.extend(page);
            if after.is_none() {
                break;
            }
        }
        let found: Vec<_> = found
            .into_iter()
            .map(|account| (account.id.as_str().to_owned(), account.deleted_at))
            .collect();
        let epoch = Some(Timestamp::UNIX_EPOCH);
        let expected = [("a", epoch), ("b", epoch), ("d", None), ("e", None)];
        assert_eq!(
            found,
            expected.map(|(id, at)| (id.to_owned(), at)),
            "{limit}"
        );
    }
}

/// Its commit sends an effect too: nobody sees one without the other.
#[tokio::test]
async fn another_replica_sees_the_row_or_the_event() {
    let fixture = Fixture::new();
    let (one, other) = (fixture.open(), fixture.open());
    one.insert(deleted("ada"), Vec::new()).await.unwrap();
    assert!(purge(&one, &id("id-of-ada")).await.unwrap());
    assert_eq!(other.find(&id("id-of-ada")).await.unwrap(), None);
    let holder = LeaseHolder::new("other".to_owned());
    let claim = other.claim(EffectKind::Event, &holder, 10).await.unwrap();
    assert_eq!(claim.unwrap().items.len(), 1);
    assert!(!purge(&other, &id("id-of-ada")).await.unwrap());
}
