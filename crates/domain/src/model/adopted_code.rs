//! Codes that the deployed service mailed: their links still work on a database taken over from it.

use std::fmt;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use super::{CodeDigest, Email, UserId};

/// base64url (RFC 4648, section 5) with its padding, as it was mailed, or without, as some mail
/// programs leave it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a link of the deployed service shows: an account, an address and the code that was mailed
/// to it. It proves that the address is the account's, and opens nothing else.
///
/// The id and the address are as somebody wrote them: only a row that holds the same texts, byte
/// for byte, makes them mean anything.
#[derive(Clone)]
pub struct AdoptedCode {
    /// Whose account it is for.
    pub user: UserId,
    /// The address it was mailed to.
    pub email: Email,
    /// The code alone, under which the deployed service keeps it: in clear text. A secret.
    otp: SecretString,
}

/// A token's JSON text.
#[derive(Deserialize)]
struct Members {
    user_id: String,
    email: String,
    otp: String,
}

impl AdoptedCode {
    /// Most bytes of a token: the longest that the deployed service's columns allow has fewer,
    /// unless most of its characters need escapes.
    pub const MAX_TOKEN_BYTES: usize = 4096;

    /// A code, as a row or a link has it.
    pub fn new(user: UserId, email: Email, otp: String) -> Self {
        Self {
            user,
            email,
            otp: otp.into(),
        }
    }

    /// Takes what somebody shows as a token of the deployed service: base64url of a JSON object
    /// with the non-empty texts `user_id`, `email` and `otp`. `None` if it cannot be one.
    pub fn parse(token: &str) -> Option<Self> {
        if token.len() > Self::MAX_TOKEN_BYTES {
            return None;
        }
        let json = BASE64.decode(token).ok()?;
        // Members without names would be read too.
        if !json.trim_ascii_start().starts_with(b"{") {
            return None;
        }
        let Members {
            user_id,
            email,
            otp,
        } = serde_json::from_slice(&json).ok()?;
        if ![&user_id, &email, &otp]
            .into_iter()
            .all(|text| may_be_stored(text))
        {
            return None;
        }
        let (user, email) = (UserId::from_stored(user_id), Email::from_stored(email));
        Some(Self::new(user, email, otp))
    }

    /// Whether the code is this one, which a row holds. Takes the same time wherever they differ.
    pub fn is_otp(&self, stored: &str) -> bool {
        let shown = self.otp.expose_secret().as_bytes();
        shown.ct_eq(stored.as_bytes()).into()
    }

    /// By what the code goes where codes are known by their digest: SHA-256 of the code alone.
    pub fn digest(&self) -> CodeDigest {
        CodeDigest::of(self.otp.expose_secret())
    }
}

/// No row has an empty text there, and no database keeps U+0000.
fn may_be_stored(text: &str) -> bool {
    !text.is_empty() && !text.contains('\0')
}

/// Takes the same time wherever the codes differ.
impl PartialEq for AdoptedCode {
    fn eq(&self, other: &Self) -> bool {
        self.user == other.user
            && self.email == other.email
            && self.is_otp(other.otp.expose_secret())
    }
}

impl Eq for AdoptedCode {}

/// Neither the code nor who it is for: all of it is as strangers wrote it.
impl fmt::Debug for AdoptedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdoptedCode(***)")
    }
}
