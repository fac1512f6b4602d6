//! Codes that are mailed: each opens one thing, for one account, at one address, once.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{AdoptedCode, Email, Timestamp, UserId};

/// What a code is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodePurpose {
    /// Proves that an e-mail address is the account's.
    VerifyEmail,
    /// Sets a new password without the old one.
    ResetSecret,
}

impl CodePurpose {
    /// Every purpose.
    pub const ALL: [Self; 2] = [Self::VerifyEmail, Self::ResetSecret];

    /// The name that stores keep.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetSecret => "reset_secret",
        }
    }

    /// Reads the name that a store keeps.
    pub fn from_stored(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|purpose| purpose.as_str() == name)
    }
}

/// A code as it stands in a mail: 32 random bytes in base64url without padding. A secret.
#[derive(Clone)]
pub struct OneTimeCode(SecretString);

impl OneTimeCode {
    /// Random bytes of a code: more than anybody guesses (OWASP ASVS asks for 128 bits).
    pub const BYTES: usize = 32;
    /// Characters of a code.
    pub const CHARS: usize = 43;

    /// The code of these random bytes.
    pub fn new(bytes: [u8; Self::BYTES]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(bytes).into())
    }

    /// Takes what somebody shows as a code; `None` if it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == Self::CHARS && URL_SAFE_NO_PAD.decode(text).is_ok();
        fits.then(|| Self(text.to_owned().into()))
    }

    /// The text, for the mail only.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is kept of it.
    pub fn digest(&self) -> CodeDigest {
        CodeDigest::of(self.expose())
    }
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeCode(***)")
    }
}

/// SHA-256 of a code's text: enough to recognise it, useless to whoever reads the database. No salt
/// and no slow hash are needed, because nobody guesses 256 random bits.
#[derive(Clone, Copy)]
pub struct CodeDigest([u8; 32]);

impl CodeDigest {
    /// The digest of a code's text.
    pub(super) fn of(code: &str) -> Self {
        Self(Sha256::digest(code).into())
    }

    /// 64 hexadecimal digits in lower case.
    pub fn to_hex(self) -> String {
        use std::fmt::Write as _;

        self.0.iter().fold(String::new(), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// Takes the same time whatever is equal.
impl PartialEq for CodeDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for CodeDigest {}

impl fmt::Debug for CodeDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeDigest(***)")
    }
}

/// By what a code is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The digest of a code of ours.
    Digest(CodeDigest),
    /// What a link of the deployed service shows.
    Adopted(AdoptedCode),
}

/// A code as a store keeps it, or as it reads it from what it adopted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRecord {
    /// By what it is found.
    pub digest: CodeDigest,
    /// What it is good for.
    pub purpose: CodePurpose,
    /// Whose account it opens.
    pub user: UserId,
    /// The address it was mailed to; of no use once the account has another.
    pub email: Email,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is of no use.
    pub expires_at: Timestamp,
}
