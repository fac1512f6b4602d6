//! A token taken apart, which anybody may have made.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::claims::{Claims, there};
use crate::{PublicKey, Refusal};

/// Longer texts are refused unread; tokens have some 600 bytes.
pub const MOST_BYTES: usize = 8 * 1024;

/// A well-formed token in the platform's manner whose signature nobody has looked at.
pub struct Unverified<'a> {
    text: &'a str,
    header: Header,
    claims: Claims,
}

/// What is read of a header; the rest does not matter.
#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default, deserialize_with = "there")]
    kid: Option<String>,
    /// Whatever it is, it is too much.
    #[serde(default, deserialize_with = "there")]
    crit: Option<IgnoredAny>,
}

impl<'a> Unverified<'a> {
    /// Takes a token apart. Its claims have the platform's types and values; whether it is alive is
    /// for [`Claims::check_times`] to say.
    pub fn parse(text: &'a str) -> Result<Self, Refusal> {
        if text.len() > MOST_BYTES {
            return Err(Refusal::TooLong);
        }
        let mut parts = text.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::Malformed);
        };
        decoded(signature)?;
        let header: Header =
            serde_json::from_slice(&decoded(header)?).map_err(|_| Refusal::Malformed)?;
        if header.crit.is_some() {
            return Err(Refusal::Extension);
        }
        Ok(Self {
            text,
            header,
            claims: Claims::from_json(&decoded(claims)?)?,
        })
    }

    /// The key that it says it is signed with (`kid`).
    pub fn key_id(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// The algorithm that it says it is signed by (`alg`). A reason to refuse it, never to trust it.
    pub fn algorithm(&self) -> &str {
        &self.header.alg
    }

    /// What it says. To be believed only if the token came from its issuer, or the issuer has just
    /// confirmed it; [`verify`](Self::verify) otherwise.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// What it says, if it is signed with that key and names it. The algorithm is the key's,
    /// whatever the token says.
    pub fn verify(&self, key: &PublicKey) -> Result<Claims, Refusal> {
        if self.key_id() != Some(key.id()) {
            return Err(Refusal::Key);
        }
        self.verify_by(key)
    }

    /// What it says, if it is signed with that key, whichever it names: for a publisher that gives
    /// its keys other ids.
    pub fn verify_by(&self, key: &PublicKey) -> Result<Claims, Refusal> {
        if self.algorithm() != PublicKey::ALGORITHM {
            return Err(Refusal::Algorithm);
        }
        key.open(self.text)
    }

    /// What it says, as [`claims`](Self::claims) does.
    pub fn into_claims(self) -> Claims {
        self.claims
    }
}

fn decoded(part: &str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Malformed)
}
