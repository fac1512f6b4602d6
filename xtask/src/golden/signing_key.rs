//! Our own key, to sign tokens that the service would never issue, and to verify those it does.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::jwt::Jwt;

/// The private key that the service signs with.
pub(super) struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// Reads a PEM file with an Ed25519 key in PKCS#8.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let pem = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the key {}", path.display()))?;
        let base64: String = pem
            .lines()
            .filter(|line| !line.starts_with("-----"))
            .collect();
        let der = STANDARD
            .decode(base64.trim())
            .context("the key is not in base64")?;
        let pair = Ed25519KeyPair::from_pkcs8(&der);
        Ok(Self(pair.map_err(|error| {
            anyhow!("the key is not Ed25519 in PKCS#8: {error}")
        })?))
    }

    /// A token with any header and claims, signed whatever they say.
    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.0.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

/// A public key as a key document shows it: `x` in base64url.
pub(super) struct VerifyingKey(Vec<u8>);

impl VerifyingKey {
    pub(super) fn parse(x: &str) -> Result<Self> {
        URL_SAFE_NO_PAD
            .decode(x)
            .map(Self)
            .context("`x` is not in base64url")
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.len()
    }

    /// Whether `token` was signed with its private half.
    pub(super) fn verifies(&self, token: &Jwt) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0)
            .verify(&token.signed, &token.signature)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::KeyPair as _;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_signed_with_the_key_of_a_file_verifies_until_it_is_touched() {
        let pair = Ed25519KeyPair::generate().expect("a key");
        let der = pair.to_pkcs8v1().expect("PKCS#8");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("auth-key.pem");
        let base64 = STANDARD.encode(der.as_ref());
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n");
        std::fs::write(&path, pem).expect("written");

        let token = SigningKey::read(&path)
            .expect("a key")
            .sign(&json!({ "alg": "EdDSA" }), &json!({ "sub": "ada" }));
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        let key = VerifyingKey::parse(&x).expect("a key");
        let mut jwt = Jwt::parse(&token).expect("a token");
        assert!(key.verifies(&jwt));
        jwt.signed[0] ^= 1;
        assert!(!key.verifies(&jwt));
    }
}
