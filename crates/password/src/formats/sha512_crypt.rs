//! SHA-512-crypt, the `$6$` of crypt(3): Ulrich Drepper's "Unix crypt using SHA-256 and SHA-512".

use sha_crypt::{PasswordVerifier, ShaCrypt};

use crate::format::{Format, Refusal};

/// The most rounds.
const MOST_ROUNDS: u32 = 1_000_000;
/// The specification's least: crypt(3) raises what is below, and writes what it raised it to.
const FEWEST_ROUNDS: u32 = 1_000;
/// In characters: crypt(3) cuts, and writes what it cut.
const LONGEST_SALT: usize = 16;
/// Characters of crypt's own base64 for 64 bytes.
const HASH: usize = 86;

const FORMAT: Format = Format::Sha512Crypt;

/// A hash that may be verified.
pub(crate) struct Sha512Crypt {
    /// As the `sha-crypt` crate reads it.
    text: String,
}

impl Sha512Crypt {
    /// Reads `[rounds=..$]salt$hash`.
    pub(crate) fn parse(rest: &str) -> Result<Self, Refusal> {
        let salt_and_hash = match rest.strip_prefix("rounds=") {
            Some(rounds_and_more) => {
                let (rounds, salt_and_hash) = rounds_and_more
                    .split_once('$')
                    .ok_or_else(|| FORMAT.malformed("parts", "are too few"))?;
                check_rounds(rounds)?;
                salt_and_hash
            }
            None => rest,
        };
        let [salt, hash] = FORMAT.parts(salt_and_hash)?;
        if salt.is_empty() {
            return Err(FORMAT.malformed("the salt", "is empty"));
        }
        if salt.len() > LONGEST_SALT || !salt.bytes().all(is_of_crypt) {
            let reason = "must be at most 16 letters, digits, dots and slashes";
            return Err(FORMAT.malformed("the salt", reason));
        }
        if hash.len() != HASH || !hash.bytes().all(is_of_crypt) {
            let reason = "must be 86 letters, digits, dots and slashes";
            return Err(FORMAT.malformed("the hash", reason));
        }
        // The last character holds two bits only, the higher ones of it are 0.
        if !hash.ends_with(['.', '/', '0', '1']) {
            return Err(FORMAT.malformed("the hash", "must end with a dot, a slash, 0 or 1"));
        }
        Ok(Self {
            text: format!("$6${rest}"),
        })
    }

    pub(crate) fn matches(&self, password: &[u8]) -> bool {
        // Any error means that it does not match; `parse` lets through only what can be computed.
        ShaCrypt::SHA512
            .verify_password(password, self.text.as_str())
            .is_ok()
    }
}

fn check_rounds(text: &str) -> Result<(), Refusal> {
    let rounds = FORMAT.at_most("rounds", FORMAT.number("rounds", text)?, MOST_ROUNDS)?;
    if rounds < FEWEST_ROUNDS {
        return Err(FORMAT.malformed("rounds", "must be 1000 or more"));
    }
    Ok(())
}

/// Whether crypt's own base64 knows it.
fn is_of_crypt(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str =
        "svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1";

    #[test]
    fn what_would_cost_too_much_is_refused() {
        assert!(Sha512Crypt::parse(&format!("rounds=1000000$salt${HASH}")).is_ok());
        for rounds in ["1000001", "999999999", "4294967296"] {
            let refusal = Sha512Crypt::parse(&format!("rounds={rounds}$salt${HASH}")).err();
            assert!(matches!(
                refusal,
                Some(Refusal::TooDear {
                    field: "rounds",
                    ..
                })
            ));
        }
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for rest in [
            "",
            "salt",
            "salt$",
            &format!("${HASH}"),
            &format!("rounds=5000${HASH}"),
            "rounds=5000",
            &format!("rounds=$salt${HASH}"),
            &format!("rounds=999$salt${HASH}"),
            &format!("rounds=05000$salt${HASH}"),
            &format!("rounds=5000$rounds=5000$salt${HASH}"),
            &format!("Rounds=5000$salt${HASH}"),
            &format!("seventeenletters1${HASH}"),
            &format!("sält${HASH}"),
            &format!("sa lt${HASH}"),
            &format!("salt${}", &HASH[1..]),
            &format!("salt${HASH}."),
            &format!("salt${}2", &HASH[..85]),
            &format!("salt${HASH}$"),
            &format!("salt${}", HASH.replace('/', "+")),
            &format!("salt${}", "ü".repeat(43)),
        ] {
            let refusal = Sha512Crypt::parse(rest).err();
            assert!(matches!(refusal, Some(Refusal::Malformed { .. })), "{rest}");
        }
    }
}
