//! The private key in memory, and the tokens it signs.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use tracing::error;
use users_domain::model::BearerToken;
use users_domain::ports::TokenError;
use users_jwt::{Claims, PublicKey};

/// An Ed25519 key pair with the id by which tokens name it.
pub(crate) struct SigningKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
    /// The first part of every token: it depends on nothing but the key.
    header: String,
}

impl SigningKey {
    /// The key's id (`kid`) is its thumbprint (RFC 7638), so that another key never goes by the same
    /// id, and others that cached the old one see that there is a new one.
    #[expect(clippy::expect_used, reason = "Ed25519 knows one length")]
    pub(crate) fn new(pair: Ed25519KeyPair) -> Self {
        let bytes = pair.public_key().as_ref();
        let bytes: [u8; PublicKey::LENGTH] = bytes
            .try_into()
            .expect("an Ed25519 public key has 32 bytes (RFC 8032, section 5.1.5)");
        let public = PublicKey::new(thumbprint(&bytes), bytes);
        // In the order in which the platform writes them.
        let header = json!({ "alg": PublicKey::ALGORITHM, "kid": public.id(), "typ": "JWT" });
        Self {
            header: URL_SAFE_NO_PAD.encode(header.to_string()),
            public,
            pair,
        }
    }

    /// The public half.
    pub(crate) fn public(&self) -> &PublicKey {
        &self.public
    }

    /// A token (RFC 7515, section 3.1).
    pub(crate) fn sign(&self, claims: &Claims) -> Result<BearerToken, TokenError> {
        let claims = claims.to_json().map_err(|error| unsigned(&error))?;
        let mut token = format!("{}.{}", self.header, URL_SAFE_NO_PAD.encode(claims));
        let signature = self
            .pair
            .try_sign(token.as_bytes())
            .map_err(|error| unsigned(&error))?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(BearerToken::new(token))
    }
}

fn unsigned(error: &dyn fmt::Display) -> TokenError {
    error!(%error, "a token could not be signed");
    TokenError::Unavailable
}

/// RFC 7638, section 3, with the members that RFC 8037, section 2 names.
fn thumbprint(public: &[u8]) -> String {
    let x = URL_SAFE_NO_PAD.encode(public);
    let members = json!({ "crv": "Ed25519", "kty": "OKP", "x": x });
    URL_SAFE_NO_PAD.encode(digest(&SHA256, members.to_string().as_bytes()))
}

/// The private half is never printed.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey")
            .field(&self.public.id())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 8037, appendix A.
    const SEED: [u8; 32] = [
        0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c,
        0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae,
        0x7f, 0x60,
    ];

    #[test]
    fn the_id_is_the_thumbprint_of_the_public_key() {
        let key = SigningKey::new(Ed25519KeyPair::from_seed_unchecked(&SEED).unwrap());
        assert_eq!(
            URL_SAFE_NO_PAD.encode(key.public().bytes()),
            "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
        );
        assert_eq!(
            key.public().id(),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        );
    }

    #[test]
    fn a_key_prints_its_id_and_nothing_else() {
        let key = SigningKey::new(Ed25519KeyPair::from_seed_unchecked(&SEED).unwrap());
        let id = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
        assert_eq!(format!("{key:?}"), format!("SigningKey({id:?})"));
    }
}
