//! When the keys are fetched, by what, and how often.

use std::process::Command;
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use users_domain::ports::TokenError;

use crate::fixture::{Fixture, PAUSE, Signer, keys};
use crate::forge::{claims, header, with};
use crate::publisher::Answer;

#[tokio::test]
async fn the_first_tokens_cause_one_fetch() {
    let fixture = Fixture::new(Answer::Held);
    let signer = Signer::named(1, "active");
    let token = signer.token(fixture.now());
    let mut first = Vec::new();
    for _ in 0..100 {
        first.push(fixture.begin(&token).await);
    }
    fixture.publisher.set(keys(&[&signer]));
    for verified in join_all(first).await {
        assert_eq!(verified.unwrap().user.as_str(), "id-of-ada");
    }
    assert_eq!(fixture.publisher.asked(), 1);
}

#[tokio::test]
async fn keys_that_were_fetched_before_are_not_fetched_for_the_first_token() {
    let signer = Signer::named(1, "active");
    let fixture = Fixture::publishing(&[&signer]);
    fixture.verifier.prefetch().await.unwrap();
    assert_eq!(fixture.verifier.stats().keys, 1);
    fixture.verifier.prefetch().await.unwrap();
    fixture.accepts(&signer.token(fixture.now())).await;
    assert_eq!(fixture.publisher.asked(), 1);
}

#[tokio::test]
async fn a_fetch_is_what_the_deployed_services_ask() {
    let signer = Signer::named(1, "active");
    let fixture = Fixture::publishing(&[&signer]);
    fixture.verifier.prefetch().await.unwrap();
    let request = fixture.publisher.requests()[0].to_ascii_lowercase();
    assert!(
        request.starts_with("get /keys/.well-known/jwks.json http/1.1\r\n"),
        "{request}"
    );
    assert!(request.contains("\r\naccept: application/json\r\n"));
    for other in ["traceparent", "authorization", "cookie"] {
        assert!(!request.contains(other), "{request}");
    }
}

/// The test above once more, in a process whose environment names a proxy.
#[test]
fn no_proxy_is_asked() {
    let test = "keys::a_fetch_is_what_the_deployed_services_ask";
    let mut process = Command::new(std::env::current_exe().unwrap());
    process.args([test, "--exact"]);
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        // Nobody listens there.
        process.env(name, "http://127.0.0.1:1");
    }
    process.env_remove("REQUEST_METHOD").env_remove("NO_PROXY");
    let output = process.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
}

#[tokio::test]
async fn whoever_gives_up_waiting_leaves_the_fetch_to_the_others() {
    let fixture = Fixture::new(Answer::Held);
    let signer = Signer::named(1, "active");
    let token = signer.token(fixture.now());
    drop(fixture.begin(&token).await);
    let second = fixture.begin(&token).await;
    fixture.publisher.set(keys(&[&signer]));
    assert!(second.await.is_ok());
    assert_eq!(fixture.publisher.asked(), 1);
}

#[tokio::test]
async fn what_could_not_be_accepted_whoever_signed_it_causes_no_fetch() {
    let fixture = Fixture::new(Answer::Closed);
    let signer = Signer::named(1, "active");
    let now = fixture.now();
    let claims = claims("id-of-ada", now);
    let header = header(signer.kid());
    let sign = |header: &Value, claims: &Value| signer.forge.sign(header, claims);
    for refused in [
        String::new(),
        "garbage".to_owned(),
        "e30.e30.e30".to_owned(),
        sign(&with(&header, "kid", None), &claims),
        sign(&with(&header, "alg", json!("none")), &claims),
        sign(&with(&header, "alg", json!("HS256")), &claims),
        sign(&with(&header, "alg", json!("ES256")), &claims),
        sign(&with(&header, "crit", json!(["b64"])), &claims),
        sign(&header, &with(&claims, "exp", json!(now))),
        sign(&header, &with(&claims, "exp", None)),
        sign(&header, &with(&claims, "iat", json!(now + 6))),
        sign(&header, &with(&claims, "nbf", json!(now + 1))),
        sign(&header, &with(&claims, "iss", json!("other"))),
        sign(&header, &with(&claims, "sub", None)),
        sign(&header, &with(&claims, "role", json!(0))),
        sign(&header, &with(&claims, "type", json!(3))),
        sign(&header, &with(&claims, "type", json!(4))),
        sign(&header, &with(&claims, "x", json!("x".repeat(8_000)))),
    ] {
        fixture.refuses(&refused).await;
    }
    assert_eq!(fixture.publisher.asked(), 0);
}

