//! A JSON Web Token taken apart, and what must be equal in two of them.

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::json_members::Members;

/// A token, its parts not yet verified.
pub(super) struct Jwt {
    pub(super) header: Members,
    pub(super) claims: Members,
    /// What the signature is over.
    pub(super) signed: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

impl Jwt {
    pub(super) fn parse(token: &str) -> Result<Self> {
        let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else {
            bail!("a token that is not three parts: {token:?}");
        };
        Ok(Self {
            header: Members::parse(&decoded(header)?)?,
            claims: Members::parse(&decoded(claims)?)?,
            signed: format!("{header}.{claims}").into_bytes(),
            signature: URL_SAFE_NO_PAD
                .decode(signature)
                .context("a signature not in base64url")?,
        })
    }

    /// A claim that is a text.
    pub(super) fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim)?.as_str()
    }

    /// A claim that is a whole number.
    pub(super) fn number(&self, claim: &str) -> Option<i64> {
        self.claims.get(claim)?.as_i64()
    }

    /// What stays the same from login to login, for accounts of one kind.
    pub(super) fn describe(&self) -> Map<String, Value> {
        let lifetime = self
            .number("exp")
            .zip(self.number("iat"))
            .map(|(exp, iat)| exp - iat);
        description([
            ("header members", json!(self.header.shape())),
            ("alg", json!(self.header.get("alg"))),
            ("typ", json!(self.header.get("typ"))),
            ("claims", json!(self.claims.shape())),
            ("iss", json!(self.claims.get("iss"))),
            ("role", json!(self.claims.get("role"))),
            ("type", json!(self.claims.get("type"))),
            ("lifetime in seconds", json!(lifetime)),
            (
                "version of the UUID in jti",
                json!(self.text("jti").and_then(uuid_version)),
            ),
        ])
    }
}

/// Named facts as one description.
pub(super) fn description<const N: usize>(facts: [(&str, Value); N]) -> Map<String, Value> {
    facts
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn decoded(part: &str) -> Result<String> {
    let bytes = URL_SAFE_NO_PAD
        .decode(part)
        .context("a part of a token not in base64url")?;
    String::from_utf8(bytes).context("a part of a token that is not UTF-8")
}

/// The version digit of a hyphenated lower-case UUID; `None` if it is none.
pub(super) fn uuid_version(text: &str) -> Option<String> {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let is_hex = |c: char| c == '-' || (c.is_ascii_hexdigit() && !c.is_ascii_uppercase());
    if lengths != [8, 4, 4, 4, 12] || !text.chars().all(is_hex) {
        return None;
    }
    text.chars().nth(14).map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let header = part(r#"{"alg":"EdDSA","kid":"active","typ":"JWT"}"#);
        format!("{header}.{}.{}", part(claims), part("signature"))
    }

    #[test]
    fn a_token_is_described_by_what_stays_the_same() {
        let claims = r#"{"exp":3700,"iat":100,"jti":"7d607aa4-5c3b-4bf4-9832-9439881a97d7"}"#;
        let jwt = Jwt::parse(&token(claims)).expect("a token");
        let facts = jwt.describe();
        assert_eq!(
            facts["header members"],
            json!(["alg: str", "kid: str", "typ: str"])
        );
        assert_eq!(facts["claims"], json!(["exp: int", "iat: int", "jti: str"]));
        assert_eq!(facts["lifetime in seconds"], json!(3600));
        assert_eq!(facts["version of the UUID in jti"], json!("4"));
        assert_eq!(facts["iss"], Value::Null);
        assert_eq!(jwt.signature, b"signature");
    }

    #[test]
    fn what_is_no_token_or_no_uuid_is_said_to_be_none() {
        assert!(Jwt::parse("a.b").is_err());
        assert!(Jwt::parse("!.!.!").is_err());
        assert_eq!(uuid_version("7D607AA4-5c3b-4bf4-9832-9439881a97d7"), None);
        assert_eq!(uuid_version("7d607aa4"), None);
    }
}
