//! Finding people.

use std::sync::Arc;
use std::time::Duration;

use users_domain::error::Unauthenticated::{InvalidToken, MissingToken};
use users_domain::model::{Caller, Page, Status, TokenKind, User, Username};
use users_domain::ports::{Ports, StoreError};
use users_domain::services::Search;
use users_domain::{Error, Settings, Users};
use users_testkit::mocks::{MockOutbox, MockUserStore};
use users_testkit::{Fakes, people};

use crate::{
    assert_invalid, assert_unauthenticated, assert_unavailable, assert_unverified, context,
    fakes_with, waiting,
};

/// A part of a text that is looked for.
fn part(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn by_username(text: &str) -> Search {
    Search {
        username: Some(text.to_owned()),
        limit: 10,
        ..Search::default()
    }
}

async fn search(users: &Users, caller: &Caller, search: &Search) -> Result<Page<User>, Error> {
    users.directory.search(&context(), caller, search).await
}

async fn found(fakes: &Fakes, wanted: &Search) -> Vec<String> {
    let caller = people::principal(people::grace(), TokenKind::Access);
    let page = search(&fakes.users(), &caller, wanted).await.unwrap();
    assert_eq!(page.total, page.items.len() as u64);
    let ids = page.items.iter().map(|user| user.id.to_string());
    ids.map(|id| id.replace("id-of-", "")).collect()
}

/// Services that never ask the store.
fn without_store() -> Users {
    let ports = Ports {
        users: Arc::new(MockUserStore::new()),
        outbox: Arc::new(MockOutbox::new()),
        ..Fakes::new().ports()
    };
    Users::new(ports, Settings::default())
}

#[tokio::test]
async fn people_are_found_by_parts_of_what_others_may_see() {
    let fakes = fakes_with(["ada", "adam", "eve"].map(people::user));
    let limit = 10;
    for (wanted, names) in [
        (by_username("ADA"), vec!["adam", "ada"]),
        (by_username("dam"), vec!["adam"]),
        (by_username("nobody"), vec![]),
        (
            Search {
                id: part("OF-EV"),
                limit,
                ..Search::default()
            },
            vec!["eve"],
        ),
        (
            Search {
                first_name: part("a"),
                limit,
                ..Search::default()
            },
            vec!["adam", "ada"],
        ),
        (
            Search {
                last_name: part("x"),
                limit,
                ..Search::default()
            },
            vec!["eve", "adam", "ada"],
        ),
        (
            Search {
                last_name: part("exam"),
                first_name: part("e"),
                ..by_username("eve")
            },
            vec!["eve"],
        ),
        (
            Search {
                last_name: part("else"),
                ..by_username("eve")
            },
            vec![],
        ),
        // What is empty asks for nothing.
        (
            Search {
                id: Some(String::new()),
                first_name: Some(String::new()),
                last_name: Some(String::new()),
                ..by_username("eve")
            },
            vec!["eve"],
        ),
    ] {
        assert_eq!(found(&fakes, &wanted).await, names);
    }
}

#[tokio::test]
async fn only_enabled_people_who_are_no_administrators_are_found() {
    let deleted = User {
        status: Status::Deleted,
        ..people::user("ada-3")
    };
    let fakes = fakes_with([
        people::an_admin("ada-1"),
        people::a_disabled_user("ada-2"),
        deleted,
        people::an_unverified_user("ada-4"),
    ]);
    assert_eq!(found(&fakes, &by_username("ada")).await, ["ada-4"]);
}

#[tokio::test]
async fn who_changed_last_comes_first_and_pages_do_too() {
    let changed = |name: &str, minutes| User {
        updated_at: people::ada()
            .created_at
            .map(|made| made + Duration::from_mins(minutes)),
        ..people::user(name)
    };
    let fakes = fakes_with([
        changed("ada-1", 2),
        changed("ada-2", 3),
        changed("ada-3", 1),
    ]);
    assert_eq!(
        found(&fakes, &by_username("ada")).await,
        ["ada-2", "ada-1", "ada-3"]
    );
    let second = Search {
        offset: 1,
        limit: 1,
        ..by_username("ada")
    };
    let page = search(&fakes.users(), &Caller::Operator, &second).await;
    let page = page.unwrap();
    assert_eq!((page.items, page.total), (vec![changed("ada-1", 2)], 3));
    assert!(page.more);
}

#[tokio::test]
async fn something_must_be_looked_for_and_not_too_little() {
    let users = without_store();
    for (wanted, field) in [
        (Search::default(), "username"),
        (
            Search {
                id: Some(String::new()),
                username: Some(String::new()),
                first_name: Some(String::new()),
                last_name: Some(String::new()),
                ..Search::default()
            },
            "username",
        ),
        (by_username("ad"), "username"),
        (by_username("é"), "username"),
        (
            Search {
                id: part("id"),
                ..by_username("ada")
            },
            "id",
        ),
        (
            Search {
                limit: 101,
                ..by_username("ada")
            },
            "limit",
        ),
    ] {
        let answer = search(&users, &Caller::Operator, &wanted).await;
        assert_invalid(&answer, field);
    }
    let fakes = fakes_with([User {
        username: Some(Username::from_stored("éa".to_owned())),
        ..people::ada()
    }]);
    // Three bytes are enough, however many characters they are.
    assert_eq!(found(&fakes, &by_username("éa")).await, ["ada"]);
    for limit in [0, 100] {
        let wanted = Search {
            limit,
            ..by_username("éa")
        };
        search(&fakes.users(), &Caller::Operator, &wanted)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn verified_people_search_and_nobody_else() {
    let users = without_store();
    let wanted = by_username("ada");
    let answer = search(&users, &Caller::Anonymous, &wanted).await;
    assert_unauthenticated(&answer, MissingToken);
    let refresh = people::principal(people::ada(), TokenKind::Refresh);
    assert_unauthenticated(&search(&users, &refresh, &wanted).await, InvalidToken);
    let unverified = people::principal(people::an_unverified_user("ada"), TokenKind::Access);
    assert_unverified(&search(&users, &unverified, &wanted).await);
    let personal = people::principal(people::ada(), TokenKind::PersonalAccess);
    search(&Fakes::new().users(), &personal, &wanted)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_search_is_a_note_and_fills_no_outbox() {
    let fakes = fakes_with([people::ada()]);
    search(&fakes.users(), &Caller::Operator, &by_username("ada"))
        .await
        .unwrap();
    assert_eq!(fakes.read_events.notes().len(), 1);
    assert!(waiting(&fakes).is_empty());
}

#[tokio::test]
async fn a_store_that_is_away_is_named_and_nothing_is_noted() {
    let fakes = Fakes::new();
    let mut store = MockUserStore::new();
    store
        .expect_page()
        .return_once(|_| Err(StoreError::Unavailable));
    let ports = Ports {
        users: Arc::new(store),
        ..fakes.ports()
    };
    let users = Users::new(ports, Settings::default());
    let answer = search(&users, &Caller::Operator, &by_username("ada")).await;
    assert_unavailable(&answer, "user store");
    assert!(fakes.read_events.notes().is_empty());
}
