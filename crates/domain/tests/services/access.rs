//! From a bearer token to who is asking.

use std::sync::Arc;
use std::time::Duration;

use users_domain::authorization::Operation;
use users_domain::error::Unauthenticated::{InvalidToken, MissingToken};
use users_domain::model::{
    BearerToken, Caller, Principal, Role, Status, TokenClaims, TokenKind, User,
};
use users_domain::ports::{Ports, StoreError, TokenError};
use users_domain::{Error, Settings, Users};
use users_testkit::mocks::{MockTokenVerifier, MockUserStore};
use users_testkit::{Fakes, people};

use crate::{
    assert_forbidden, assert_unauthenticated, assert_unavailable, context, fakes_with, signed_in,
    token,
};

async fn identify(
    fakes: &Fakes,
    operation: Operation,
    token: &BearerToken,
) -> Result<Caller, Error> {
    let access = fakes.users().access;
    access.identify(operation, Some(token)).await
}

/// Who is asking to see his own account.
async fn viewer(fakes: &Fakes, token: &BearerToken) -> Result<Principal, Error> {
    match identify(fakes, Operation::ViewProfile, token).await? {
        Caller::Account(principal) => Ok(*principal),
        caller => panic!("a token proves an account: {caller:?}"),
    }
}

/// Services that have no token verified and no account loaded.
fn nothing_may_be_asked() -> Users {
    let ports = Ports {
        users: Arc::new(MockUserStore::new()),
        verifier: Arc::new(MockTokenVerifier::new()),
        ..Fakes::new().ports()
    };
    Users::new(ports, Settings::default())
}

#[tokio::test]
async fn without_a_token_whatever_needs_one_is_refused() {
    let access = nothing_may_be_asked().access;
    for operation in [
        Operation::RefreshToken,
        Operation::ViewProfile,
        Operation::List,
    ] {
        assert_unauthenticated(&access.identify(operation, None).await, MissingToken);
    }
}

#[tokio::test]
async fn without_a_token_nobody_in_particular_asks() {
    let access = nothing_may_be_asked().access;
    for operation in [Operation::Create, Operation::IssueToken] {
        let caller = access.identify(operation, None).await.unwrap();
        assert!(matches!(caller, Caller::Anonymous), "{caller:?}");
    }
}

#[tokio::test]
async fn where_no_token_is_needed_none_is_looked_at() {
    let access = nothing_may_be_asked().access;
    let garbage = token("garbage");
    let caller = access.identify(Operation::IssueToken, Some(&garbage)).await;
    assert!(matches!(caller, Ok(Caller::Anonymous)), "{caller:?}");
}

#[tokio::test]
async fn a_token_that_does_not_verify_is_refused_and_no_account_is_loaded() {
    let ports = Ports {
        users: Arc::new(MockUserStore::new()),
        ..Fakes::new().ports()
    };
    let access = Users::new(ports, Settings::default()).access;
    for operation in [
        Operation::Create,
        Operation::RefreshToken,
        Operation::ViewProfile,
        Operation::List,
    ] {
        let answer = access.identify(operation, Some(&token("garbage"))).await;
        assert_unauthenticated(&answer, InvalidToken);
    }
}

#[tokio::test]
async fn a_token_proves_its_account_as_it_is_now() {
    let fakes = fakes_with([people::ada()]);
    let pair = signed_in(&fakes, "ada").await;
    let principal = viewer(&fakes, &pair.access).await.unwrap();
    assert_eq!(principal.account, people::ada());
    assert!(!principal.is_administrator());

    let promoted = User {
        role: Role::Admin,
        version: 2,
        ..people::ada()
    };
    fakes.store.put(promoted.clone());
    let principal = viewer(&fakes, &pair.access).await.unwrap();
    assert_eq!(principal.account, promoted);
    assert!(principal.is_administrator());
    identify(&fakes, Operation::List, &pair.access)
        .await
        .unwrap();

    fakes.store.put(people::ada());
    assert_forbidden(&identify(&fakes, Operation::List, &pair.access).await);
}

