//! What is remembered of tokens that verified.

use std::time::Duration;

use serde_json::json;

use crate::fixture::{Fixture, Signer};

#[tokio::test]
async fn a_token_that_comes_again_is_known() {
    let signer = Signer::named(1, "active");
    let fixture = Fixture::publishing(&[&signer]);
    let token = signer.token(fixture.now());
    let first = fixture.verify(&token).await.unwrap();
    for _ in 0..10 {
        assert_eq!(fixture.verify(&token).await, Ok(first.clone()));
    }
    let stats = fixture.verifier.stats();
    assert_eq!((stats.hits, stats.remembered), (10, 1));
}

#[tokio::test]
async fn a_known_token_ends_when_it_says() {
    let signer = Signer::named(1, "active");
    let fixture = Fixture::publishing(&[&signer]);
    let token = signer.token_with(fixture.now(), "exp", json!(fixture.now() + 60));
    fixture.accepts(&token).await;
    fixture.clock.advance(Duration::from_micros(59_999_999));
    fixture.accepts(&token).await;
    fixture.clock.advance(Duration::from_micros(1));
    fixture.refuses(&token).await;
    assert_eq!(fixture.verifier.stats().remembered, 0);
}

#[tokio::test]
async fn what_was_refused_is_not_remembered() {
    let (signer, forger) = (Signer::named(1, "active"), Signer::named(2, "active"));
    let fixture = Fixture::publishing(&[&signer]);
    for _ in 0..3 {
        fixture.refuses(&forger.token(fixture.now())).await;
        fixture.refuses("garbage").await;
    }
    assert_eq!(fixture.verifier.stats().remembered, 0);
}

#[tokio::test]
async fn a_changed_byte_makes_it_another_token() {
    let signer = Signer::named(1, "active");
    let fixture = Fixture::publishing(&[&signer]);
    let token = signer.token(fixture.now());
    fixture.accepts(&token).await;
    let (rest, last) = token.split_at(token.len() - 1);
    for other in ["A", "Q", "g", "w", ""] {
        if other != last {
            fixture.refuses(&format!("{rest}{other}")).await;
        }
    }
    fixture.refuses(&format!("{token} ")).await;
}

#[tokio::test]
async fn a_token_that_is_long_verifies_each_time() {
    let signer = Signer::named(1, "active");
    let fixture = Fixture::publishing(&[&signer]);
    let long = signer.token_with(fixture.now(), "x", json!("x".repeat(4_000)));
    fixture.accepts(&long).await;
    fixture.accepts(&long).await;
    let stats = fixture.verifier.stats();
    assert_eq!((stats.hits, stats.remembered), (0, 0));
}

#[tokio::test]
async fn nothing_that_is_printed_says_what_is_remembered() {
    let signer = Signer::named(1, "active");
    let fixture = Fixture::publishing(&[&signer]);
    let token = signer.token(fixture.now());
    fixture.accepts(&token).await;
    let printed = format!("{:?}", fixture.verifier);
    assert!(!printed.contains("ada"), "{printed}");
}