#[tokio::test]
async fn any_number_of_tokens_of_unknown_keys_causes_one_fetch_in_a_while() {
    let signer = Signer::named(1, "active");
    let fixture = Fixture::publishing(&[&signer]);
    fixture.accepts(&signer.token(fixture.now())).await;
    for round in 1..=3 {
        fixture.clock.advance(PAUSE);
        let unknown = |number: i32, issued_at| {
            let header = header(&json!(format!("unknown {number}")));
            signer.forge.sign(header, claims("id-of-ada", issued_at))
        };
        fixture.refuses(&unknown(0, fixture.now())).await;
        fixture.clock.advance(Duration::from_secs(1));
        for number in 1..100 {
            fixture.refuses(&unknown(number, fixture.now() - 7)).await;
            fixture.cannot_tell(&unknown(number, fixture.now())).await;
        }
        assert_eq!(fixture.publisher.asked(), 1 + round);
    }
}

#[tokio::test]
async fn any_number_of_tokens_that_nobody_signed_causes_one_fetch_in_a_while() {
    let signer = Signer::named(1, "active");
    let forger = Signer::named(2, "active");
    let fixture = Fixture::publishing(&[&signer]);
    fixture.accepts(&signer.token(fixture.now())).await;
    fixture.clock.advance(PAUSE);
    let token = |number: i32, issued_at| forger.token_with(issued_at, "aud", json!(number));
    fixture.refuses(&token(0, fixture.now())).await;
    fixture.clock.advance(Duration::from_secs(1));
    for number in 1..100 {
        fixture.refuses(&token(number, fixture.now() - 7)).await;
        fixture.cannot_tell(&token(number, fixture.now())).await;
    }
    assert_eq!(fixture.publisher.asked(), 2);
}

#[tokio::test]
async fn keys_that_change_under_their_name_refuse_no_genuine_token_whoever_caused_the_last_fetch() {
    let (old, new) = (Signer::named(1, "active"), Signer::named(2, "active"));
    let forger = Signer::named(3, "active");
    let fixture = Fixture::publishing(&[&old]);
    fixture.accepts(&old.token(fixture.now())).await;
    fixture.clock.advance(PAUSE);
    fixture.refuses(&forger.token(fixture.now())).await;
    fixture.publisher.set(keys(&[&new]));
    fixture.clock.advance(Duration::from_secs(1));
    let genuine = new.token(fixture.now());
    fixture.cannot_tell(&genuine).await;
    fixture.clock.advance(PAUSE);
    fixture.accepts(&genuine).await;
    assert_eq!(fixture.publisher.asked(), 3);
}

#[tokio::test]
async fn a_fetch_that_was_under_way_refuses_nothing_that_is_newer_than_it() {
    let (old, new) = (Signer::named(1, "active"), Signer::named(2, "active"));
    let fixture = Fixture::publishing(&[&old]);
    fixture.accepts(&old.token(fixture.now())).await;
    fixture.publisher.set(Answer::Held);
    fixture.clock.advance(PAUSE);
    let first = fixture
        .begin(&new.token_with(fixture.now(), "aud", json!(1)))
        .await;
    fixture.clock.advance(Duration::from_secs(1));
    let second = fixture
        .begin(&new.token_with(fixture.now(), "aud", json!(2)))
        .await;
    fixture.publisher.set(keys(&[&old]));
    assert_eq!(first.await, Err(TokenError::Refused));
    assert_eq!(second.await, Err(TokenError::Unavailable));
}

#[tokio::test]
async fn a_new_key_verifies_as_soon_as_a_token_names_it() {
    let (old, new) = (Signer::named(1, "first"), Signer::named(2, "second"));
    let fixture = Fixture::publishing(&[&old]);
    fixture.accepts(&old.token(fixture.now())).await;
    fixture.publisher.set(keys(&[&new, &old]));
    fixture.clock.advance(PAUSE);
    fixture.accepts(&new.token(fixture.now())).await;
    fixture.accepts(&old.token(fixture.now())).await;
    assert_eq!(fixture.publisher.asked(), 2);
}

