//! What the verifier does beside its contract.

use std::time::Duration;

use serde_json::json;
use users_domain::model::{TokenKind, UserId};
use users_domain::ports::{Clock as _, TokenError, TokenVerifier as _};
use users_test_platform::Fault;

use crate::fixture::{Fixture, ada, claims, grace, token, with};

#[tokio::test]
async fn a_personal_access_token_is_its_owners_and_carries_no_time() {
    let fixture = Fixture::start();
    let ends = fixture.clock.now() + Duration::from_mins(1);
    let personal = token(fixture.server.add_pat(&ada(), ends));
    let claims = fixture.auth.verify(&personal).await.unwrap();
    assert_eq!(
        (&claims.user, claims.kind),
        (&ada(), TokenKind::PersonalAccess)
    );
    assert_eq!((claims.issued_at, claims.expires_at), (None, None));
    assert!(claims.id.is_some());
}

#[tokio::test]
async fn a_personal_access_token_that_ended_is_refused() {
    let fixture = Fixture::start();
    let ends = fixture.clock.now() + Duration::from_mins(1);
    let make = || fixture.server.add_pat(&ada(), ends);
    let (revoked, deleted, expired) = (make(), make(), make());
    fixture.server.revoke_pat(&revoked);
    fixture.server.delete_pat(&deleted);
    let changed = format!("{}x", &make()[..148]);
    for text in [&revoked, &deleted, &changed] {
        let answer = fixture.auth.verify(&token(text.as_str())).await;
        assert_eq!(answer, Err(TokenError::Refused));
    }
    fixture.auth.verify(&token(expired.as_str())).await.unwrap();
    fixture.clock.set(ends);
    let answer = fixture.auth.verify(&token(expired)).await;
    assert_eq!(answer, Err(TokenError::Refused));
}

#[tokio::test]
async fn what_can_be_no_token_costs_no_call() {
    let fixture = Fixture::start();
    let pair = fixture.issue().await;
    fixture.server.forget_calls();
    let genuine = pair.access.expose();
    for text in [
        String::new(),
        "pat_".to_owned(),
        "pat_with blank".to_owned(),
        "pat_\u{e9}".to_owned(),
        format!("pat_{}", "x".repeat(16 * 1024)),
        "a.b.c".to_owned(),
        format!("{genuine}{}", "A".repeat(16 * 1024)),
        genuine.replace('.', "-"),
        format!("{genuine}.{genuine}"),
    ] {
        let answer = fixture.auth.verify(&token(text)).await;
        assert_eq!(answer, Err(TokenError::Refused));
    }
    assert!(fixture.called().is_empty());
}

#[tokio::test]
async fn every_kind_is_told_as_what_it_is() {
    let fixture = Fixture::start();
    let now = fixture.clock.now().unix_timestamp();
    for (number, kind) in [
        (0, TokenKind::Access),
        (1, TokenKind::Refresh),
        (2, TokenKind::Recovery),
        (5, TokenKind::Invitation),
    ] {
        let claims = with(&claims(now), "type", json!(number));
        let claims = with(&claims, "jti", json!("id"));
        let text = fixture.server.sign(&claims.to_string());
        let verified = fixture.auth.verify(&token(text)).await.unwrap();
        assert_eq!((verified.kind, verified.issued_at), (kind, Some(now)));
    }
}

/// `AuthNRes`: id (1), user (2), role (3), token type (5).
fn answer(id: &str, user: &str, kind: u8) -> Fault {
    let text = |number: u8, text: &str| {
        let length = u8::try_from(text.len()).unwrap();
        [&[number << 3 | 2, length], text.as_bytes()].concat()
    };
    let message = [text(1, id), text(2, user), vec![0x18, 1, 0x28, kind]];
    Fault::Answer(message.concat())
}

#[tokio::test]
async fn a_service_that_says_something_else_than_the_token_gives_no_answer() {
    let fixture = Fixture::start();
    let pair = fixture.issue().await;
    let id = fixture
        .auth
        .verify(&pair.refresh)
        .await
        .unwrap()
        .id
        .unwrap();
    let (ada, grace, id) = (ada(), grace(), id.as_str());
    let says = |fault| fixture.server.set_fault_of("Authenticate", fault);
    let verify = |token| fixture.auth.verify(token);
    for fault in [
        answer("", grace.as_str(), 0),
        answer("", "", 0),
        answer("another", ada.as_str(), 0),
        answer("", ada.as_str(), 1),
        answer("", ada.as_str(), 4),
        answer("", ada.as_str(), 6),
        answer("", ada.as_str(), 127),
        Fault::Answer(Vec::new()),
    ] {
        says(fault);
        assert_eq!(verify(&pair.access).await, Err(TokenError::Unavailable));
    }
    for fault in [
        answer(id, ada.as_str(), 0),
        answer("another", ada.as_str(), 1),
    ] {
        says(fault);
        assert_eq!(verify(&pair.refresh).await, Err(TokenError::Unavailable));
    }
    says(answer("", ada.as_str(), 1));
    let claims = verify(&pair.refresh).await.unwrap();
    assert_eq!(claims.id.unwrap().as_str(), id);
}

#[tokio::test]
async fn a_personal_access_token_is_nothing_else_and_nothing_else_is_one() {
    let fixture = Fixture::start();
    let ends = fixture.clock.now() + Duration::from_mins(1);
    let personal = token(fixture.server.add_pat(&ada(), ends));
    for (fault, expected) in [
        (answer("id", ada().as_str(), 0), TokenError::Refused),
        (answer("id", ada().as_str(), 1), TokenError::Refused),
        (answer("id", ada().as_str(), 6), TokenError::Unavailable),
        (answer("id", "", 4), TokenError::Unavailable),
        (Fault::Answer(Vec::new()), TokenError::Unavailable),
    ] {
        fixture.server.set_fault_of("Authenticate", fault);
        assert_eq!(fixture.auth.verify(&personal).await, Err(expected));
    }
    let adopted = UserId::from_stored("adopted".to_owned());
    let fault = answer("", adopted.as_str(), 4);
    fixture.server.set_fault_of("Authenticate", fault);
    let claims = fixture.auth.verify(&personal).await.unwrap();
    assert_eq!((claims.user, claims.id), (adopted, None));
}
