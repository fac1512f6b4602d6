//! Staying signed in.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use users_domain::authorization::Operation;
use users_domain::error::Unauthenticated::{InvalidToken, MissingToken};
use users_domain::model::{BearerToken, Caller, Role, TokenKind, TokenPair, User};
use users_domain::ports::{Ports, TokenError};
use users_domain::{Error, Settings, Users};
use users_testkit::mocks::{MockOutbox, MockTokenIssuer};
use users_testkit::{Fakes, people};

use crate::{
    assert_unauthenticated, assert_unavailable, context, fakes_with, said, signed_in, token,
    waiting,
};

/// A refresh as a driving adapter asks for it: who is asking is found out from the same token.
async fn refresh(users: &Users, token: &BearerToken) -> Result<TokenPair, Error> {
    let caller = users
        .access
        .identify(Operation::RefreshToken, Some(token))
        .await?;
    users
        .credentials
        .refresh_token(&context(), &caller, token.clone())
        .await
}

/// Services whose issuer and outbox fail the test when they are called.
fn nothing_may_be_issued() -> Users {
    let ports = Ports {
        issuer: Arc::new(MockTokenIssuer::new()),
        outbox: Arc::new(MockOutbox::new()),
        ..Fakes::new().ports()
    };
    Users::new(ports, Settings::default())
}

#[tokio::test]
async fn each_refresh_token_gives_the_next_pair() {
    let fakes = fakes_with([people::ada()]);
    let users = fakes.users();
    let mut pair = signed_in(&fakes, "ada").await;
    for _ in 0..3 {
        let next = refresh(&users, &pair.refresh).await.unwrap();
        assert_ne!(next.refresh.expose(), pair.refresh.expose());
        let caller = users
            .access
            .identify(Operation::ViewProfile, Some(&next.access))
            .await
            .unwrap();
        assert_eq!(caller.principal().unwrap().account, people::ada());
        pair = next;
    }
    assert_eq!(fakes.store.sessions().len(), 1);
}

#[tokio::test]
async fn a_refresh_tells_the_platform() {
    let fakes = fakes_with([people::ada()]);
    let pair = signed_in(&fakes, "ada").await;
    refresh(&fakes.users(), &pair.refresh).await.unwrap();
    let events = waiting(&fakes);
    assert_eq!((events.len(), events[1].key()), (2, "id-of-ada"));
    let occurred_at = 1_767_225_600_000_000_000_i64;
    let expected = json!({
        "operation": "user.refresh_token",
        "event_id": events[1].id().to_string(),
        "occurred_at": occurred_at,
        "request_id": "request-1",
        "user_id": "id-of-ada",
    });
    assert_eq!(said(&events[1]), expected);
}

#[tokio::test]
async fn a_replaced_token_works_while_its_answer_may_have_been_lost() {
    let fakes = fakes_with([people::ada()]);
    let users = fakes.users();
    let first = signed_in(&fakes, "ada").await;
    refresh(&users, &first.refresh).await.unwrap();
    fakes.clock.advance(Duration::from_secs(30));
    let repeated = refresh(&users, &first.refresh).await.unwrap();
    refresh(&users, &repeated.refresh).await.unwrap();
}

#[tokio::test]
async fn a_copied_token_ends_the_session_for_both() {
    let fakes = fakes_with([people::ada()]);
    let users = fakes.users();
    let stolen = signed_in(&fakes, "ada").await;
    let next = refresh(&users, &stolen.refresh).await.unwrap();
    fakes.clock.advance(Duration::from_secs(31));
    assert_unauthenticated(&refresh(&users, &stolen.refresh).await, InvalidToken);
    assert_unauthenticated(&refresh(&users, &next.refresh).await, InvalidToken);
    assert_eq!(waiting(&fakes).len(), 2, "a refused refresh is no event");
}

#[tokio::test]
async fn the_issuer_learns_what_the_account_is_now() {
    let account = User {
        role: Role::Admin,
        verified_at: None,
        tokens_valid_from: Some(9),
        sessions_valid_from: Some(7),
        ..people::ada()
    };
    let mut issuer = MockTokenIssuer::new();
    issuer
        .expect_refresh()
        .withf(|asked| {
            asked.user == people::ada().id
                && asked.role == Role::Admin
                && !asked.verified
                && asked.token.expose() == "the token"
                && asked.not_before == Some(9)
        })
        .return_once(|_| Err(TokenError::Unavailable));
    let ports = Ports {
        issuer: Arc::new(issuer),
        outbox: Arc::new(MockOutbox::new()),
        ..Fakes::new().ports()
    };
    let credentials = Users::new(ports, Settings::default()).credentials;
    let caller = people::principal(account, TokenKind::Refresh);
    let answer = credentials
        .refresh_token(&context(), &caller, token("the token"))
        .await;
    assert_unavailable(&answer, "token issuer");
}

#[tokio::test]
async fn a_refresh_during_which_the_sessions_are_ended_gives_nothing() {
    let fakes = fakes_with([people::ada()]);
    let pair = signed_in(&fakes, "ada").await;
    let caller = people::principal(people::ada(), TokenKind::Refresh);
    // The account that the caller was identified by is older than the one that is stored.
    fakes.store.put(User {
        sessions_valid_from: Some(7),
        ..people::ada()
    });
    let credentials = fakes.users().credentials;
    let answer = credentials
        .refresh_token(&context(), &caller, pair.refresh)
        .await;
    assert_unauthenticated(&answer, InvalidToken);
    assert!(fakes.store.sessions().is_empty());
    assert_eq!(waiting(&fakes).len(), 1, "the event of the login alone");
}

#[tokio::test]
async fn only_the_holder_of_a_refresh_token_stays_signed_in() {
    let credentials = nothing_may_be_issued().credentials;
    for (caller, reason) in [
        (Caller::Anonymous, MissingToken),
        (Caller::Operator, MissingToken),
        (
            people::principal(people::ada(), TokenKind::Access),
            InvalidToken,
        ),
        (
            people::principal(people::ada(), TokenKind::PersonalAccess),
            InvalidToken,
        ),
        (
            people::principal(people::a_disabled_user("ada"), TokenKind::Refresh),
            InvalidToken,
        ),
    ] {
        let answer = credentials
            .refresh_token(&context(), &caller, token("any"))
            .await;
        assert_unauthenticated(&answer, reason);
    }
}

#[tokio::test]
async fn another_persons_token_is_refused() {
    let fakes = fakes_with([people::ada(), people::grace()]);
    let pair = signed_in(&fakes, "ada").await;
    let grace = people::principal(people::grace(), TokenKind::Refresh);
    let answer = fakes
        .users()
        .credentials
        .refresh_token(&context(), &grace, pair.refresh)
        .await;
    assert_unauthenticated(&answer, InvalidToken);
}
