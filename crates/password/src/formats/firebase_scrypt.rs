//! Firebase's scrypt: the password makes a key (RFC 7914), and the hash is the project's signer key
//! encrypted with it.

use aws_lc_rs::cipher::{
    AES_256, AES_256_KEY_LEN, EncryptingKey, EncryptionContext, UnboundCipherKey,
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::iv::FixedLength;
use scrypt::Params;

use crate::format::{Format, Refusal};

/// The highest logarithm of scrypt's N.
const MOST_LOG_N: u32 = 17;
/// The most blocks, scrypt's r.
const MOST_R: u32 = 8;
/// Fewer bits would match by chance sooner than a password is guessed.
const SHORTEST_KEY: usize = 16;

const FORMAT: Format = Format::FirebaseScrypt;

/// A hash that may be verified.
pub(crate) struct FirebaseScrypt {
    parameters: Params,
    /// The account's salt, and behind it the project's separator.
    salt: Vec<u8>,
    signer_key: Vec<u8>,
    hash: Vec<u8>,
}

impl FirebaseScrypt {
    /// Reads `v=1,n=..,r=..,p=1,ss=..,sk=..$salt$hash`: n is the project's `mem_cost` (the
    /// logarithm of scrypt's N), r its `rounds`, `ss` its salt separator and `sk` its signer key.
    pub(crate) fn parse(rest: &str) -> Result<Self, Refusal> {
        let [parameters, salt, hash] = FORMAT.parts(rest)?;
        let [version, log_n, r, p, separator, signer_key] =
            FORMAT.parameters(parameters, ["v", "n", "r", "p", "ss", "sk"])?;
        if version != "1" {
            return Err(FORMAT.malformed("v", "must be 1"));
        }
        let log_n = FORMAT.at_most("n", FORMAT.number("n", log_n)?, MOST_LOG_N)?;
        let r = FORMAT.at_most("r", FORMAT.number("r", r)?, MOST_R)?;
        if p != "1" {
            return Err(FORMAT.malformed("p", "must be 1"));
        }
        let mut salt = FORMAT.salt(salt)?;
        salt.extend(FORMAT.base64("ss", separator)?);
        let signer_key = FORMAT.base64("sk", signer_key)?;
        if signer_key.len() < SHORTEST_KEY {
            return Err(FORMAT.malformed("sk", "must have 16 bytes or more"));
        }
        let hash = FORMAT.base64("the hash", hash)?;
        if hash.len() != signer_key.len() {
            return Err(FORMAT.malformed("the hash", "must have as many bytes as sk"));
        }
        let parameters = u8::try_from(log_n)
            .ok()
            .and_then(|log_n| Params::new(log_n, r, 1).ok())
            .ok_or_else(|| FORMAT.malformed("n", "is not one of scrypt's"))?;
        Ok(Self {
            parameters,
            salt,
            signer_key,
            hash,
        })
    }

    /// In bytes.
    pub(crate) fn memory(&self) -> usize {
        // Within the limits, so far below what a number holds.
        (128_usize << self.parameters.log_n()).saturating_mul(self.parameters.r() as usize)
    }

    pub(crate) fn matches(&self, password: &[u8]) -> bool {
        // Nothing fails with a key of the cipher's own length.
        let computed = self.encrypted_signer_key(password).unwrap_or_default();
        verify_slices_are_equal(&computed, &self.hash).is_ok()
    }

    fn encrypted_signer_key(&self, password: &[u8]) -> Option<Vec<u8>> {
        // One key encrypts one text only, so the counter may always begin at 0.
        const COUNTER: [u8; 16] = [0; 16];

        let mut key = [0; AES_256_KEY_LEN];
        scrypt::scrypt(password, &self.salt, &self.parameters, &mut key).ok()?;
        let cipher = UnboundCipherKey::new(&AES_256, &key).ok()?;
        let mut text = self.signer_key.clone();
        EncryptingKey::ctr(cipher)
            .ok()?
            .less_safe_encrypt(
                &mut text,
                EncryptionContext::Iv128(FixedLength::from(COUNTER)),
            )
            .ok()?;
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==";
    const HASH: &str =
        "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==";

    fn known() -> String {
        format!("v=1,n=14,r=8,p=1,ss=Bw==,sk={KEY}$42xEC+ixf3L2lw==${HASH}")
    }

    #[test]
    fn a_hash_says_how_much_memory_it_fills() {
        let read = |n| {
            let stored = known().replacen("n=14", n, 1);
            FirebaseScrypt::parse(&stored)
                .ok()
                .map(|hash| hash.memory())
        };
        assert_eq!(read("n=14"), Some(16 << 20));
        assert_eq!(read("n=17"), Some(128 << 20));
    }

    #[test]
    fn what_would_cost_too_much_is_refused() {
        for (from, to) in [
            ("n=14", "n=18"),
            ("n=14", "n=63"),
            ("n=14", "n=64"),
            ("n=14", "n=16384"),
            ("n=14", "n=4294967296"),
            ("r=8", "r=9"),
            ("r=8", "r=4294967295"),
        ] {
            let stored = known().replacen(from, to, 1);
            let refusal = FirebaseScrypt::parse(&stored).err();
            assert!(matches!(refusal, Some(Refusal::TooDear { .. })), "{to}");
        }
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for (from, to) in [
            ("v=1,", "v=2,"),
            ("v=1,", ""),
            ("n=14", "n=0"),
            ("n=14", "n=2^14"),
            ("r=8", "r=0"),
            ("p=1", "p=2"),
            ("p=1", "p=0"),
            ("ss=Bw==", "ss=*"),
            ("ss=Bw==,", ""),
            (KEY, ""),
            (KEY, "AAAA"),
            ("42xEC+ixf3L2lw==", ""),
            (HASH, ""),
            (HASH, &HASH[..84]),
            (HASH, &format!("AAAA{HASH}")),
            (HASH, &format!("{HASH}$")),
        ] {
            let stored = known().replacen(from, to, 1);
            assert_ne!(stored, known());
            let refusal = FirebaseScrypt::parse(&stored).err();
            assert!(
                matches!(refusal, Some(Refusal::Malformed { .. })),
                "{stored}: {refusal:?}"
            );
        }
    }

    #[test]
    fn a_project_without_a_separator_is_read() {
        assert!(FirebaseScrypt::parse(&known().replacen("ss=Bw==", "ss=", 1)).is_ok());
    }
}
