//! PBKDF2 (RFC 8018) in the form that Keycloak's values are brought into.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2::{
    self, Algorithm, PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA512,
};

use crate::format::{Format, Refusal};

/// The most iterations.
const MOST_ITERATIONS: u32 = 5_000_000;
/// The longest hash, in bytes: each length of the digest costs all iterations anew, and Keycloak
/// makes 64 with every digest.
const LONGEST_HASH: usize = 64;
/// Fewer bits would match by chance sooner than a password is guessed.
const SHORTEST_HASH: usize = 16;

const FORMAT: Format = Format::Pbkdf2;

/// A hash that may be verified.
pub(crate) struct Pbkdf2 {
    algorithm: Algorithm,
    iterations: NonZeroU32,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Pbkdf2 {
    /// Reads the digest and `$i=..,l=..$salt$hash`: the iterations, the length of the hash in bytes.
    pub(crate) fn parse(rest: &str) -> Result<Self, Refusal> {
        let [digest, parameters, salt, hash] = FORMAT.parts(rest)?;
        let algorithm = match digest {
            "sha1" => PBKDF2_HMAC_SHA1,
            "sha256" => PBKDF2_HMAC_SHA256,
            "sha512" => PBKDF2_HMAC_SHA512,
            _ => return Err(FORMAT.malformed("the digest", "must be sha1, sha256 or sha512")),
        };
        let [iterations, length] = FORMAT.parameters(parameters, ["i", "l"])?;
        let iterations = read_iterations(FORMAT, "i", iterations)?;
        let length = FORMAT.number("l", length)?;
        let salt = FORMAT.salt(salt)?;
        let hash = FORMAT.base64("the hash", hash)?;
        if !(SHORTEST_HASH..=LONGEST_HASH).contains(&hash.len()) {
            return Err(FORMAT.malformed("the hash", "must have 16 to 64 bytes"));
        }
        if usize::try_from(length) != Ok(hash.len()) {
            return Err(FORMAT.malformed("l", "must be the number of bytes of the hash"));
        }
        Ok(Self::new(algorithm, iterations, salt, hash))
    }

    pub(super) fn new(
        algorithm: Algorithm,
        iterations: NonZeroU32,
        salt: Vec<u8>,
        hash: Vec<u8>,
    ) -> Self {
        Self {
            algorithm,
            iterations,
            salt,
            hash,
        }
    }

    pub(crate) fn matches(&self, password: &[u8]) -> bool {
        pbkdf2::verify(
            self.algorithm,
            self.iterations,
            &self.salt,
            password,
            &self.hash,
        )
        .is_ok()
    }
}

/// Iterations within the limit.
pub(super) fn read_iterations(
    format: Format,
    field: &'static str,
    text: &str,
) -> Result<NonZeroU32, Refusal> {
    let iterations = format.at_most(field, format.number(field, text)?, MOST_ITERATIONS)?;
    NonZeroU32::new(iterations).ok_or_else(|| format.malformed(field, "must not be 0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &str = "sha1$i=1,l=20$c2FsdA==$DGDID5YfDnHzqbUkr2ASBi/gN6Y=";

    #[test]
    fn what_would_cost_too_much_is_refused() {
        assert!(Pbkdf2::parse(&KNOWN.replacen("i=1", "i=5000000", 1)).is_ok());
        for iterations in ["i=5000001", "i=4294967296", "i=999999999999999999"] {
            let refusal = Pbkdf2::parse(&KNOWN.replacen("i=1", iterations, 1)).err();
            assert!(matches!(
                refusal,
                Some(Refusal::TooDear {
                    field: "i",
                    limit: 5_000_000,
                    ..
                })
            ));
        }
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for (from, to) in [
            ("sha1", "sha384"),
            ("sha1", "sha1-"),
            ("sha1", ""),
            ("i=1", "i=0"),
            ("i=1", "i=1.5"),
            ("i=1,l=20", "i=1"),
            ("i=1,l=20", "l=20,i=1"),
            ("l=20", "l=19"),
            ("l=20", "l=0"),
            ("l=20", "l=18446744073709551636"),
            ("c2FsdA==", ""),
            ("c2FsdA==", "c2FsdA==="),
            ("DGDID5YfDnHzqbUkr2ASBi/gN6Y=", ""),
            ("DGDID5YfDnHzqbUkr2ASBi/gN6Y=", "DGDID5YfDnHzqbUkr2ASBi/g"),
            ("$DGDID5YfDnHzqbUkr2ASBi/gN6Y=", ""),
            ("N6Y=", "N6Y=$"),
        ] {
            let stored = KNOWN.replacen(from, to, 1);
            assert_ne!(stored, KNOWN);
            let refusal = Pbkdf2::parse(&stored).err();
            assert!(
                matches!(refusal, Some(Refusal::Malformed { .. })),
                "{stored}: {refusal:?}"
            );
        }
    }

    #[test]
    fn a_hash_that_is_too_short_or_too_long_is_refused() {
        for (length, base64) in [(15, "A".repeat(20)), (66, "A".repeat(88))] {
            let stored = format!("sha512$i=1,l={length}$c2FsdA${base64}");
            let refusal = Pbkdf2::parse(&stored).err();
            assert!(matches!(
                refusal,
                Some(Refusal::Malformed {
                    field: "the hash",
                    ..
                })
            ));
        }
    }
}
