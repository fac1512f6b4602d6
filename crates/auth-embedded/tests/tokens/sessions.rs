//! Sessions: what a repeated refresh gives, and that nothing is issued for a session that is not
//! kept.

use std::time::Duration;

use users_domain::model::BearerToken;
use users_domain::ports::{Clock, TokenError, TokenIssuer};

use crate::fixture::part;
use crate::fixture::{Fixture, ada};

fn generation(token: &BearerToken) -> u64 {
    let claims: serde_json::Value = serde_json::from_str(&part(token.expose(), 1)).unwrap();
    claims["gen"].as_u64().unwrap()
}

#[tokio::test]
async fn a_repeated_refresh_gives_the_same_generation_again() {
    let fixture = Fixture::new();
    let first = fixture.issue().await;
    let lost = fixture.refresh(&first.refresh).await.unwrap();
    fixture.clock.advance(Duration::from_secs(30));
    let again = fixture.refresh(&first.refresh).await.unwrap();
    assert_eq!(generation(&lost.refresh), 1);
    assert_eq!(generation(&again.refresh), 1);
}

#[tokio::test]
async fn a_login_that_cannot_be_kept_gives_no_tokens_and_leaves_no_session() {
    let fixture = Fixture::new();
    fixture.issue().await;
    fixture.outage.resume();
    let request = users_domain::ports::IssueToken {
        user: ada(),
        role: users_domain::model::Role::User,
        verified: true,
        description: None,
        not_before: None,
    };
    let answer = fixture.auth.issue(request).await;
    assert_eq!(answer.err(), Some(TokenError::Unavailable));
    fixture.outage.calm();
    assert_eq!(fixture.auth.sessions(&ada()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_session_that_begins_later_lives_as_long() {
    let fixture = Fixture::new();
    let next = fixture.clock.now().unix_timestamp() + 1;
    let pair = fixture.issue_not_before(Some(next)).await;
    let sessions = fixture.auth.sessions(&ada()).await.unwrap();
    let lifetime = crate::fixture::REFRESH.as_secs();
    let end = next + i64::try_from(lifetime).unwrap();
    assert_eq!(sessions[0].expires_at.unwrap().unix_timestamp(), end);
    let verified = fixture.verify(&pair.refresh).await.unwrap();
    assert_eq!(verified.expires_at, sessions[0].expires_at);
}

#[tokio::test]
async fn a_life_beyond_the_calendar_is_cut_and_works() {
    let fixture = Fixture::with_lifetimes(Duration::MAX, Duration::MAX);
    let pair = fixture.issue().await;
    let verified = fixture.verify(&pair.access).await.unwrap();
    assert_eq!(verified.expires_at.unwrap().year(), 9999);
    fixture.refresh(&pair.refresh).await.unwrap();
}
