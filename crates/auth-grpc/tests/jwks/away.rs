//! Publishers that are away: for a while, for a day, and for good.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::runtime::Builder;
use users_auth_grpc::{JwksSettings, JwksVerifier};
use users_domain::model::BearerToken;
use users_domain::ports::{TokenError, TokenVerifier};

use crate::fixture::{Fixture, PAUSE, RUNTIME, Signer, keys};
use crate::publisher::Answer;

#[tokio::test]
async fn without_any_key_nobody_can_tell_and_the_publisher_is_asked_now_and_then() {
    let signer = Signer::named(1, "active");
    let fixture = Fixture::new(Answer::Closed);
    let token = signer.token(fixture.now());
    assert_eq!(
        fixture.verifier.prefetch().await,
        Err(TokenError::Unavailable)
    );
    for round in 1..=3 {
        for _ in 0..50 {
            fixture.cannot_tell(&token).await;
        }
        assert_eq!(fixture.publisher.asked(), round);
        fixture.clock.advance(PAUSE);
    }
    fixture.publisher.set(keys(&[&signer]));
    fixture.accepts(&token).await;
    let stats = fixture.verifier.stats();
    assert_eq!((stats.fetches, stats.failures), (4, 3));
}

#[tokio::test]
async fn a_publisher_that_does_not_listen_is_away() {
    let signer = Signer::named(1, "active");
    let fixture = Fixture::publishing(&[&signer]);
    let url = fixture.publisher.url();
    drop(fixture.publisher);
    let settings = JwksSettings::new(url);
    let runtime = RUNTIME.handle().clone();
    let clock = Arc::new(fixture.clock.clone());
    let verifier = JwksVerifier::open(&settings, clock, runtime).unwrap();
    assert_eq!(verifier.prefetch().await, Err(TokenError::Unavailable));
}

#[tokio::test]
async fn known_keys_serve_for_a_day_without_their_publisher() {
    let signer = Signer::named(1, "active");
    let fixture = Fixture::publishing(&[&signer]);
    fixture.verifier.prefetch().await.unwrap();
    fixture.publisher.set(Answer::Closed);
    for hour in 1..=24 {
        fixture.clock.advance(Duration::from_hours(1));
        let token = signer.token(fixture.now());
        fixture.accepts(&token).await;
        fixture.accepts(&token).await;
        fixture.settled(1 + hour).await;
    }
    fixture.clock.advance(Duration::from_secs(5));
    let token = signer.token(fixture.now());
    fixture.cannot_tell(&token).await;
    fixture.clock.advance(PAUSE);
    fixture.publisher.set(keys(&[&signer]));
    fixture.accepts(&token).await;
}

#[tokio::test]
async fn nobody_waits_for_a_publisher_that_is_known_to_be_away() {
    let signer = Signer::named(1, "active");
    let fixture = Fixture::publishing(&[&signer]);
    fixture.verifier.prefetch().await.unwrap();
    fixture.publisher.set(Answer::Closed);
    fixture.clock.advance(Duration::from_hours(1));
    fixture.accepts(&signer.token(fixture.now())).await;
    // It comes back, and is slow.
    fixture.publisher.set(Answer::Held);
    fixture.clock.advance(Duration::from_hours(1));
    for _ in 0..10 {
        fixture.accepts(&signer.token(fixture.now())).await;
    }
    fixture.publisher.set(keys(&[&signer]));
    fixture.settled(3).await;
}

#[tokio::test]
async fn of_a_key_that_nobody_has_seen_nobody_can_tell() {
    let (signer, other) = (Signer::named(1, "active"), Signer::named(2, "other"));
    let fixture = Fixture::publishing(&[&signer]);
    fixture.verifier.prefetch().await.unwrap();
    fixture.publisher.set(Answer::Closed);
    fixture.clock.advance(PAUSE);
    for _ in 0..50 {
        fixture.cannot_tell(&other.token(fixture.now())).await;
        fixture.accepts(&signer.token(fixture.now())).await;
    }
    assert_eq!(fixture.publisher.asked(), 2);
}

/// After a change of keys under the same name a genuine token looks like a forged one.
#[tokio::test]
async fn what_the_known_keys_did_not_sign_may_be_of_a_new_key_unless_it_is_older_than_they_are() {
    let (signer, other) = (Signer::named(1, "active"), Signer::named(2, "active"));
    let fixture = Fixture::publishing(&[&signer]);
    fixture.verifier.prefetch().await.unwrap();
    let fetched = fixture.now();
    fixture.publisher.set(Answer::Closed);
    fixture.clock.advance(Duration::from_mins(1));
    for number in 0..50 {
        let after = other.token_with(fixture.now(), "aud", json!(number));
        fixture.cannot_tell(&after).await;
        // As much before as the clocks may differ.
        let before = other.token_with(fetched - 6, "aud", json!(number));
        fixture.refuses(&before).await;
    }
    assert_eq!(fixture.publisher.asked(), 2);
    fixture.publisher.set(keys(&[&other]));
    fixture.clock.advance(PAUSE);
    fixture.accepts(&other.token(fixture.now())).await;
}

#[tokio::test]
async fn a_runtime_that_has_ended_leaves_nobody_waiting() {
    let signer = Signer::named(1, "active");
    let fixture = Fixture::publishing(&[&signer]);
    let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
    let settings = JwksSettings::new(fixture.publisher.url());
    let clock = Arc::new(fixture.clock.clone());
    let verifier = JwksVerifier::open(&settings, clock, runtime.handle().clone()).unwrap();
    runtime.shutdown_background();
    let token = BearerToken::new(signer.token(fixture.now()));
    assert_eq!(verifier.verify(&token).await, Err(TokenError::Unavailable));
}
