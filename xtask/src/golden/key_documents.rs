//! The published keys.

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::http1::Request;
use crate::json_members::Members;
use crate::running_service::RunningService;

use super::answers::Session;
use super::comparison::Comparison;
use super::jwt::{Jwt, description};
use super::records::{Records, number, text};
use super::signing_key::VerifyingKey;

/// Compares the key document and returns the key that it shows.
pub(super) fn replay(
    records: &Records,
    service: &RunningService,
    session: &Session,
    comparison: &mut Comparison,
) -> Result<VerifyingKey> {
    let record = records.read("tokens/jwks-active.json")?;
    let issued = records.read("tokens/access-user.json")?;
    let recorded = Document {
        status: number(&record, "/status")?,
        kind: Some(text(&record, "/headers/Content-Type")?),
        cache_control: Some(text(&record, "/headers/Cache-Control")?),
        body: text(&record, "/body_text")?,
    };
    let recorded = recorded.describe(&Jwt::parse(text(&issued, "/token")?)?)?;

    let mut connection = service.connect()?;
    let answer = connection.send(&Request::new("GET", "/.well-known/jwks.json", None, None))?;
    let ours = Document {
        status: answer.status.into(),
        kind: answer.header("content-type"),
        cache_control: answer.header("cache-control"),
        body: answer.text()?,
    };
    let described = ours.describe(session.access())?;
    comparison.compare("jwks-active.json", &recorded, &described);
    let key = only_key(ours.body)?;
    VerifyingKey::parse(
        key.get("x")
            .and_then(Value::as_str)
            .context("the key has no `x`")?,
    )
}

struct Document<'a> {
    status: i64,
    kind: Option<&'a str>,
    cache_control: Option<&'a str>,
    body: &'a str,
}

impl Document<'_> {
    /// What must be equal, `issued` being a token that its key signed.
    fn describe(&self, issued: &Jwt) -> Result<Map<String, Value>> {
        let key = only_key(self.body)?;
        let x = key.get("x").and_then(Value::as_str).unwrap_or_default();
        Ok(description([
            ("status", json!(self.status)),
            ("content type", json!(self.kind)),
            ("Cache-Control", json!(self.cache_control)),
            ("members", json!(Members::parse(self.body)?.shape())),
            ("members of a key", json!(key.shape())),
            ("kty", json!(key.get("kty"))),
            ("alg", json!(key.get("alg"))),
            ("use", json!(key.get("use"))),
            ("crv", json!(key.get("crv"))),
            ("bytes of x", json!(VerifyingKey::parse(x)?.bytes())),
            (
                "kid is that of the tokens",
                json!(key.get("kid") == issued.header.get("kid")),
            ),
        ]))
    }
}

/// The one key of a document that must have one, its members in order.
fn only_key(body: &str) -> Result<Members> {
    #[derive(serde::Deserialize)]
    struct Keys {
        keys: [Members; 1],
    }
    let Keys { keys: [key] } = serde_json::from_str(body)
        .with_context(|| format!("not a key document with one key: {body:?}"))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_key_keeps_the_order_of_its_members() {
        let key = only_key(r#"{"keys":[{"kty":"OKP","crv":"Ed25519"}]}"#).expect("one key");
        assert_eq!(key.shape(), ["kty: str", "crv: str"]);
        assert!(only_key(r#"{"keys":[]}"#).is_err());
        assert!(only_key(r#"{"keys":null}"#).is_err());
    }
}
