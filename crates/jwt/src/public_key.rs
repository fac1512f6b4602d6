//! The public half of a key that signs tokens.

use std::fmt;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};

use crate::claims::{Claims, Payload};
use crate::{Refusal, Unverified};

/// An Ed25519 public key (RFC 8032) with the id by which tokens name it.
#[derive(Clone)]
pub struct PublicKey {
    id: String,
    bytes: [u8; Self::LENGTH],
    key: DecodingKey,
}

impl PublicKey {
    /// How many bytes it has.
    pub const LENGTH: usize = 32;

    /// What tokens signed with it say in their header (`alg`), and nothing else.
    pub const ALGORITHM: &str = "EdDSA";

    /// A key.
    pub fn new(id: String, bytes: [u8; Self::LENGTH]) -> Self {
        Self {
            id,
            bytes,
            key: DecodingKey::from_ed_der(&bytes),
        }
    }

    /// The id (`kid`).
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key itself.
    pub fn bytes(&self) -> &[u8; Self::LENGTH] {
        &self.bytes
    }

    /// What a token says that is signed with this key and names it. The algorithm is the key's,
    /// whatever the token says.
    ///
    /// Whether the token is alive is for [`Claims::check_times`] to say.
    pub fn verify(&self, token: &str) -> Result<Claims, Refusal> {
        Unverified::parse(token)?.verify(self)
    }

    /// What a token says that is signed with this key.
    pub(crate) fn open(&self, token: &str) -> Result<Claims, Refusal> {
        // Signature and algorithm are the library's to check, the claims ours: it would ask the
        // machine's clock, and allow a minute after the end.
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        decode::<Payload>(token, &self.key, &validation)
            .map_err(|_| Refusal::Signature)?
            .claims
            .understood()
    }
}

/// By id and bytes.
impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.bytes == other.bytes
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey").field(&self.id).finish()
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hmac;
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    const CLAIMS: &str = r#"{"exp":1770095106,"iat":1770091506,"iss":"magistrala.auth","role":1,"sub":"id-of-ada","type":0,"verified":true}"#;

    fn pair() -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap()
    }

    fn key() -> PublicKey {
        let bytes = pair().public_key().as_ref().try_into().unwrap();
        PublicKey::new("active".to_owned(), bytes)
    }

    fn unsigned(header: &str) -> String {
        let encoded = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}", encoded(header), encoded(CLAIMS))
    }

    fn signed(header: &str) -> String {
        let text = unsigned(header);
        let signature = pair().sign(text.as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    #[test]
    fn a_token_signed_with_the_key_that_it_names_verifies() {
        let claims = key().verify(&signed(r#"{"alg":"EdDSA","kid":"active"}"#));
        assert_eq!(claims.unwrap().user, "id-of-ada");
    }

    #[test]
    fn a_token_that_names_another_key_or_algorithm_is_refused_though_genuine() {
        for (header, refusal) in [
            (r#"{"alg":"EdDSA","kid":"other"}"#, Refusal::Key),
            (r#"{"alg":"EdDSA"}"#, Refusal::Key),
            (r#"{"alg":"none","kid":"active"}"#, Refusal::Algorithm),
            (r#"{"alg":"ES256","kid":"active"}"#, Refusal::Algorithm),
            (
                r#"{"alg":"EdDSA","kid":"active","crit":["b64"]}"#,
                Refusal::Extension,
            ),
            (r#"{"alg":"EdDSA","kid":null}"#, Refusal::Malformed),
            (r#"{"kid":"active"}"#, Refusal::Malformed),
        ] {
            assert_eq!(key().verify(&signed(header)), Err(refusal), "{header}");
        }
    }

    #[test]
    fn a_token_of_another_key_is_refused_though_it_names_this_one() {
        let text = unsigned(r#"{"alg":"EdDSA","kid":"active"}"#);
        let other = Ed25519KeyPair::from_seed_unchecked(&[2; 32]).unwrap();
        for signature in [other.sign(text.as_bytes()).as_ref(), b""] {
            let token = format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature));
            assert_eq!(key().verify(&token), Err(Refusal::Signature));
        }
    }

    #[test]
    fn a_token_of_a_shared_secret_is_read_and_never_verified() {
        let text = unsigned(r#"{"alg":"HS256","typ":"JWT"}"#);
        let secret = hmac::Key::new(hmac::HMAC_SHA256, key().bytes());
        let tag = hmac::sign(&secret, text.as_bytes());
        let token = format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag));
        let parsed = Unverified::parse(&token).unwrap();
        assert_eq!(parsed.claims().issued_at.unix_timestamp(), 1_770_091_506);
        assert_eq!((parsed.key_id(), parsed.algorithm()), (None, "HS256"));
        assert_eq!(parsed.verify(&key()), Err(Refusal::Key));
    }
}
