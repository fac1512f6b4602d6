//! Hashes of an older format or cost, replaced when their owner signs in.

use std::sync::Arc;
use std::time::Duration;

use users_domain::error::Unauthenticated;
use users_domain::model::{Facts, Needs, TokenPair, User};
use users_domain::ports::{HasherError, Ports, StoreError, Verdict};
use users_domain::services::Login;
use users_domain::{Error, Settings, Users};
use users_testkit::fakes::PlainHasher;
use users_testkit::mocks::{MockPasswordHasher, MockUserStore};
use users_testkit::{Fakes, people};

use crate::{assert_unauthenticated, context, fakes_with, login, stored, typed, waiting};

async fn sign_in(users: &Users, login: Login) -> Result<TokenPair, Error> {
    users.credentials.issue_token(&context(), login).await
}

#[tokio::test]
async fn an_outdated_hash_is_replaced_and_nothing_else_is_changed() {
    let outdated = User {
        secret: Some(PlainHasher::outdated_hash_of(&people::password_of("ada"))),
        ..people::ada()
    };
    let fakes = fakes_with([outdated.clone()]);
    sign_in(&fakes.users(), login("ada")).await.unwrap();
    let replaced = stored(&fakes, "ada");
    assert_ne!(replaced.secret, outdated.secret);
    let expected = User {
        secret: replaced.secret.clone(),
        version: 2,
        ..outdated
    };
    assert_eq!(replaced, expected);
    assert_eq!(waiting(&fakes).len(), 1, "the event of the login alone");
    sign_in(&fakes.users(), login("ada")).await.unwrap();
    assert_eq!(stored(&fakes, "ada"), replaced);
}

#[tokio::test]
async fn an_outdated_hash_is_not_replaced_for_a_wrong_password() {
    let outdated = User {
        secret: Some(PlainHasher::outdated_hash_of("right")),
        ..people::ada()
    };
    let fakes = fakes_with([outdated.clone()]);
    let answer = sign_in(&fakes.users(), typed("ada", "wrong")).await;
    assert_unauthenticated(&answer, Unauthenticated::InvalidCredentials);
    assert_eq!(stored(&fakes, "ada"), outdated);
}

#[tokio::test]
async fn a_password_that_was_changed_meanwhile_stays() {
    let outdated = User {
        secret: Some(PlainHasher::outdated_hash_of(&people::password_of("ada"))),
        ..people::ada()
    };
    let mut store = MockUserStore::new();
    store
        .expect_find_by_login()
        .return_once(move |_| Ok(vec![outdated]));
    store
        .expect_update()
        .times(1)
        .returning(|id, needs, decide| {
            assert_eq!((id, needs), (&people::ada().id, Needs::ROW));
            // The row as it is by the time it is locked.
            let changed = User {
                secret: Some(PlainHasher::hash_of("newer")),
                ..people::ada()
            };
            let decided = decide(&changed, &Facts::default()).unwrap();
            assert_eq!(decided.user, changed);
            assert!(decided.effects.is_empty());
            Ok(changed)
        });
    store.expect_find().returning(|_| Ok(Some(people::ada())));
    let ports = Ports {
        users: Arc::new(store),
        ..Fakes::new().ports()
    };
    let users = Users::new(ports, Settings::default());
    sign_in(&users, login("ada")).await.unwrap();
}

#[tokio::test]
async fn no_login_fails_because_its_hash_was_not_replaced() {
    let outdated = User {
        secret: Some(PlainHasher::outdated_hash_of(&people::password_of("ada"))),
        ..people::ada()
    };
    let mut store = MockUserStore::new();
    let found = outdated.clone();
    store
        .expect_find_by_login()
        .returning(move |_| Ok(vec![found.clone()]));
    store
        .expect_update()
        .times(1)
        .returning(|_, _, _| Err(StoreError::Unavailable));
    store.expect_find().returning(|_| Ok(Some(people::ada())));
    let ports = Ports {
        users: Arc::new(store),
        ..Fakes::new().ports()
    };
    let users = Users::new(ports, Settings::default());
    sign_in(&users, login("ada")).await.unwrap();

    let mut hasher = MockPasswordHasher::new();
    hasher.expect_verify().returning(|_, _| {
        Ok(Verdict {
            matches: true,
            outdated: true,
        })
    });
    hasher.expect_hash().times(1).returning(|_| {
        Err(HasherError::Busy {
            retry_after: Duration::from_secs(1),
        })
    });
    let fakes = fakes_with([outdated.clone()]);
    let ports = Ports {
        hasher: Arc::new(hasher),
        ..fakes.ports()
    };
    let users = Users::new(ports, Settings::default());
    sign_in(&users, login("ada")).await.unwrap();
    assert_eq!(stored(&fakes, "ada"), outdated);
}

#[tokio::test]
async fn an_adopted_password_that_no_rule_allows_signs_in_and_keeps_its_hash() {
    let adopted = User {
        secret: Some(PlainHasher::outdated_hash_of("a\0b")),
        ..people::ada()
    };
    let fakes = fakes_with([adopted.clone()]);
    sign_in(&fakes.users(), typed("ada", "a\0b")).await.unwrap();
    assert_eq!(stored(&fakes, "ada"), adopted);
    assert_eq!(fakes.hasher.hashes(), 0);
}
