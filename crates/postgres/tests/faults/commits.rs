//! Connections that are cut where it matters: around the commit.

use std::time::Duration;

use users_domain::model::{ConflictField, Effect, User};
use users_domain::ports::{StoreError, UserStore as _};
use users_testkit::contract::event;
use users_testkit::people::{id_of, user};

use crate::fixture::Fixture;
use crate::work::{assert_unavailable, bounded, proxy, stored, through, within};

const BOUND: Duration = Duration::from_secs(5);

/// The same person, who registers once more.
fn again(account: &User) -> User {
    User {
        id: id_of("another"),
        ..account.clone()
    }
}

fn events(fixture: &Fixture) -> usize {
    fixture.database.query("SELECT id FROM outbox").len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_no_success_and_a_second_attempt_tells_the_truth() {
    let (fixture, proxy) = (Fixture::new(), proxy());
    let store = fixture.open_with(through(&proxy, bounded(&fixture, BOUND, 4)));
    let ada = user("ada");
    assert_eq!(store.find(&ada.id).await.unwrap(), None);
    proxy.cut_after_commit();
    let effects = vec![Effect::Event(event("ada", 0))];
    let answer = within(BOUND, store.insert(ada.clone(), effects.clone())).await;
    assert_unavailable(&answer);
    assert_eq!(proxy.cuts(), 1);
    assert_eq!(stored(&fixture, &ada), 1);
    assert_eq!(events(&fixture), 1);

    let answer = within(BOUND, store.insert(again(&ada), effects)).await;
    assert!(
        matches!(answer, Err(StoreError::Conflict(ConflictField::Email))),
        "{answer:?}"
    );
    assert_eq!(store.find(&ada.id).await.unwrap(), Some(ada.clone()));
    assert_eq!(stored(&fixture, &ada), 1);
    assert_eq!(events(&fixture), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_does_not_reach_the_server_stores_nothing() {
    let (fixture, proxy) = (Fixture::new(), proxy());
    let store = fixture.open_with(through(&proxy, bounded(&fixture, BOUND, 4)));
    let ada = user("ada");
    proxy.cut_before_commit();
    let effects = vec![Effect::Event(event("ada", 0))];
    // Nobody here can tell this from the other case.
    let answer = within(BOUND, store.insert(ada.clone(), effects.clone())).await;
    assert_unavailable(&answer);
    assert_eq!(proxy.cuts(), 1);
    assert_eq!(stored(&fixture, &ada), 0);
    assert_eq!(events(&fixture), 0);

    store.insert(again(&ada), effects).await.unwrap();
    assert_eq!(stored(&fixture, &ada), 1);
    assert_eq!(events(&fixture), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_cut_before_its_commit_is_done_once_and_nobody_notices() {
    for after in [false, true] {
        let (fixture, proxy) = (Fixture::new(), proxy());
        let store = fixture.open_with(through(&proxy, bounded(&fixture, BOUND, 4)));
        if after {
            proxy.cut_after("INSERT INTO \"users\"");
        } else {
            proxy.cut_before("INSERT INTO \"users\"");
        }
        let ada = user("ada");
        let effects = vec![Effect::Event(event("ada", 0))];
        let written = within(BOUND, store.insert(ada.clone(), effects)).await;
        assert_eq!(written.unwrap(), ada);
        assert_eq!(proxy.cuts(), 1);
        assert_eq!(stored(&fixture, &ada), 1);
        assert_eq!(events(&fixture), 1);
    }
}
