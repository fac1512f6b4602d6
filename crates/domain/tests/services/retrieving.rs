//! Accounts by id, for the platform's other services.

use std::sync::Arc;
use std::time::Duration;

use users_domain::model::{Status, User, UserId};
use users_domain::ports::{Clock as _, MAX_FOUND_AT_ONCE, Ports};
use users_domain::{Settings, Users};
use users_testkit::faults::{Fault, FaultPlan, Faulty};
use users_testkit::{Fakes, people};

use crate::{assert_invalid, assert_unavailable};

fn insert(fakes: &Fakes, user: User) -> User {
    fakes.store.put(user.clone());
    user
}

/// Ids of a page, and how many there are in all.
async fn retrieve(fakes: &Fakes, ids: &[&str], offset: u64, limit: u64) -> (Vec<String>, u64) {
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    let directory = fakes.users().directory;
    let page = directory.retrieve(&ids, offset, limit).await.unwrap();
    let found = page.items.iter().map(|user| user.id.as_str().to_owned());
    (found.collect(), page.total)
}

#[tokio::test]
async fn enabled_accounts_are_given_administrators_too() {
    let fakes = Fakes::new();
    let ada = insert(&fakes, people::user("ada"));
    let root = insert(&fakes, people::an_admin("root"));
    let mut ids = vec![ada.id.as_str().to_owned(), root.id.as_str().to_owned()];
    for status in [Status::Disabled, Status::Deleted] {
        let account = User {
            status,
            ..people::user(status.as_str())
        };
        ids.push(insert(&fakes, account).id.as_str().to_owned());
    }
    insert(&fakes, people::user("nobody-asked"));
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (mut found, total) = retrieve(&fakes, &ids, 0, 10).await;
    found.sort();
    let mut expected = [ada.id.as_str(), root.id.as_str()];
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(total, 2);
}

#[tokio::test]
async fn the_last_changed_come_first_and_ties_by_id() {
    let fakes = Fakes::new();
    let start = fakes.clock.now();
    let at = |seconds: u64| Some(start + Duration::from_secs(seconds));
    for (id, created_at, updated_at) in [
        ("a", at(1), None),
        ("b", at(9), at(2)),
        ("c", at(3), None),
        ("d", at(0), at(3)),
        ("e", None, None),
    ] {
        let account = User {
            id: UserId::from_stored(id.to_owned()),
            created_at,
            updated_at,
            ..people::user(id)
        };
        insert(&fakes, account);
    }
    let all = ["a", "b", "c", "d", "e"];
    let (found, total) = retrieve(&fakes, &all, 0, 9).await;
    assert_eq!((found.join(""), total), ("dcbae".to_owned(), 5));
    let (found, total) = retrieve(&fakes, &all, 1, 2).await;
    assert_eq!((found.join(""), total), ("cb".to_owned(), 5));
    for (offset, limit) in [(5, 2), (u64::MAX, u64::MAX), (0, 0)] {
        assert_eq!(retrieve(&fakes, &all, offset, limit).await, (vec![], 5));
    }
}

#[tokio::test]
async fn ids_of_nobody_are_passed_over_and_one_that_comes_again_counts_once() {
    let fakes = Fakes::new();
    let ada = insert(&fakes, people::user("ada"));
    let long = "x".repeat(100_000);
    let id = ada.id.as_str();
    let asked = [id, "", "nope", "\0", &long, id];
    assert_eq!(retrieve(&fakes, &asked, 0, 9).await.1, 1);
    assert_eq!(retrieve(&fakes, &["", &long], 0, 9).await, (vec![], 0));
}

#[tokio::test]
async fn no_id_and_too_many_are_refused() {
    let directory = Fakes::new().users().directory;
    let nobody = directory.retrieve(&[], 0, 1).await;
    assert_invalid(&nobody, "ids");
    let too_many = vec!["id".to_owned(); MAX_FOUND_AT_ONCE + 1];
    assert_invalid(&directory.retrieve(&too_many, 0, 1).await, "ids");
    directory.retrieve(&too_many[1..], 0, 1).await.unwrap();
}

#[tokio::test]
async fn without_the_store_nobody_can_be_told() {
    let fakes = Fakes::new();
    let store = Faulty::new(Arc::new(fakes.store.clone()), FaultPlan::once(Fault::Away));
    let ports = Ports {
        users: Arc::new(store),
        ..fakes.ports()
    };
    let directory = Users::new(ports, Settings::default()).directory;
    let answer = directory.retrieve(&["id".to_owned()], 0, 1).await;
    assert_unavailable(&answer, "user store");
}
