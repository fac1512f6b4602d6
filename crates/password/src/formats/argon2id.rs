//! argon2id, version 19 (RFC 9106), as a PHC string.

use argon2::{Algorithm, Argon2, Error, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;

use crate::format::{Format, Refusal};
use crate::stored_hash::OutOfMemory;

/// The most memory, in KiB: 1 GiB.
pub(crate) const MOST_MEMORY: u32 = 1024 * 1024;
/// The most passes over it.
const MOST_PASSES: u32 = 10;
/// Fewer bits would match by chance sooner than a password is guessed.
const SHORTEST_HASH: usize = 16;
/// RFC 9106 asks for no less.
const SHORTEST_SALT: usize = argon2::MIN_SALT_LEN;

const FORMAT: Format = Format::Argon2id;

/// A hash that may be verified.
pub(crate) struct Argon2id {
    parameters: Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Argon2id {
    /// Reads `v=19$m=..,t=..,p=..$salt$hash`.
    pub(crate) fn parse(rest: &str) -> Result<Self, Refusal> {
        let [version, parameters, salt, hash] = FORMAT.parts(rest)?;
        if version != "v=19" {
            return Err(FORMAT.malformed("v", "must be 19"));
        }
        let [memory, passes, lanes] = FORMAT.parameters(parameters, ["m", "t", "p"])?;
        let memory = FORMAT.at_most("m", FORMAT.number("m", memory)?, MOST_MEMORY)?;
        let passes = FORMAT.at_most("t", FORMAT.number("t", passes)?, MOST_PASSES)?;
        // Each lane has eight blocks of the memory at least, so these too are bounded.
        let lanes = FORMAT.at_most("p", FORMAT.number("p", lanes)?, Params::MAX_P_COST)?;
        let salt = FORMAT.salt(salt)?;
        if salt.len() < SHORTEST_SALT {
            return Err(FORMAT.malformed("the salt", "must have 8 bytes or more"));
        }
        let hash = FORMAT.base64("the hash", hash)?;
        if hash.len() < SHORTEST_HASH {
            return Err(FORMAT.malformed("the hash", "must have 16 bytes or more"));
        }
        let parameters = Params::new(memory, passes, lanes, Some(hash.len()))
            .map_err(|_| FORMAT.malformed("m", "must be eight times p or more"))?;
        Ok(Self {
            parameters,
            salt,
            hash,
        })
    }

    /// In bytes.
    pub(crate) fn memory(&self) -> usize {
        self.parameters
            .block_count()
            .saturating_mul(argon2::Block::SIZE)
    }

    pub(crate) fn matches(&self, password: &[u8]) -> Result<bool, OutOfMemory> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.parameters.clone());
        let mut computed = vec![0; self.hash.len()];
        match argon2.hash_password_into(password, &self.salt, &mut computed) {
            Ok(()) => Ok(verify_slices_are_equal(&computed, &self.hash).is_ok()),
            Err(Error::OutOfMemory) => Err(OutOfMemory),
            // Only for lengths that `parse` does not let through.
            Err(_) => Ok(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "password", by the reference implementation's tests.
    const KNOWN: &str =
        "v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";

    #[test]
    fn a_hash_says_how_much_memory_it_fills() {
        let read = |parameters| {
            let stored = KNOWN.replacen("m=256,t=2,p=2", parameters, 1);
            Argon2id::parse(&stored).ok().map(|hash| hash.memory())
        };
        assert_eq!(read("m=256,t=2,p=2"), Some(256 * 1024));
        assert_eq!(read("m=1048576,t=10,p=4"), Some(1 << 30));
        assert_eq!(read("m=1048576,t=10,p=131072"), Some(1 << 30));
    }

    #[test]
    fn what_would_cost_too_much_is_refused() {
        for (parameters, field) in [
            ("m=1048577,t=1,p=1", "m"),
            ("m=4194304,t=1,p=1", "m"),
            ("m=4294967296,t=1,p=1", "m"),
            ("m=999999999999999999,t=1,p=1", "m"),
            ("m=64,t=11,p=1", "t"),
            ("m=64,t=4294967295,p=1", "t"),
            ("m=64,t=1,p=16777216", "p"),
        ] {
            let stored = KNOWN.replacen("m=256,t=2,p=2", parameters, 1);
            let refusal = Argon2id::parse(&stored).err();
            assert!(
                matches!(&refusal, Some(Refusal::TooDear { field: named, .. }) if *named == field),
                "{parameters}: {refusal:?}"
            );
        }
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for (from, to) in [
            ("v=19", "v=16"),
            ("v=19$", ""),
            ("m=256", "m=0"),
            ("m=256", "m=-1"),
            ("m=256,t=2", "t=2,m=256"),
            ("m=256", "m=15"),
            ("p=2", "p=0"),
            ("p=2", "p=16777215"),
            ("p=2", "p=2,keyid=AAAA"),
            ("t=2", "t=0"),
            ("c29tZXNhbHQ", ""),
            ("c29tZXNhbHQ", "c29tZXNhbA"),
            ("c29tZXNhbHQ", "c29tZXNhb*Q"),
            ("bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", ""),
            (
                "bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
                "bQk8UB/VmZZF4Oo79iDX",
            ),
            ("cDc", "cDc$"),
        ] {
            let stored = KNOWN.replacen(from, to, 1);
            assert_ne!(stored, KNOWN);
            let refusal = Argon2id::parse(&stored).err();
            assert!(
                matches!(refusal, Some(Refusal::Malformed { .. })),
                "{stored}: {refusal:?}"
            );
        }
    }
}
