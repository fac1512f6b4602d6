//! The sessions of a person: seeing them and ending one.

use std::sync::Arc;
use std::time::Duration;

use users_domain::authorization::Operation;
use users_domain::error::Unauthenticated::{InvalidToken, MissingToken};
use users_domain::model::{
    Caller, PasswordAttempt, Session, SessionDescription, TokenId, TokenKind, User,
};
use users_domain::ports::{Ports, TokenError};
use users_domain::services::Login;
use users_domain::{Error, Settings, Users};
use users_testkit::mocks::{MockOutbox, MockTokenIssuer};
use users_testkit::{Fakes, people};

use crate::{
    assert_forbidden, assert_unauthenticated, assert_unavailable, context, fakes_with, holder,
    signed_in, waiting,
};

async fn list(fakes: &Fakes, caller: &Caller) -> Result<Vec<Session>, Error> {
    let credentials = fakes.users().credentials;
    credentials.list_refresh_tokens(caller).await
}

async fn revoke(fakes: &Fakes, caller: &Caller, id: &TokenId) -> Result<(), Error> {
    let credentials = fakes.users().credentials;
    credentials
        .revoke_refresh_token(&context(), caller, id)
        .await
}

/// Ada signs in on something.
async fn signed_in_on(fakes: &Fakes, device: &str) {
    let login = Login::parse("ada", people::password_of("ada"), device).unwrap();
    let credentials = fakes.users().credentials;
    credentials.issue_token(&context(), login).await.unwrap();
    fakes.clock.advance(Duration::from_secs(1));
}

fn devices(sessions: &[Session]) -> Vec<&str> {
    let descriptions = sessions.iter().map(|session| &session.description);
    descriptions
        .map(|text| text.as_ref().map_or("", SessionDescription::as_str))
        .collect()
}

/// Services whose issuer and outbox fail the test when they are called.
fn nothing_may_be_asked() -> Users {
    let ports = Ports {
        issuer: Arc::new(MockTokenIssuer::new()),
        outbox: Arc::new(MockOutbox::new()),
        ..Fakes::new().ports()
    };
    Users::new(ports, Settings::default())
}

#[tokio::test]
async fn a_person_sees_his_own_sessions_oldest_first() {
    let fakes = fakes_with([people::ada(), people::grace()]);
    signed_in_on(&fakes, "laptop").await;
    signed_in(&fakes, "grace").await;
    signed_in_on(&fakes, "telephone").await;
    signed_in_on(&fakes, "").await;
    let sessions = list(&fakes, &holder(&fakes, "ada")).await.unwrap();
    assert_eq!(devices(&sessions), ["laptop", "telephone", ""]);
    assert!(
        sessions
            .iter()
            .all(|session| session.user == people::ada().id)
    );
    // To look at them is no event.
    assert_eq!(waiting(&fakes).len(), 4);
}

#[tokio::test]
async fn sessions_that_are_over_are_not_shown_before_they_are_tidied_away() {
    let fakes = fakes_with([people::ada()]);
    fakes.clock.advance(Duration::from_millis(200));
    signed_in_on(&fakes, "laptop").await;
    let old = PasswordAttempt::new(people::password_of("ada"));
    let new = people::accepted_password_of("lovelace");
    let caller = holder(&fakes, "ada");
    let credentials = fakes.users().credentials;
    credentials
        .update_secret(&context(), &caller, None, &old, &new)
        .await
        .unwrap();
    assert_eq!(fakes.store.sessions().len(), 1);
    let sessions = list(&fakes, &holder(&fakes, "ada")).await.unwrap();
    assert!(sessions.is_empty());
    // One that begins at once is shown, and still is when it went on.
    let login = Login::parse("ada", people::password_of("lovelace"), "telephone").unwrap();
    let pair = credentials.issue_token(&context(), login).await.unwrap();
    let sessions = list(&fakes, &holder(&fakes, "ada")).await.unwrap();
    assert_eq!(devices(&sessions), ["telephone"]);
    let users = fakes.users();
    let caller = users
        .access
        .identify(Operation::RefreshToken, Some(&pair.refresh))
        .await
        .unwrap();
    credentials
        .refresh_token(&context(), &caller, pair.refresh)
        .await
        .unwrap();
    let sessions = list(&fakes, &holder(&fakes, "ada")).await.unwrap();
    assert_eq!(devices(&sessions), ["telephone"]);
}

