//! JSON Web Key Sets (RFC 7517, section 5), as one is published and as others' are read.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::PublicKey;

/// A set of more keys is refused: a publisher has one, or two while it changes them.
pub const MOST_KEYS: usize = 32;

/// A longer id is refused: it would have to stand in every token.
const LONGEST_ID: usize = 256;

/// The keys of a published set that verify tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySet {
    /// Usable keys; no two have the same id.
    pub keys: Vec<PublicKey>,
    /// The others.
    pub skipped: Vec<SkippedKey>,
}

/// A key of a published set that verifies no tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedKey {
    /// Its place in the set, counted from 0.
    pub place: usize,
    /// What is wrong with it. Says nothing that stands in it.
    pub reason: &'static str,
}

impl fmt::Display for SkippedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key {} {}", self.place, self.reason)
    }
}

/// Why a text is not taken for a key set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// It is not JSON, or another document.
    #[error("it is no JSON Web Key Set")]
    Malformed,
    /// It has more than [`MOST_KEYS`].
    #[error("it has more than {MOST_KEYS} keys")]
    TooManyKeys,
}

#[derive(Deserialize)]
struct Document {
    /// Null where there are none: the platform says so where it signs with a shared secret. It may
    /// not be missing.
    #[serde(deserialize_with = "Option::deserialize")]
    keys: Option<Vec<Value>>,
}

impl KeySet {
    /// Reads a published set. A key of another type or use is skipped, not an error: a publisher may
    /// have others for others.
    pub fn read(json: &[u8]) -> Result<Self, KeySetError> {
        let document: Document =
            serde_json::from_slice(json).map_err(|_| KeySetError::Malformed)?;
        let keys = document.keys.unwrap_or_default();
        if keys.len() > MOST_KEYS {
            return Err(KeySetError::TooManyKeys);
        }
        let mut skipped = Vec::new();
        // Of keys with one id nobody could say which a token names.
        let mut by_id: BTreeMap<String, Vec<(usize, PublicKey)>> = BTreeMap::new();
        for (place, key) in keys.iter().enumerate() {
            match usable(key) {
                Ok(key) => by_id
                    .entry(key.id().to_owned())
                    .or_default()
                    .push((place, key)),
                Err(reason) => skipped.push(SkippedKey { place, reason }),
            }
        }
        let mut keys = Vec::new();
        for same_id in by_id.into_values() {
            let (_, first) = &same_id[0];
            if same_id.iter().all(|(_, key)| key == first) {
                keys.push(first.clone());
            } else {
                skipped.extend(same_id.iter().map(|(place, _)| SkippedKey {
                    place: *place,
                    reason: "has the id of another key",
                }));
            }
        }
        skipped.sort_by_key(|skipped| skipped.place);
        Ok(Self { keys, skipped })
    }
}

/// A key that verifies Ed25519 signatures (RFC 8037, section 2), or the reason why it is none.
fn usable(key: &Value) -> Result<PublicKey, &'static str> {
    let text = |member: &str| key.get(member).and_then(Value::as_str);
    let absent_or = |member: &str, value: &str| {
        key.get(member)
            .is_none_or(|actual| actual.as_str() == Some(value))
    };
    if key.get("d").is_some() || key.get("k").is_some() {
        return Err("is published with its secret half: anybody can sign with it");
    }
    if text("kty") != Some("OKP") || text("crv") != Some("Ed25519") {
        return Err("is of another type than Ed25519");
    }
    if !absent_or("alg", PublicKey::ALGORITHM) {
        return Err("is for another algorithm");
    }
    if !absent_or("use", "sig") {
        return Err("is for another use than signatures");
    }
    let verifies = |operations: &Value| {
        operations
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one == "verify"))
    };
    if !key.get("key_ops").is_none_or(verifies) {
        return Err("is for another use than verifying");
    }
    let id = text("kid").ok_or("has no id")?;
    if id.is_empty() || id.len() > LONGEST_ID {
        return Err("has an id that is empty or too long");
    }
    let bytes = text("x")
        .and_then(|x| URL_SAFE_NO_PAD.decode(x).ok())
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or("has no 32 bytes")?;
    Ok(PublicKey::new(id.to_owned(), bytes))
}

/// A published set.
#[derive(Serialize)]
struct Published<'a> {
    keys: Vec<PublishedKey<'a>>,
}

/// A published key, its members in the order of the platform's.
#[derive(Serialize)]
struct PublishedKey<'a> {
    kid: &'a str,
    kty: &'a str,
    alg: &'a str,
    r#use: &'a str,
    crv: &'a str,
    x: String,
}

/// The set of some keys as one publishes it: JSON text.
#[expect(clippy::expect_used, reason = "a structure of texts always serializes")]
pub fn key_set<'a>(keys: impl IntoIterator<Item = &'a PublicKey>) -> String {
    let keys = keys.into_iter().map(|key| PublishedKey {
        kid: key.id(),
        kty: "OKP",
        alg: PublicKey::ALGORITHM,
        r#use: "sig",
        crv: "Ed25519",
        x: URL_SAFE_NO_PAD.encode(key.bytes()),
    });
    let set = Published {
        keys: keys.collect(),
    };
    serde_json::to_string(&set).expect("texts are JSON values")
}

#[cfg(test)]
mod tests;
