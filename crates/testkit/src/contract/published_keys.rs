//! What published keys promise.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::TokensUnderTest;
use super::calls::on_a_thread;
use super::tokens::ada;

suite! {
    $
    /// Makes a test of every promise of [`PublishedKeys`](users_domain::ports::PublishedKeys). The
    /// argument gives a fresh [`TokensUnderTest`]($crate::contract::TokensUnderTest).
    published_keys_contract, published_keys:
    the_text_is_a_key_set,
    no_key_has_a_private_member,
    every_token_names_a_key_that_is_published,
    it_needs_no_runtime,
}

/// The members that only the holder of a private or shared key may know (RFC 7518, section 6; RFC
/// 8037, section 2).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

fn keys(text: &str) -> Vec<Map<String, Value>> {
    let set: Value = serde_json::from_str(text).unwrap();
    let keys = set["keys"].as_array().expect("a key set has `keys`");
    keys.iter()
        .map(|key| key.as_object().expect("a key is an object").clone())
        .collect()
}

pub async fn the_text_is_a_key_set(subject: &TokensUnderTest) {
    for key in keys(&subject.keys.key_set()) {
        assert!(key["kty"].is_string(), "{key:?}");
    }
}

pub async fn no_key_has_a_private_member(subject: &TokensUnderTest) {
    for key in keys(&subject.keys.key_set()) {
        for member in PRIVATE {
            assert!(!key.contains_key(member), "{member}");
        }
        assert_ne!(key["kty"], "oct", "a shared key has no public half");
    }
}

pub async fn every_token_names_a_key_that_is_published(subject: &TokensUnderTest) {
    let keys = keys(&subject.keys.key_set());
    let pair = subject.issue(&ada()).await;
    for token in [pair.access, pair.refresh] {
        // A token that is no JWT, as a fake's, names no key.
        let Some(header) = header(token.expose()) else {
            continue;
        };
        let (kid, alg) = (&header["kid"], &header["alg"]);
        let named = |key: &&Map<String, Value>| {
            kid.is_null() || key.get("kid").is_some_and(|published| published == kid)
        };
        let key = keys.iter().find(named).expect("the key is published");
        assert!(key.get("alg").is_none_or(|published| published == alg));
    }
}

fn header(token: &str) -> Option<Value> {
    let first = token.split('.').next()?;
    let json = URL_SAFE_NO_PAD.decode(first).ok()?;
    let header: Value = serde_json::from_slice(&json).ok()?;
    header.is_object().then_some(header)
}

pub async fn it_needs_no_runtime(subject: &TokensUnderTest) {
    let keys = subject.keys.clone();
    let there = on_a_thread(move || keys.key_set()).await;
    assert_eq!(there, subject.keys.key_set());
}
