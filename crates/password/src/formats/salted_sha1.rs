//! SHA-1 of password and salt, the LDAP scheme `{SSHA}`. One round only: a stolen one is soon
//! guessed, so it should not stay.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA1_OUTPUT_LEN};

use crate::format::{Format, Refusal};

const FORMAT: Format = Format::SaltedSha1;

/// A hash that may be verified.
pub(crate) struct SaltedSha1 {
    hash: Vec<u8>,
    salt: Vec<u8>,
}

impl SaltedSha1 {
    /// Reads base64 of the digest and, behind it, the salt, which is as long as the directory likes.
    pub(crate) fn parse(rest: &str) -> Result<Self, Refusal> {
        let mut hash = FORMAT.base64("the text", rest)?;
        if hash.len() < SHA1_OUTPUT_LEN {
            return Err(FORMAT.malformed("the hash", "must have 20 bytes"));
        }
        let salt = hash.split_off(SHA1_OUTPUT_LEN);
        if salt.is_empty() {
            return Err(FORMAT.malformed("the salt", "is empty"));
        }
        Ok(Self { hash, salt })
    }

    pub(crate) fn matches(&self, password: &[u8]) -> bool {
        let mut digest = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        digest.update(password);
        digest.update(&self.salt);
        verify_slices_are_equal(digest.finish().as_ref(), &self.hash).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_malformed_is_refused() {
        for rest in [
            "",
            "=",
            "secret",
            // Cut short, without a salt, and with letters that base64 does not know.
            "DkMTwBl+a/3DQTxCYEApdUtN",
            "W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
            "DkMTwBl+a/3DQTxCYEApdUtNXGgdUac*",
            "DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3=",
            " DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3",
        ] {
            let refusal = SaltedSha1::parse(rest).err();
            assert!(matches!(refusal, Some(Refusal::Malformed { .. })), "{rest}");
        }
    }
}
