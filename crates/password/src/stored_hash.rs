//! Reads hashes as they are stored, those too that other programs wrote.

use crate::format::{Format, Refusal};
use crate::formats::argon2id::Argon2id;
use crate::formats::bcrypt::Bcrypt;
use crate::formats::django_pbkdf2;
use crate::formats::firebase_scrypt::FirebaseScrypt;
use crate::formats::pbkdf2::Pbkdf2;
use crate::formats::salted_sha1::SaltedSha1;
use crate::formats::sha512_crypt::Sha512Crypt;

/// A stored hash that may be verified. It prints nothing: all of it helps who guesses passwords.
pub(crate) enum StoredHash {
    Bcrypt(Bcrypt),
    Argon2id(Argon2id),
    DjangoPbkdf2(Pbkdf2),
    Pbkdf2(Pbkdf2),
    FirebaseScrypt(FirebaseScrypt),
    SaltedSha1(SaltedSha1),
    Sha512Crypt(Sha512Crypt),
}

/// The memory that a comparison needs was not to be had.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OutOfMemory;

/// No hash of a known format is longer, in bytes: no reader ever copies or decodes more.
const LONGEST: usize = 1024;

impl StoredHash {
    /// Understands a stored text. White space behind it is cut: columns of fixed width pad.
    pub(crate) fn parse(stored: &str) -> Result<Self, Refusal> {
        let stored = stored.trim_end();
        let (format, rest) = of_format(stored).ok_or(Refusal::UnknownFormat)?;
        if stored.len() > LONGEST {
            return Err(format.malformed("the text", "is longer than any hash of the format"));
        }
        Ok(match format {
            Format::Bcrypt => Self::Bcrypt(Bcrypt::parse(rest)?),
            Format::Argon2id => Self::Argon2id(Argon2id::parse(rest)?),
            Format::DjangoPbkdf2 => Self::DjangoPbkdf2(django_pbkdf2::parse(rest)?),
            Format::Pbkdf2 => Self::Pbkdf2(Pbkdf2::parse(rest)?),
            Format::FirebaseScrypt => Self::FirebaseScrypt(FirebaseScrypt::parse(rest)?),
            Format::SaltedSha1 => Self::SaltedSha1(SaltedSha1::parse(rest)?),
            Format::Sha512Crypt => Self::Sha512Crypt(Sha512Crypt::parse(rest)?),
        })
    }

    /// What it is.
    pub(crate) fn format(&self) -> Format {
        match self {
            Self::Bcrypt(_) => Format::Bcrypt,
            Self::Argon2id(_) => Format::Argon2id,
            Self::DjangoPbkdf2(_) => Format::DjangoPbkdf2,
            Self::Pbkdf2(_) => Format::Pbkdf2,
            Self::FirebaseScrypt(_) => Format::FirebaseScrypt,
            Self::SaltedSha1(_) => Format::SaltedSha1,
            Self::Sha512Crypt(_) => Format::Sha512Crypt,
        }
    }

    /// Whether a new hash of the same password would have another format or cost.
    pub(crate) fn is_outdated(&self, cost_today: u32) -> bool {
        match self {
            Self::Bcrypt(hash) => hash.cost() != cost_today,
            _ => true,
        }
    }

    /// How many bytes a comparison fills while it runs; 0 where that is next to nothing.
    pub(crate) fn memory(&self) -> usize {
        match self {
            Self::Argon2id(hash) => hash.memory(),
            Self::FirebaseScrypt(hash) => hash.memory(),
            _ => 0,
        }
    }

    /// Whether it is of this password. Takes its time.
    pub(crate) fn matches(&self, password: &[u8]) -> Result<bool, OutOfMemory> {
        match self {
            Self::Bcrypt(hash) => Ok(hash.matches(password)),
            Self::Argon2id(hash) => hash.matches(password),
            Self::DjangoPbkdf2(hash) | Self::Pbkdf2(hash) => Ok(hash.matches(password)),
            Self::FirebaseScrypt(hash) => Ok(hash.matches(password)),
            Self::SaltedSha1(hash) => Ok(hash.matches(password)),
            Self::Sha512Crypt(hash) => Ok(hash.matches(password)),
        }
    }
}

/// How hashes of each format begin. What stands behind is for the format's reader, and so are the
/// beginnings of bcrypt, of PBKDF2 and of SHA-512-crypt beyond the first `$`.
const BEGINNINGS: [(&str, Format); 12] = [
    ("$2b$", Format::Bcrypt),
    ("$2a$", Format::Bcrypt),
    ("$2y$", Format::Bcrypt),
    ("$2$", Format::Bcrypt),
    ("$2c$", Format::Bcrypt),
    ("$2x$", Format::Bcrypt),
    ("$argon2id$", Format::Argon2id),
    ("pbkdf2_sha256$", Format::DjangoPbkdf2),
    ("$pbkdf2-", Format::Pbkdf2),
    ("$fbscrypt$", Format::FirebaseScrypt),
    ("{SSHA}", Format::SaltedSha1),
    ("$6$", Format::Sha512Crypt),
];

/// The format by the beginning, and what stands behind it.
fn of_format(stored: &str) -> Option<(Format, &str)> {
    BEGINNINGS.iter().find_map(|(beginning, format)| {
        let (start, rest) = stored.split_at_checked(beginning.len())?;
        // Names of LDAP's schemes have no case (RFC 2307, section 5.3); the others do.
        let same = match format {
            Format::SaltedSha1 => start.eq_ignore_ascii_case(beginning),
            _ => start == *beginning,
        };
        same.then_some((*format, rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_begin_like_no_hash_are_of_no_format() {
        for stored in [
            "",
            "$",
            "plain text",
            "*",
            "!",
            "$1$salt$hash",
            "$5$salt$hash",
            "$2d$10$",
            "$2B$10$",
            "$6",
            "{SSHA",
            "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
            "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$aGFzaA",
            "$ARGON2ID$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$aGFzaA",
            "PBKDF2_SHA256$1$salt$hash",
            " $6$salt$hash",
        ] {
            assert_eq!(
                StoredHash::parse(stored).err(),
                Some(Refusal::UnknownFormat),
                "{stored:?}"
            );
        }
    }

    #[test]
    fn a_text_beyond_every_hash_is_refused_unread_and_white_space_does_not_count() {
        let ssha = "{SSHA}DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3";
        let padded = format!("{ssha}{}", " ".repeat(100_000));
        assert!(StoredHash::parse(&padded).is_ok());
        let endless = format!("{ssha}{}", "A".repeat(100_000));
        let refusal = StoredHash::parse(&endless).err();
        assert!(matches!(
            refusal,
            Some(Refusal::Malformed {
                field: "the text",
                ..
            })
        ));
    }
}
