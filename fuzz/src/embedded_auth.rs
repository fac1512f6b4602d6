//! The issuer and verifier of tokens, with the same key in every run, and a forge that has the key.

use std::sync::Arc;

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures::FutureExt as _;
use users_auth_embedded::{EmbeddedAuth, EmbeddedAuthSettings, KEY_FILE_NAME};
use users_domain::model::{Role, TokenPair};
use users_domain::ports::{IssueToken, TokenIssuer as _};
use users_testkit::Fakes;
use users_testkit::fakes::SeededEntropy;
use users_testkit::people::id_of;

/// An issuer, one pair of tokens of it, and its key.
pub(crate) struct Issued {
    pub(crate) auth: Arc<EmbeddedAuth>,
    pub(crate) pair: TokenPair,
    pub(crate) key_id: String,
    key: Ed25519KeyPair,
}

impl Issued {
    /// A pair for Ada.
    pub(crate) fn to_ada(fakes: &Fakes) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(KEY_FILE_NAME);
        let auth = EmbeddedAuth::open(
            EmbeddedAuthSettings::new(path.clone()),
            Arc::new(fakes.store.clone()),
            Arc::new(fakes.clock.clone()),
            Arc::new(SeededEntropy::new(9002)),
        )
        .expect("a key");
        let pem = std::fs::read_to_string(path).expect("a key");
        let issuing = auth.issue(IssueToken {
            user: id_of("ada"),
            role: Role::User,
            verified: true,
            description: None,
            not_before: None,
        });
        let pair = issuing.now_or_never().expect("memory answers at once");
        let pair = pair.expect("a pair");
        Self {
            key: key(&pem),
            key_id: key_id(pair.access.expose()),
            auth: Arc::new(auth),
            pair,
        }
    }

    /// A token of any header and claims, signed with the right key.
    pub(crate) fn sign(&self, header: &str, claims: &str) -> String {
        let encoded = |text| URL_SAFE_NO_PAD.encode(text);
        let signed = format!("{}.{}", encoded(header), encoded(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

fn key(pem: &str) -> Ed25519KeyPair {
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(base64).expect("base64");
    Ed25519KeyPair::from_pkcs8(&der).expect("a key")
}

fn key_id(token: &str) -> String {
    let header = token.split('.').next().unwrap_or_default();
    let header = URL_SAFE_NO_PAD.decode(header).expect("base64");
    let header: serde_json::Value = serde_json::from_slice(&header).expect("JSON");
    header["kid"].as_str().expect("a key id").to_owned()
}
