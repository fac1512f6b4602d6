//! Rows that go for good, however odd they are, and what an operator's own tables have to say to that.

use std::sync::Arc;

use diesel::connection::SimpleConnection;
use users_domain::model::{EffectKind, Status, Timestamp, User, UserFilter, UserId};
use users_domain::ports::{DecidePurge, Outbox, StoreError, UserStore};
use users_sqlite::SqliteStore;
use users_testkit::fakes::FixedClock;
use users_testkit::people::user;

use crate::fixture::{Fixture, effect};

fn deleted(name: &str) -> User {
    User {
        status: Status::Deleted,
        ..user(name)
    }
}

fn id(text: &str) -> UserId {
    UserId::from_stored(text.to_owned())
}

async fn purge(store: &SqliteStore, id: &UserId) -> Result<bool, StoreError> {
    let effects = vec![effect(id.as_str())];
    let decide: Arc<DecidePurge> = Arc::new(move |_: &User| Ok(effects.clone()));
    store.purge(id, decide).await
}

#[tokio::test]
async fn whatever_refuses_a_row_holds_up_no_other() {
    for refusal in [
        "CREATE TABLE orders (buyer text REFERENCES users (id));
         INSERT INTO orders VALUES ('id-of-ada');",
        "CREATE TABLE orders (buyer text REFERENCES users (id) ON DELETE RESTRICT);
         INSERT INTO orders VALUES ('id-of-ada');",
        "CREATE TABLE orders (buyer text NOT NULL REFERENCES users (id) ON DELETE SET NULL);
         INSERT INTO orders VALUES ('id-of-ada');",
        "CREATE TRIGGER keep BEFORE DELETE ON users WHEN old.id = 'id-of-ada'
         BEGIN SELECT RAISE(IGNORE); END;",
        "CREATE TRIGGER keep BEFORE DELETE ON users WHEN old.id = 'id-of-ada'
         BEGIN SELECT RAISE(ABORT, 'she stays'); END;",
        "CREATE TRIGGER keep AFTER DELETE ON users WHEN old.id = 'id-of-ada'
         BEGIN SELECT RAISE(FAIL, 'she stays'); END;",
        "CREATE TABLE orders (
            buyer text REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED
         );
         INSERT INTO orders VALUES ('id-of-ada');",
    ] {
        let fixture = Fixture::new();
        let store = fixture.open();
        for name in ["ada", "grace"] {
            store.insert(deleted(name), Vec::new()).await.unwrap();
        }
        fixture.connection().batch_execute(refusal).unwrap();
        let refused = purge(&store, &id("id-of-ada")).await;
        assert!(
            matches!(refused, Err(StoreError::Held)),
            "{refused:?}\n{refusal}"
        );
        assert_eq!(
            store.find(&id("id-of-ada")).await.unwrap(),
            Some(deleted("ada"))
        );
        assert!(
            purge(&store, &id("id-of-grace")).await.unwrap(),
            "{refusal}"
        );
        assert_eq!(store.depth(EffectKind::Event).await.unwrap().pending, 1);
        assert_eq!(store.count(&UserFilter::default()).await.unwrap(), 1);
        store.close();
    }
}

#[tokio::test]
async fn of_odd_times_and_ids_counts_what_an_account_reads_as() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let later = "4102444800000000";
    for (id, updated_at, created_at) in [
        ("'a'", "NULL", "0"),
        ("'b'", "9000000000000000000", "0"),
        ("'c'", "-9000000000000000000", later),
        ("'d'", "NULL", "NULL"),
        ("'f'", later, "0"),
        // Nobody finds an account by what these read as, and a walk goes on behind them.
        ("x'67'", "NULL", "0"),
        ("CAST(x'68ff' AS text)", "NULL", "0"),
        ("'i'", "0", "NULL"),
    ] {
        fixture
            .connection()
            .batch_execute(&format!(
                "INSERT INTO users (id, email, first_name, last_name, status, updated_at, created_at)
                 VALUES ({id}, hex({id}), '', '', 2, {updated_at}, {created_at});"
            ))
            .unwrap();
    }
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
        let expected = [("a", epoch), ("b", epoch), ("d", None), ("i", epoch)];
        assert_eq!(
            found,
            expected.map(|(id, at)| (id.to_owned(), at)),
            "{limit}"
        );
    }
}

#[tokio::test]
async fn what_was_searched_by_goes_with_the_row() {
    let fixture = Fixture::new();
    let store = fixture.open();
    store.insert(deleted("ada"), Vec::new()).await.unwrap();
    assert!(purge(&store, &id("id-of-ada")).await.unwrap());
    let filter = UserFilter {
        email: Some("ada".to_owned()),
        ..UserFilter::default()
    };
    assert_eq!(store.count(&filter).await.unwrap(), 0);
    store.insert(user("ada"), Vec::new()).await.unwrap();
    assert_eq!(store.count(&filter).await.unwrap(), 1);
}