#[tokio::test]
async fn whether_an_address_is_proven_is_taken_from_the_account() {
    let fakes = fakes_with([people::ada()]);
    let pair = signed_in(&fakes, "ada").await;
    fakes.store.put(people::an_unverified_user("ada"));
    let answer = identify(&fakes, Operation::List, &pair.access).await;
    assert!(matches!(answer, Err(Error::EmailNotVerified)), "{answer:?}");
}

#[tokio::test]
async fn an_account_that_is_not_enabled_is_refused_at_once_and_may_come_back() {
    let fakes = fakes_with([people::ada()]);
    let pair = signed_in(&fakes, "ada").await;
    let personal = fakes
        .tokens
        .token(&people::ada().id, TokenKind::PersonalAccess);
    for status in [Status::Disabled, Status::Deleted] {
        fakes.store.put(User {
            status,
            ..people::ada()
        });
        for (operation, token) in [
            (Operation::ViewProfile, &pair.access),
            (Operation::ViewProfile, &personal),
            (Operation::RefreshToken, &pair.refresh),
        ] {
            assert_unauthenticated(&identify(&fakes, operation, token).await, InvalidToken);
        }
    }
    fakes.store.put(people::ada());
    viewer(&fakes, &pair.access).await.unwrap();
}

#[tokio::test]
async fn a_token_of_an_account_that_is_gone_is_refused() {
    let fakes = Fakes::new();
    let token = fakes.tokens.token(&people::ada().id, TokenKind::Access);
    assert_unauthenticated(&viewer(&fakes, &token).await, InvalidToken);
}

#[tokio::test]
async fn a_token_that_ended_is_refused() {
    let fakes = fakes_with([people::ada()]);
    let pair = signed_in(&fakes, "ada").await;
    fakes.clock.advance(Duration::from_mins(59));
    viewer(&fakes, &pair.access).await.unwrap();
    fakes.clock.advance(Duration::from_mins(1));
    assert_unauthenticated(&viewer(&fakes, &pair.access).await, InvalidToken);
}

#[tokio::test]
async fn tokens_issued_before_all_were_ended_are_refused() {
    let fakes = fakes_with([people::ada()]);
    let pair = signed_in(&fakes, "ada").await;
    let issued_at = people::ada().created_at.unwrap().unix_timestamp();
    for (tokens_valid_from, honoured) in [
        (issued_at - 1, true),
        (issued_at, true),
        (issued_at + 1, false),
    ] {
        fakes.store.put(User {
            tokens_valid_from: Some(tokens_valid_from),
            ..people::ada()
        });
        for (operation, token) in [
            (Operation::ViewProfile, &pair.access),
            (Operation::RefreshToken, &pair.refresh),
        ] {
            let answer = identify(&fakes, operation, token).await;
            assert_eq!(answer.is_ok(), honoured, "{answer:?}");
        }
    }
    // A token issued afterwards is good at once, although the moment is still to come.
    let pair = signed_in(&fakes, "ada").await;
    viewer(&fakes, &pair.access).await.unwrap();
}

#[tokio::test]
async fn ended_sessions_leave_access_tokens_to_run_out() {
    let fakes = fakes_with([people::ada()]);
    let pair = signed_in(&fakes, "ada").await;
    let issued_at = people::ada().created_at.unwrap().unix_timestamp();
    for (sessions_valid_from, honoured) in [(issued_at, true), (issued_at + 1, false)] {
        fakes.store.put(User {
            sessions_valid_from: Some(sessions_valid_from),
            ..people::ada()
        });
        viewer(&fakes, &pair.access).await.unwrap();
        let answer = identify(&fakes, Operation::RefreshToken, &pair.refresh).await;
        assert_eq!(answer.is_ok(), honoured, "{answer:?}");
    }
}

