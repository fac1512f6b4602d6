//! Passwords: as somebody tries them, as somebody chooses them, and as they are kept.

use std::fmt;

use regex::Regex;
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Invalid, InvalidReason};

const FIELD: &str = "credentials.secret";

/// A password as typed at a login: any text, since adopted passwords obey no rule of ours.
#[derive(Clone)]
pub struct PasswordAttempt(SecretString);

impl PasswordAttempt {
    /// Takes what was typed.
    pub fn new(text: String) -> Self {
        Self(text.into())
    }

    /// The text, for the hasher only.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for PasswordAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordAttempt(***)")
    }
}

/// A password that may be set: it met the [`PasswordPolicy`] that made it.
#[derive(Clone)]
pub struct Password(SecretString);

impl Password {
    /// Most bytes of a password: bcrypt reads no more (OWASP Password Storage Cheat Sheet).
    pub const MAX_BYTES: usize = 72;

    /// The text, for the hasher only.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The same password as somebody types it at a login.
    pub fn as_attempt(&self) -> PasswordAttempt {
        PasswordAttempt(self.0.clone())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

/// What a new password must look like: a pattern that must be found in it, besides our own limits.
#[derive(Debug, Clone)]
pub struct PasswordPolicy(Regex);

impl PasswordPolicy {
    /// The pattern used when the operator gives none: eight characters or more.
    pub const DEFAULT_PATTERN: &str = "^.{8,}$";

    /// Compiles the operator's pattern (the RE2-like syntax of the `regex` crate, searched for
    /// anywhere in the password, `.` excludes newline).
    pub fn parse(pattern: &str) -> Result<Self, regex::Error> {
        Regex::new(pattern).map(Self)
    }

    /// The policy that asks for nothing beyond our own limits: for passwords that the operator
    /// chose himself, and for new hashes of passwords in use.
    pub fn anything() -> Self {
        Self::compile("")
    }

    #[expect(
        clippy::expect_used,
        reason = "only called with constants that compile"
    )]
    fn compile(constant: &'static str) -> Self {
        Self::parse(constant).expect("a constant pattern compiles")
    }

    /// Accepts a new password or says why not.
    ///
    /// U+0000 is refused, because other programs that read the same hashes stop there.
    pub fn accept(&self, text: &str) -> Result<Password, Invalid> {
        if text.is_empty() {
            return Err(Invalid::new(FIELD, InvalidReason::Missing));
        }
        super::text::at_most_bytes(FIELD, text, Password::MAX_BYTES)?;
        if text.contains('\0') {
            return Err(Invalid::new(FIELD, InvalidReason::Character("U+0000")));
        }
        if !self.0.is_match(text) {
            return Err(Invalid::new(FIELD, InvalidReason::PasswordPolicy));
        }
        Ok(Password(text.to_owned().into()))
    }
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self::compile(Self::DEFAULT_PATTERN)
    }
}

/// A password hash as stored: an opaque text that only the hasher can read.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// A hash as a hasher made it or a store keeps it.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text, for stores and hashers.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(***)")
    }
}
