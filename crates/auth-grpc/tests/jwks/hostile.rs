//! Publishers that answer what they should not: they take nothing away that is known.

use std::time::Duration;

use serde_json::{Value, json};
use users_domain::ports::TokenError;

use crate::fixture::{Fixture, PAUSE, Signer, keys};
use crate::forge::with;
use crate::publisher::{Answer, Publisher, answer};

/// The answers that no keys are taken from.
fn answers(elsewhere: &Publisher, signer: &Signer) -> Vec<(&'static str, Answer)> {
    let good = json!({ "keys": [signer.key()] }).to_string();
    let many: Vec<_> = (0..2_000).map(|kid| json!({ "kid": kid })).collect();
    let named: Vec<_> = (0..33)
        .map(|kid| with(signer.key(), "kid", json!(kid.to_string())))
        .collect();
    let location = format!("Location: {}\r\n", elsewhere.url());
    let padded = format!("{good}{}", " ".repeat(64 * 1024));
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let chunked = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}{chunk}");
    let lying = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n";
    vec![
        ("an error", answer("500 Internal Server Error", "", &good)),
        ("an absence", answer("404 Not Found", "", &good)),
        ("a redirection", answer("302 Found", &location, &good)),
        ("another success", answer("203 OK", "", &good)),
        ("nothing", answer("200 OK", "", "")),
        (
            "a page",
            answer("200 OK", "Content-Type: text/html\r\n", "<html></html>"),
        ),
        ("half a set", answer("200 OK", "", &good[..good.len() / 2])),
        (
            "a set and more",
            answer("200 OK", "", &format!("{good}{good}")),
        ),
        (
            "another document",
            answer("200 OK", "", r#"{"error":"no"}"#),
        ),
        (
            "keys that are no array",
            answer("200 OK", "", r#"{"keys":"all"}"#),
        ),
        (
            "no text",
            Answer::Bytes(b"HTTP/1.1 200 OK\r\n\r\n{\"keys\":[\"\xff\xfe\"]}".to_vec()),
        ),
        (
            "deep nesting",
            answer("200 OK", "", &format!("{{\"keys\":{}", "[".repeat(60_000))),
        ),
        (
            "thousands of keys",
            answer("200 OK", "", &json!({ "keys": many }).to_string()),
        ),
        (
            "too many keys",
            answer("200 OK", "", &json!({ "keys": named }).to_string()),
        ),
        ("a long answer", answer("200 OK", "", &padded)),
        ("an answer without end", Answer::Endless(chunked.into())),
        (
            "less than it says",
            Answer::Bytes(format!("{lying}{good}").into()),
        ),
        (
            "no HTTP",
            Answer::Bytes(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()),
        ),
        (
            "endless headers",
            Answer::Bytes(format!("HTTP/1.1 200 OK\r\n{}", "x: y\r\n".repeat(50_000)).into()),
        ),
    ]
}

#[tokio::test]
async fn no_keys_are_taken_from_them() {
    let signer = Signer::named(1, "active");
    let elsewhere = Publisher::new(keys(&[&signer]));
    for (what, answer) in answers(&elsewhere, &signer) {
        let fixture = Fixture::new(answer);
        let token = signer.token(fixture.now());
        assert_eq!(
            fixture.verify(&token).await,
            Err(TokenError::Unavailable),
            "{what}"
        );
        assert_eq!(fixture.verifier.stats().failures, 1, "{what}");
    }
    assert_eq!(elsewhere.asked(), 0, "nobody is sent anywhere");
}

#[tokio::test]
async fn keys_that_are_known_serve_on() {
    let signer = Signer::named(1, "active");
    let elsewhere = Publisher::new(keys(&[&signer]));
    for (what, answer) in answers(&elsewhere, &signer) {
        let fixture = Fixture::publishing(&[&signer]);
        fixture.verifier.prefetch().await.unwrap();
        fixture.publisher.set(answer);
        fixture.clock.advance(Duration::from_mins(5));
        let token = signer.token(fixture.now());
        fixture.accepts(&token).await;
        fixture.settled(2).await;
        fixture.accepts(&token).await;
        assert_eq!(fixture.verifier.stats().failures, 1, "{what}");
    }
}

#[tokio::test]
async fn a_publisher_that_never_comes_to_an_end_is_given_up() {
    let signer = Signer::named(1, "active");
    let beginning = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"keys\":[";
    for slow in [
        Answer::Held,
        Answer::Endless(Vec::new()),
        Answer::Endless(b"HTTP/1.1 200 OK\r\n".to_vec()),
        Answer::Endless(beginning.into()),
    ] {
        let fixture = Fixture::with_timeout(slow, Duration::from_millis(100));
        fixture.cannot_tell(&signer.token(fixture.now())).await;
    }
}

#[tokio::test]
async fn a_set_without_usable_keys_is_as_good_as_none() {
    let signer = Signer::named(1, "active");
    let secret = with(signer.key(), "d", json!("secret"));
    let twin = with(Signer::named(2, "active").key(), "use", None);
    for unusable in [
        json!({ "keys": null }),
        json!({ "keys": [] }),
        json!({ "keys": [secret] }),
        json!({ "keys": [signer.key(), twin] }),
    ] {
        let fixture = Fixture::new(answer("200 OK", "", &unusable.to_string()));
        let token = signer.token(fixture.now());
        fixture.cannot_tell(&token).await;
        fixture.clock.advance(PAUSE);
        fixture.publisher.set(keys(&[&signer]));
        fixture.accepts(&token).await;
    }
}

#[tokio::test]
async fn keys_of_other_types_stand_beside_those_that_are_used() {
    let signer = Signer::named(1, "active");
    let others = |key: Value| json!({ "keys": [{ "kty": "RSA", "kid": "rsa" }, key, null] });
    let set = others(signer.key().clone()).to_string();
    let fixture = Fixture::new(answer("200 OK", "", &set));
    fixture.accepts(&signer.token(fixture.now())).await;
    assert_eq!(fixture.verifier.stats().keys, 1);
    let of_other = Signer::named(1, "rsa").token(fixture.now());
    fixture.refuses(&of_other).await;
}
