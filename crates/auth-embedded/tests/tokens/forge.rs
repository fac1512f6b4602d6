//! Makes tokens that no issuer would.

use std::path::Path;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// A key, and tokens signed with it whatever they say.
pub(crate) struct Forge {
    pair: Ed25519KeyPair,
}

/// A part of a token taken apart, without any check.
pub(crate) fn part(token: &str, number: usize) -> String {
    let part = token.split('.').nth(number).unwrap();
    String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn encoded(text: &impl ToString) -> String {
    URL_SAFE_NO_PAD.encode(text.to_string())
}

impl Forge {
    pub(crate) fn with_key_of(path: &Path) -> Self {
        let pem = std::fs::read_to_string(path).unwrap();
        let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD.decode(base64).unwrap();
        Self {
            pair: Ed25519KeyPair::from_pkcs8(&der).unwrap(),
        }
    }

    pub(crate) fn with_another_key() -> Self {
        Self {
            pair: Ed25519KeyPair::from_seed_unchecked(&[9; 32]).unwrap(),
        }
    }

    pub(crate) fn public(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// Signs a header and claims, as JSON text.
    #[expect(clippy::needless_pass_by_value, reason = "most are made on the spot")]
    pub(crate) fn sign(&self, header: impl ToString, claims: impl ToString) -> String {
        let signed = format!("{}.{}", encoded(&header), encoded(&claims));
        let signature = URL_SAFE_NO_PAD.encode(self.pair.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// A token under the algorithm HS256 that takes the public key for a shared secret: what a
    /// verifier believes that asks the token for its algorithm.
    pub(crate) fn with_public_key_as_secret(&self, kid: &Value, claims: &Value) -> Vec<String> {
        let x = URL_SAFE_NO_PAD.encode(self.public());
        let secrets = [self.public(), x.as_bytes()];
        let header = json!({ "alg": "HS256", "kid": kid, "typ": "JWT" });
        let signed = format!("{}.{}", encoded(&header), encoded(claims));
        let forged = secrets.map(|secret| {
            let secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
            let tag = hmac::sign(&secret, signed.as_bytes());
            format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
        });
        forged.to_vec()
    }
}

/// A header that names the right key.
pub(crate) fn header(kid: &Value) -> Value {
    json!({ "alg": "EdDSA", "kid": kid, "typ": "JWT" })
}

/// The claims of an access token that has nothing wrong with it, issued at a second.
pub(crate) fn claims(user: &str, now: i64) -> Value {
    json!({
        "exp": now + 600,
        "iat": now,
        "iss": "magistrala.auth",
        "role": 1,
        "sub": user,
        "type": 0,
        "verified": true,
    })
}

/// The same object with one member replaced, or without it.
pub(crate) fn with(object: &Value, member: &str, value: impl Into<Option<Value>>) -> Value {
    let mut object = object.clone();
    let members = object.as_object_mut().unwrap();
    match value.into() {
        Some(value) => members.insert(member.to_owned(), value),
        None => members.remove(member),
    };
    object
}
