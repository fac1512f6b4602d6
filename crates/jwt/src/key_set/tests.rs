//! What is read of published sets, honest and hostile, and what is published.

use serde_json::{Value, json};

use super::*;

fn key(id: &str, byte: u8) -> PublicKey {
    PublicKey::new(id.to_owned(), [byte; 32])
}

/// A key that has nothing wrong with it, as JSON.
fn sound() -> Value {
    json!({
        "kid": "active",
        "kty": "OKP",
        "alg": "EdDSA",
        "use": "sig",
        "crv": "Ed25519",
        "x": URL_SAFE_NO_PAD.encode([7; 32]),
    })
}

fn read(document: &Value) -> KeySet {
    KeySet::read(document.to_string().as_bytes()).unwrap()
}

fn with(member: &str, value: impl Into<Option<Value>>) -> Value {
    let mut key = sound();
    let members = key.as_object_mut().unwrap();
    match value.into() {
        Some(value) => members.insert(member.to_owned(), value),
        None => members.remove(member),
    };
    key
}

#[test]
fn a_set_is_published_with_the_members_of_the_platforms_in_their_order() {
    assert_eq!(
        key_set([&key("active", 0)]),
        r#"{"keys":[{"kid":"active","kty":"OKP","alg":"EdDSA","use":"sig","crv":"Ed25519","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}"#
    );
}

#[test]
fn what_is_published_is_read_back() {
    let keys = [key("active", 1), key("retiring", 2)];
    let set = KeySet::read(key_set(&keys).as_bytes()).unwrap();
    assert_eq!(set.keys, keys);
    assert_eq!(set.skipped, []);
}

#[test]
fn no_keys_are_a_set_and_no_member_is_none() {
    for none in [json!({ "keys": null }), json!({ "keys": [] })] {
        assert_eq!(read(&none).keys, []);
    }
    for other in [
        "",
        "{}",
        "[]",
        "null",
        "{\"keys\":{}}",
        "{\"keys\":[]",
        "{\"keys\":[]}x",
        "<html>",
        "{\"keys\":[],\"keys\":[]}",
    ] {
        assert_eq!(
            KeySet::read(other.as_bytes()),
            Err(KeySetError::Malformed),
            "{other}"
        );
    }
    let deep = "[".repeat(10_000);
    assert_eq!(
        KeySet::read(format!("{{\"keys\":[{deep}").as_bytes()),
        Err(KeySetError::Malformed)
    );
}

#[test]
fn what_a_publisher_may_leave_out_or_add_does_not_matter() {
    let expected = [key("active", 7)];
    for variant in [
        with("alg", None),
        with("use", None),
        with("x5t", json!("x")),
        with("key_ops", json!(["verify"])),
    ] {
        assert_eq!(read(&json!({ "keys": [variant] })).keys, expected);
    }
    assert_eq!(
        read(&json!({ "keys": [sound()], "more": [1] })).keys,
        expected
    );
}

#[test]
fn a_key_of_another_type_or_use_is_skipped_and_the_others_stay() {
    let odd = [
        json!(null),
        json!("key"),
        json!([]),
        json!({}),
        with("kty", json!("EC")),
        with("kty", None),
        with("crv", json!("Ed448")),
        with("crv", json!("X25519")),
        with("alg", json!("HS256")),
        with("alg", json!("none")),
        with("alg", Value::Null),
        with("use", json!("enc")),
        with("use", json!(["sig"])),
        with("key_ops", json!(["sign"])),
        with("key_ops", json!("verify")),
        with("kid", None),
        with("kid", json!("")),
        with("kid", json!(1)),
        with("kid", json!("x".repeat(257))),
        with("x", None),
        with("x", json!("")),
        with("x", json!(URL_SAFE_NO_PAD.encode([7; 31]))),
        with("x", json!(URL_SAFE_NO_PAD.encode([7; 33]))),
        with(
            "x",
            json!(base64::engine::general_purpose::STANDARD.encode([7; 32])),
        ),
        // Whoever reads the set can sign with these.
        with("d", json!("secret")),
        json!({ "kid": "active", "kty": "oct", "k": "secret", "alg": "HS256" }),
    ];
    for odd in odd {
        let set = read(&json!({ "keys": [odd, with("kid", json!("other"))] }));
        assert_eq!(set.keys, [key("other", 7)], "{odd}");
        assert_eq!(set.skipped.len(), 1, "{odd}");
        assert_eq!(set.skipped[0].place, 0);
        assert!(!set.skipped[0].to_string().contains("secret\""));
    }
}

#[test]
fn of_different_keys_with_one_id_none_is_used() {
    let other = with("x", json!(URL_SAFE_NO_PAD.encode([8; 32])));
    let set = read(&json!({ "keys": [sound(), with("kid", json!("third")), other] }));
    assert_eq!(set.keys, [key("third", 7)]);
    let places: Vec<_> = set.skipped.iter().map(|skipped| skipped.place).collect();
    assert_eq!(places, [0, 2]);
    let twice = read(&json!({ "keys": [sound(), sound()] }));
    assert_eq!(twice.keys, [key("active", 7)]);
}

#[test]
fn a_set_of_too_many_keys_is_refused() {
    let set = |keys: usize| {
        let keys: Vec<_> = (0..keys)
            .map(|number| with("kid", json!(number.to_string())))
            .collect();
        KeySet::read(json!({ "keys": keys }).to_string().as_bytes())
    };
    assert_eq!(set(MOST_KEYS).unwrap().keys.len(), MOST_KEYS);
    assert_eq!(set(MOST_KEYS + 1), Err(KeySetError::TooManyKeys));
    assert_eq!(set(5_000), Err(KeySetError::TooManyKeys));
}
