//! PBKDF2 with SHA-256 as Django's `PBKDF2PasswordHasher` writes it.

use aws_lc_rs::pbkdf2::PBKDF2_HMAC_SHA256;

use super::pbkdf2::{Pbkdf2, read_iterations};
use crate::format::{Format, Refusal};

/// Django keeps the whole digest, in bytes.
const HASH: usize = 32;

const FORMAT: Format = Format::DjangoPbkdf2;

/// Reads `iterations$salt$hash`. The salt is text, used as it stands.
pub(crate) fn parse(rest: &str) -> Result<Pbkdf2, Refusal> {
    let [iterations, salt, hash] = FORMAT.parts(rest)?;
    let iterations = read_iterations(FORMAT, "iterations", iterations)?;
    if salt.is_empty() {
        return Err(FORMAT.malformed("the salt", "is empty"));
    }
    let hash = FORMAT.base64("the hash", hash)?;
    if hash.len() != HASH {
        return Err(FORMAT.malformed("the hash", "must have 32 bytes"));
    }
    Ok(Pbkdf2::new(
        PBKDF2_HMAC_SHA256,
        iterations,
        salt.as_bytes().to_vec(),
        hash,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "5yPHw3rwJGECpUf70daLGhOrQ5+AMxIJdz1c3bqK1Rs=";

    #[test]
    fn only_whole_hashes_within_the_limit_are_read() {
        assert!(parse(&format!("5000000$salt${HASH}")).is_ok());
        for rest in [
            "",
            "10000",
            "10000$salt",
            "10000$salt$",
            &format!("10000$${HASH}"),
            &format!("0$salt${HASH}"),
            &format!("-1$salt${HASH}"),
            &format!("$salt${HASH}"),
            &format!("10000$salt${HASH}$"),
            &format!("10000$salt${}", &HASH[..40]),
            &format!("10000$salt$AAAA{HASH}"),
        ] {
            assert!(
                matches!(parse(rest).err(), Some(Refusal::Malformed { .. })),
                "{rest}"
            );
        }
        let dear = parse(&format!("5000001$salt${HASH}")).err();
        assert!(matches!(dear, Some(Refusal::TooDear { .. })));
    }
}