#[tokio::test]
async fn a_personal_access_token_carries_no_time_and_outlives_ended_tokens() {
    let account = User {
        tokens_valid_from: Some(i64::MAX),
        sessions_valid_from: Some(i64::MAX),
        ..people::ada()
    };
    let fakes = fakes_with([account.clone()]);
    let personal = fakes.tokens.token(&account.id, TokenKind::PersonalAccess);
    viewer(&fakes, &personal).await.unwrap();
}

#[tokio::test]
async fn another_token_that_carries_no_time_does_not_outlive_ended_tokens() {
    for (tokens_valid_from, honoured) in [(None, true), (Some(0), false)] {
        let account = User {
            tokens_valid_from,
            ..people::ada()
        };
        let mut verifier = MockTokenVerifier::new();
        verifier.expect_verify().return_once(|_| {
            Ok(TokenClaims {
                user: people::ada().id,
                kind: TokenKind::Access,
                issued_at: None,
                expires_at: None,
                id: None,
            })
        });
        let ports = Ports {
            verifier: Arc::new(verifier),
            ..fakes_with([account]).ports()
        };
        let access = Users::new(ports, Settings::default()).access;
        let answer = access
            .identify(Operation::ViewProfile, Some(&token("any")))
            .await;
        assert_eq!(answer.is_ok(), honoured, "{answer:?}");
    }
}

#[tokio::test]
async fn no_kind_of_token_is_taken_for_another() {
    let fakes = fakes_with([people::an_admin("ada")]);
    let id = people::ada().id;
    for kind in (0..6).filter_map(TokenKind::from_u8) {
        if matches!(
            kind,
            TokenKind::Access | TokenKind::Refresh | TokenKind::PersonalAccess
        ) {
            continue;
        }
        let token = fakes.tokens.token(&id, kind);
        for operation in [
            Operation::Create,
            Operation::RefreshToken,
            Operation::ViewProfile,
            Operation::List,
        ] {
            assert_unauthenticated(&identify(&fakes, operation, &token).await, InvalidToken);
        }
    }
    let pair = signed_in(&fakes, "ada").await;
    let answer = identify(&fakes, Operation::RefreshToken, &pair.access).await;
    assert_unauthenticated(&answer, InvalidToken);
    for operation in [Operation::Create, Operation::ViewProfile, Operation::List] {
        let answer = identify(&fakes, operation, &pair.refresh).await;
        assert_unauthenticated(&answer, InvalidToken);
    }
}

#[tokio::test]
async fn a_verifier_or_store_that_is_away_is_named() {
    let mut verifier = MockTokenVerifier::new();
    verifier
        .expect_verify()
        .return_once(|_| Err(TokenError::Unavailable));
    let ports = Ports {
        verifier: Arc::new(verifier),
        ..Fakes::new().ports()
    };
    let access = Users::new(ports, Settings::default()).access;
    let answer = access
        .identify(Operation::ViewProfile, Some(&token("any")))
        .await;
    assert_unavailable(&answer, "token verifier");

    let fakes = fakes_with([people::ada()]);
    let pair = signed_in(&fakes, "ada").await;
    let mut store = MockUserStore::new();
    store
        .expect_find()
        .return_once(|_| Err(StoreError::Unavailable));
    let ports = Ports {
        users: Arc::new(store),
        ..fakes.ports()
    };
    let access = Users::new(ports, Settings::default()).access;
    let answer = access
        .identify(Operation::ViewProfile, Some(&pair.access))
        .await;
    assert_unavailable(&answer, "user store");
}

#[tokio::test]
async fn a_profile_costs_one_look_at_the_store() {
    let fakes = fakes_with([people::ada()]);
    let pair = signed_in(&fakes, "ada").await;
    let mut store = MockUserStore::new();
    store
        .expect_find()
        .times(1)
        .returning(|_| Ok(Some(people::ada())));
    let ports = Ports {
        users: Arc::new(store),
        ..fakes.ports()
    };
    let users = Users::new(ports, Settings::default());
    let caller = users
        .access
        .identify(Operation::ViewProfile, Some(&pair.access))
        .await
        .unwrap();
    let seen = users.directory.view_profile(&context(), &caller).unwrap();
    assert_eq!(seen, people::ada());
}
