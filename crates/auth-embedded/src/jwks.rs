//! The public half of the key, as others fetch it: the port `PublishedKeys`.

use serde::Serialize;
use users_domain::ports::PublishedKeys;

use crate::EmbeddedAuth;
use crate::signing_key::SigningKey;

/// A JSON Web Key Set (RFC 7517, section 5).
#[derive(Serialize)]
struct KeySet<'a> {
    keys: [Key<'a>; 1],
}

/// An Ed25519 public key (RFC 8037, section 2), its members in the order of the platform's.
#[derive(Serialize)]
struct Key<'a> {
    kid: &'a str,
    kty: &'a str,
    alg: &'a str,
    r#use: &'a str,
    crv: &'a str,
    x: &'a str,
}

/// The key set as JSON text.
#[expect(clippy::expect_used, reason = "a structure of texts always serializes")]
pub(crate) fn key_set(key: &SigningKey) -> String {
    let set = KeySet {
        keys: [Key {
            kid: key.id(),
            kty: "OKP",
            alg: "EdDSA",
            r#use: "sig",
            crv: "Ed25519",
            x: &key.x(),
        }],
    };
    serde_json::to_string(&set).expect("texts are JSON values")
}

impl PublishedKeys for EmbeddedAuth {
    fn key_set(&self) -> String {
        self.key_set.clone()
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::Ed25519KeyPair;

    use super::*;

    #[test]
    fn the_set_has_the_members_of_the_platforms_in_their_order() {
        let key = SigningKey::new(Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap());
        let expected = format!(
            r#"{{"keys":[{{"kid":"{}","kty":"OKP","alg":"EdDSA","use":"sig","crv":"Ed25519","x":"{}"}}]}}"#,
            key.id(),
            key.x()
        );
        assert_eq!(key_set(&key), expected);
    }
}
