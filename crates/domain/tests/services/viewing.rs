//! Looking at one account.

use std::sync::Arc;

use users_domain::error::Unauthenticated::{InvalidToken, MissingToken};
use users_domain::model::{Caller, Status, TokenKind, User, UserView};
use users_domain::ports::{Ports, StoreError};
use users_domain::{Error, Settings, Users};
use users_testkit::mocks::{MockOutbox, MockUserStore};
use users_testkit::{Fakes, people};

use crate::{
    administrator, assert_not_found, assert_unauthenticated, assert_unavailable, assert_unverified,
    context, fakes_with, holder, waiting,
};

async fn view(users: &Users, caller: &Caller, name: &str) -> Result<UserView, Error> {
    let id = people::id_of(name);
    users.directory.view(&context(), caller, &id).await
}

fn full(user: User) -> UserView {
    UserView::Full(Box::new(user))
}

fn public(user: User) -> UserView {
    UserView::Public(Box::new(user))
}

#[tokio::test]
async fn an_owner_and_administrators_see_all_of_it() {
    let fakes = fakes_with([people::ada()]);
    let personal = people::principal(people::ada(), TokenKind::PersonalAccess);
    for caller in [
        holder(&fakes, "ada"),
        personal,
        administrator(),
        Caller::Operator,
    ] {
        let seen = view(&fakes.users(), &caller, "ada").await.unwrap();
        assert_eq!(seen, full(people::ada()));
    }
}

#[tokio::test]
async fn others_see_the_public_part() {
    let fakes = fakes_with([people::ada(), people::grace()]);
    let caller = holder(&fakes, "grace");
    let seen = view(&fakes.users(), &caller, "ada").await.unwrap();
    assert_eq!(seen, public(people::ada()));
}

/// The row as it is now, not the one by which the caller was identified.
#[tokio::test]
async fn an_account_is_shown_as_it_is_now() {
    let fakes = fakes_with([people::ada()]);
    let loaded_before = holder(&fakes, "ada");
    let changed = User {
        version: 2,
        ..people::ada()
    };
    fakes.store.put(changed.clone());
    let seen = view(&fakes.users(), &loaded_before, "ada").await;
    assert_eq!(seen.unwrap(), full(changed));
}

#[tokio::test]
async fn accounts_of_any_status_are_shown() {
    for status in [Status::Disabled, Status::Deleted] {
        let account = User {
            status,
            ..people::ada()
        };
        let fakes = fakes_with([account.clone(), people::grace()]);
        let seen = view(&fakes.users(), &administrator(), "ada").await;
        assert_eq!(seen.unwrap(), full(account.clone()));
        let seen = view(&fakes.users(), &holder(&fakes, "grace"), "ada").await;
        assert_eq!(seen.unwrap(), public(account));
    }
}

#[tokio::test]
async fn an_account_that_is_not_there_is_not_found_and_not_noted() {
    let fakes = Fakes::new();
    assert_not_found(&view(&fakes.users(), &administrator(), "nobody").await);
    assert!(fakes.read_events.notes().is_empty());
}

#[tokio::test]
async fn who_did_not_prove_who_he_is_sees_nothing_and_the_store_is_not_asked() {
    let ports = Ports {
        users: Arc::new(MockUserStore::new()),
        outbox: Arc::new(MockOutbox::new()),
        ..Fakes::new().ports()
    };
    let users = Users::new(ports, Settings::default());
    let answer = view(&users, &Caller::Anonymous, "ada").await;
    assert_unauthenticated(&answer, MissingToken);
    let refresh = people::principal(people::ada(), TokenKind::Refresh);
    assert_unauthenticated(&view(&users, &refresh, "ada").await, InvalidToken);
    let unverified = people::principal(people::an_unverified_user("ada"), TokenKind::Access);
    assert_unverified(&view(&users, &unverified, "ada").await);
}

#[tokio::test]
async fn a_look_is_a_note_and_fills_no_outbox() {
    let fakes = fakes_with([people::ada()]);
    view(&fakes.users(), &administrator(), "ada").await.unwrap();
    assert_eq!(fakes.read_events.notes().len(), 1);
    assert!(waiting(&fakes).is_empty());
}

#[tokio::test]
async fn a_store_that_is_away_is_named_and_nothing_is_noted() {
    let fakes = Fakes::new();
    let mut store = MockUserStore::new();
    store
        .expect_find()
        .return_once(|_| Err(StoreError::Unavailable));
    let ports = Ports {
        users: Arc::new(store),
        ..fakes.ports()
    };
    let users = Users::new(ports, Settings::default());
    let answer = view(&users, &administrator(), "ada").await;
    assert_unavailable(&answer, "user store");
    assert!(fakes.read_events.notes().is_empty());
}
