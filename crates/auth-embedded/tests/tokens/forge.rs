//! Makes tokens that no issuer would.

use std::path::Path;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use users_testkit::contract::Flaw;

/// A key, and tokens signed with it whatever they say.
pub(crate) struct Forge {
    pair: Ed25519KeyPair,
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

    /// Access tokens with one flaw, in all its forms.
    pub(crate) fn forged(&self, kid: &Value, claims: &Value, flaw: Flaw) -> Vec<String> {
        let header = header(kid);
        let sign = |claims: Value| self.sign(&header, claims);
        match flaw {
            Flaw::None => vec![sign(claims.clone())],
            Flaw::AnotherKey => vec![Self::with_another_key().sign(&header, claims)],
            Flaw::AnotherAlgorithm => {
                let mut tokens = self.with_public_key_as_secret(kid, claims);
                for algorithm in ["none", "None", "NONE", "ES256", "HS256", "RS256", ""] {
                    let header = with(&header, "alg", json!(algorithm));
                    let signed = self.sign(&header, claims);
                    let unsigned = signed.rsplit_once('.').unwrap().0;
                    tokens.push(format!("{unsigned}."));
                    tokens.push(signed);
                }
                tokens
            }
            Flaw::AnotherIssuer => [
                "",
                "other",
                "magistrala",
                "magistrala.auth ",
                "Magistrala.Auth",
            ]
            .map(|issuer| sign(with(claims, "iss", json!(issuer))))
            .to_vec(),
            Flaw::NoEnd => vec![
                sign(with(claims, "exp", None)),
                sign(with(claims, "exp", Value::Null)),
            ],
            Flaw::MissingClaim => ["iat", "iss", "role", "sub", "type", "verified"]
                .map(|claim| sign(with(claims, claim, None)))
                .to_vec(),
            Flaw::WrongClaim => [
                ("exp", json!("1999999999")),
                ("exp", json!(true)),
                ("exp", json!(1e300)),
                ("exp", json!([1_999_999_999])),
                ("iat", json!("0")),
                ("iat", Value::Null),
                ("iss", json!(["magistrala.auth"])),
                ("iss", json!(1)),
                ("role", json!(0)),
                ("role", json!(3)),
                ("role", json!(-1)),
                ("role", json!("1")),
                ("role", json!(1.5)),
                ("sub", json!("")),
                ("sub", json!(1)),
                ("sub", Value::Null),
                ("type", json!(6)),
                ("type", json!(256)),
                ("type", json!("0")),
                ("type", json!(1.5)),
                ("verified", json!("true")),
                ("verified", json!(1)),
                ("jti", json!(1)),
                ("nbf", json!("0")),
            ]
            .map(|(claim, value)| sign(with(claims, claim, value)))
            .to_vec(),
        }
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
