//! The formats of password hashes that are understood, and why a text is none of them.

use std::fmt;

use crate::stored_hash::StoredHash;

/// A format of password hashes that a login understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// `$2b$cost$salthash`, and the older prefixes: what new hashes are made in.
    Bcrypt,
    /// `$argon2id$v=19$m=..,t=..,p=..$salt$hash` (RFC 9106, in the PHC string format).
    Argon2id,
    /// `pbkdf2_sha256$iterations$salt$hash`, as Django stores it.
    DjangoPbkdf2,
    /// `$pbkdf2-sha1|sha256|sha512$i=..,l=..$salt$hash` (RFC 8018): what Keycloak's values become.
    Pbkdf2,
    /// `$fbscrypt$v=1,n=..,r=..,p=1,ss=..,sk=..$salt$hash`: what Firebase's values become.
    FirebaseScrypt,
    /// `{SSHA}base64`, as LDAP directories store it (RFC 2307's scheme with a salt).
    SaltedSha1,
    /// `$6$[rounds=..$]salt$hash`, as crypt(3) makes it.
    Sha512Crypt,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bcrypt => "bcrypt",
            Self::Argon2id => "argon2id",
            Self::DjangoPbkdf2 => "Django's PBKDF2",
            Self::Pbkdf2 => "PBKDF2",
            Self::FirebaseScrypt => "Firebase's scrypt",
            Self::SaltedSha1 => "salted SHA-1",
            Self::Sha512Crypt => "SHA-512-crypt",
        })
    }
}

/// Why a text cannot be verified. It names fields and numbers, never the text itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It begins like no hash that is known.
    #[error("not a password hash of a known format")]
    UnknownFormat,
    /// To verify it would take more time or memory than is allowed.
    #[error("{format}: {field} is {value}, more than the {limit} that are verified")]
    TooDear {
        /// The format it is of.
        format: Format,
        /// What is too much: the format's own name for it.
        field: &'static str,
        /// How much it is, in the format's own unit.
        value: u64,
        /// How much is allowed.
        limit: u64,
    },
    /// It begins like a hash of a known format and goes on otherwise.
    #[error("{format}: {field} {reason}")]
    Malformed {
        /// The format it begins like.
        format: Format,
        /// What is wrong: the format's own name for it.
        field: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// Says whether a login could verify a stored hash: for an import, before it is kept.
///
/// White space behind the hash is ignored, as at a login. Nothing is computed, so it is cheap.
pub fn check(hash: &str) -> Result<Format, Refusal> {
    StoredHash::parse(hash).map(|stored| stored.format())
}

impl Format {
    pub(crate) fn malformed(self, field: &'static str, reason: &'static str) -> Refusal {
        Refusal::Malformed {
            format: self,
            field,
            reason,
        }
    }

    /// Refuses what is more than the limit.
    pub(crate) fn at_most(
        self,
        field: &'static str,
        value: u64,
        limit: u32,
    ) -> Result<u32, Refusal> {
        match u32::try_from(value) {
            Ok(value) if value <= limit => Ok(value),
            _ => Err(Refusal::TooDear {
                format: self,
                field,
                value,
                limit: limit.into(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_field_and_the_reason() {
        for (hash, told) in [
            ("secret", "not a password hash of a known format"),
            (
                "pbkdf2_sha256$5000001$salt$hash",
                "Django's PBKDF2: iterations is 5000001, more than the 5000000 that are verified",
            ),
            (
                "$pbkdf2-sha256$i=0,l=32$c2FsdA$aGFzaA",
                "PBKDF2: i must be a number from 1, without leading zeros",
            ),
        ] {
            assert_eq!(check(hash).unwrap_err().to_string(), told);
        }
    }

    #[test]
    fn a_refusal_never_shows_what_was_given() {
        for start in [
            "",
            "$2b$",
            "$argon2id$v=19$m=65536,t=1,p=1$",
            "pbkdf2_sha256$1000$",
            "$pbkdf2-sha1$i=1,l=20$",
            "$fbscrypt$v=1,n=14,r=8,p=1,ss=,sk=",
            "{SSHA}",
            "$6$",
        ] {
            let refusal = check(&format!("{start}SeCrEt")).unwrap_err();
            assert!(!format!("{refusal} {refusal:?}").contains("SeCrEt"));
        }
    }
}
