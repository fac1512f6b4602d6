//! Who changes whose account, and which accounts change at all.

use std::sync::Arc;

use users_domain::error::Unauthenticated::{InvalidToken, MissingToken};
use users_domain::model::{Caller, TokenKind, User};
use users_domain::ports::Ports;
use users_domain::{Settings, Users};
use users_testkit::mocks::{MockOutbox, MockUserStore};
use users_testkit::{Fakes, people};

use super::profiles::{every_change, first_name, update};
use crate::{
    administrator, assert_forbidden, assert_not_enabled, assert_not_found, assert_unauthenticated,
    assert_unverified, fakes_with, holder, waiting,
};

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
async fn administrators_and_the_operator_change_anybodys() {
    for (caller, by) in [
        (administrator(), Some("id-of-root")),
        (Caller::Operator, None),
    ] {
        let fakes = fakes_with([people::ada()]);
        let answers = every_change(&fakes.users(), &caller, "ada", None).await;
        for answer in answers {
            assert_eq!(answer.unwrap().updated_by.as_deref(), by);
        }
    }
}

#[tokio::test]
async fn a_change_by_the_operator_leaves_who_changed_it_last() {
    let changed_before = User {
        updated_by: Some("id-of-grace".to_owned()),
        ..people::ada()
    };
    let fakes = fakes_with([changed_before]);
    let changed = update(&fakes, &Caller::Operator, first_name("A")).await;
    let changed = changed.unwrap();
    assert_eq!(changed.updated_by.as_deref(), Some("id-of-grace"));
    assert!(changed.updated_at.is_some());
}

#[tokio::test]
async fn nobody_else_changes_anything_and_the_store_is_not_asked() {
    let users = without_store();
    let grace = |kind| people::principal(people::grace(), kind);
    for answer in every_change(&users, &grace(TokenKind::Access), "ada", None).await {
        assert_forbidden(&answer);
    }
    // A personal access token only reads, whoever holds it.
    let root = people::an_admin("root");
    for caller in [
        people::principal(people::ada(), TokenKind::PersonalAccess),
        people::principal(root, TokenKind::PersonalAccess),
    ] {
        for answer in every_change(&users, &caller, "ada", None).await {
            assert_forbidden(&answer);
        }
    }
    for answer in every_change(&users, &grace(TokenKind::Refresh), "grace", None).await {
        assert_unauthenticated(&answer, InvalidToken);
    }
    for answer in every_change(&users, &Caller::Anonymous, "ada", None).await {
        assert_unauthenticated(&answer, MissingToken);
    }
}

#[tokio::test]
async fn who_is_not_verified_changes_his_address_alone() {
    let fakes = fakes_with([people::an_unverified_user("ada")]);
    let caller = holder(&fakes, "ada");
    let mut answers = every_change(&fakes.users(), &caller, "ada", None).await;
    answers.pop().unwrap().unwrap();
    for answer in answers {
        assert_unverified(&answer);
    }
}

#[tokio::test]
async fn an_account_that_is_not_there_is_not_found() {
    let fakes = Fakes::new();
    for answer in every_change(&fakes.users(), &administrator(), "nobody", Some(1)).await {
        assert_not_found(&answer);
    }
    assert!(waiting(&fakes).is_empty());
}

#[tokio::test]
async fn only_enabled_accounts_change() {
    let fakes = fakes_with([people::a_disabled_user("ada")]);
    for answer in every_change(&fakes.users(), &administrator(), "ada", None).await {
        assert_not_enabled(&answer);
    }
    assert_eq!(fakes.store.users(), [people::a_disabled_user("ada")]);
    assert!(waiting(&fakes).is_empty());
}