#[tokio::test]
async fn keys_that_are_renamed_verify_the_tokens_that_name_them_as_they_were() {
    let old = Signer::named(1, "active");
    let fixture = Fixture::publishing(&[&old]);
    let of_old = old.token(fixture.now());
    let also_of_old = old.token_with(fixture.now(), "aud", json!("y"));
    fixture.accepts(&of_old).await;
    let (new, old) = (Signer::named(2, "active"), old.renamed("retiring"));
    fixture.publisher.set(keys(&[&new, &old]));
    fixture.clock.advance(PAUSE);
    fixture.accepts(&new.token(fixture.now())).await;
    for token in [of_old, also_of_old, old.token(fixture.now())] {
        fixture.accepts(&token).await;
    }
    assert_eq!(fixture.publisher.asked(), 2);
}

#[tokio::test]
async fn a_key_that_is_withdrawn_verifies_nothing_once_the_keys_are_fetched_again() {
    let (old, new) = (Signer::named(1, "first"), Signer::named(2, "second"));
    let fixture = Fixture::publishing(&[&old]);
    let token = old.token(fixture.now());
    fixture.accepts(&token).await;
    assert_eq!(fixture.verifier.stats().remembered, 1);
    fixture.publisher.set(keys(&[&new]));
    fixture.clock.advance(Duration::from_mins(5));
    // In use while they are fetched.
    fixture.accepts(&token).await;
    fixture.settled(2).await;
    fixture.refuses(&token).await;
    fixture.accepts(&new.token(fixture.now())).await;
    assert_eq!(fixture.verifier.stats().keys, 1);
}

#[tokio::test]
async fn keys_are_refreshed_while_they_are_used() {
    let signer = Signer::named(1, "active");
    let fixture = Fixture::publishing(&[&signer]);
    let token = signer.token(fixture.now());
    fixture.accepts(&token).await;
    fixture.publisher.set(Answer::Held);
    fixture.clock.advance(Duration::from_mins(5));
    for number in 0..100 {
        fixture.accepts(&token).await;
        let other = signer.token_with(fixture.now(), "aud", json!(number));
        fixture.accepts(&other).await;
    }
    fixture.publisher.set(keys(&[&signer]));
    fixture.settled(2).await;
    assert_eq!(fixture.publisher.asked(), 2);
}

#[tokio::test]
async fn after_a_long_rest_the_keys_are_fetched_before_they_are_used() {
    let (old, new) = (Signer::named(1, "first"), Signer::named(2, "second"));
    let fixture = Fixture::publishing(&[&old]);
    fixture.accepts(&old.token(fixture.now())).await;
    fixture.publisher.set(keys(&[&new]));
    fixture.clock.advance(Duration::from_hours(20));
    fixture.refuses(&old.token(fixture.now())).await;
    assert_eq!(fixture.publisher.asked(), 2);
}

#[tokio::test]
async fn a_token_that_was_just_issued_by_a_clock_ahead_of_ours_is_accepted() {
    let signer = Signer::named(1, "active");
    let fixture = Fixture::publishing(&[&signer]);
    fixture.accepts(&signer.token(fixture.now() + 5)).await;
    fixture.refuses(&signer.token(fixture.now() + 6)).await;
    let ends_now = signer.token_with(fixture.now(), "exp", json!(fixture.now()));
    fixture.refuses(&ends_now).await;
}

#[tokio::test]
async fn kinds_that_the_issuer_accepts_are_told_apart_and_others_refused() {
    let signer = Signer::named(1, "active");
    let fixture = Fixture::publishing(&[&signer]);
    for (number, accepted) in [
        (0, true),
        (1, true),
        (2, true),
        (3, false),
        (4, false),
        (5, true),
    ] {
        let token = signer.token_with(fixture.now(), "type", json!(number));
        let verified = fixture.verify(&token).await;
        let kind = verified.ok().map(|claims| claims.kind.as_u8());
        assert_eq!(kind, accepted.then_some(number), "{number}");
    }
}