#[tokio::test]
async fn a_session_whose_begin_the_issuer_does_not_know_is_shown() {
    let unknown = Session {
        id: TokenId::new("unknown".to_owned()),
        user: people::ada().id,
        description: None,
        created_at: None,
        expires_at: None,
    };
    let mut issuer = MockTokenIssuer::new();
    let listed = vec![unknown.clone()];
    issuer.expect_sessions().return_once(|_| Ok(listed));
    let ports = Ports {
        issuer: Arc::new(issuer),
        ..Fakes::new().ports()
    };
    let account = User {
        sessions_valid_from: Some(i64::MAX),
        ..people::ada()
    };
    let caller = people::principal(account, TokenKind::Access);
    let credentials = Users::new(ports, Settings::default()).credentials;
    let sessions = credentials.list_refresh_tokens(&caller).await;
    assert_eq!(sessions.unwrap(), [unknown]);
}

#[tokio::test]
async fn a_personal_access_token_sees_sessions_and_ends_none() {
    let fakes = fakes_with([people::an_unverified_user("ada")]);
    signed_in(&fakes, "ada").await;
    let caller = people::principal(people::an_unverified_user("ada"), TokenKind::PersonalAccess);
    let sessions = list(&fakes, &caller).await.unwrap();
    assert_forbidden(&revoke(&fakes, &caller, &sessions[0].id).await);
    assert_eq!(fakes.store.sessions().len(), 1);
}

#[tokio::test]
async fn a_person_ends_one_of_his_sessions() {
    let fakes = fakes_with([people::an_unverified_user("ada")]);
    let pair = signed_in(&fakes, "ada").await;
    signed_in_on(&fakes, "laptop").await;
    let caller = holder(&fakes, "ada");
    let id = list(&fakes, &caller).await.unwrap().remove(0).id;
    revoke(&fakes, &caller, &id).await.unwrap();
    let sessions = list(&fakes, &caller).await.unwrap();
    assert_eq!(devices(&sessions), ["laptop"]);
    let users = fakes.users();
    let caller = users
        .access
        .identify(Operation::RefreshToken, Some(&pair.refresh))
        .await
        .unwrap();
    let answer = users
        .credentials
        .refresh_token(&context(), &caller, pair.refresh)
        .await;
    assert_unauthenticated(&answer, InvalidToken);
}

#[tokio::test]
async fn a_session_that_is_another_persons_or_not_there_is_left_alone() {
    let fakes = fakes_with([people::ada(), people::grace()]);
    signed_in(&fakes, "grace").await;
    let caller = holder(&fakes, "ada");
    let of_grace = fakes.store.sessions().remove(0).id;
    for id in [of_grace, TokenId::new("made-up".to_owned())] {
        revoke(&fakes, &caller, &id).await.unwrap();
    }
    assert_eq!(fakes.store.sessions().len(), 1);
}

#[tokio::test]
async fn only_the_holder_of_an_account_has_sessions() {
    let credentials = nothing_may_be_asked().credentials;
    let id = TokenId::new("1".to_owned());
    let refresh = people::principal(people::ada(), TokenKind::Refresh);
    for (caller, reason) in [
        (Caller::Anonymous, MissingToken),
        (Caller::Operator, MissingToken),
        (refresh, InvalidToken),
    ] {
        let sessions = credentials.list_refresh_tokens(&caller).await;
        assert_unauthenticated(&sessions, reason);
        let revoked = credentials
            .revoke_refresh_token(&context(), &caller, &id)
            .await;
        assert_unauthenticated(&revoked, reason);
    }
}

#[tokio::test]
async fn an_issuer_that_is_away_is_named_and_tells_nobody() {
    let mut issuer = MockTokenIssuer::new();
    issuer
        .expect_revoke()
        .return_once(|_, _| Err(TokenError::Unavailable));
    issuer
        .expect_sessions()
        .return_once(|_| Err(TokenError::Unavailable));
    let ports = Ports {
        issuer: Arc::new(issuer),
        outbox: Arc::new(MockOutbox::new()),
        ..Fakes::new().ports()
    };
    let credentials = Users::new(ports, Settings::default()).credentials;
    let caller = people::principal(people::ada(), TokenKind::Access);
    let id = TokenId::new("1".to_owned());
    let sessions = credentials.list_refresh_tokens(&caller).await;
    assert_unavailable(&sessions, "token issuer");
    let revoked = credentials
        .revoke_refresh_token(&context(), &caller, &id)
        .await;
    assert_unavailable(&revoked, "token issuer");
}
