//! bcrypt: what new hashes are made with, and what the platform's other programs wrote.

use bcrypt::HashParts;

use crate::format::{Format, Refusal};

/// The highest cost that is verified: some four seconds. A stored hash must not be able to occupy a
/// thread for minutes.
pub(crate) const DEAREST: u32 = 16;
/// The least and the greatest cost that bcrypt knows.
const CHEAPEST_KNOWN: u32 = 4;
const DEAREST_KNOWN: u32 = 31;

/// bcrypt's own alphabet of base64.
const ALPHABET: &[u8; 64] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

const FORMAT: Format = Format::Bcrypt;

/// A bcrypt hash of a cost that may be verified.
///
/// All prefixes are computed as `$2b$`: `$2a$` and `$2y$` differ from it in bugs that were never
/// ours, `$2$`, `$2c$` and `$2x$` in bugs that ASCII passwords never met.
pub(crate) struct Bcrypt {
    cost: u32,
    /// The hash as the `bcrypt` crate reads it.
    text: String,
}

impl Bcrypt {
    /// Reads what stands behind the prefix: two digits of cost, `$`, 22 characters of salt, 31 of
    /// hash.
    pub(crate) fn parse(rest: &str) -> Result<Self, Refusal> {
        let [cost, salt_and_hash] = FORMAT.parts(rest)?;
        let cost = read_cost(cost)
            .ok_or_else(|| FORMAT.malformed("the cost", "must be two digits from 04 to 31"))?;
        let text = canonical(salt_and_hash)
            .map(|salt_and_hash| format!("$2b${cost:02}${salt_and_hash}"))
            .filter(|text| text.parse::<HashParts>().is_ok())
            .ok_or_else(|| {
                let reason = "must be 22 and 31 characters of bcrypt's base64";
                FORMAT.malformed("salt and hash", reason)
            })?;
        FORMAT.at_most("the cost", cost.into(), DEAREST)?;
        Ok(Self { cost, text })
    }

    /// The logarithm of the rounds.
    pub(crate) fn cost(&self) -> u32 {
        self.cost
    }

    pub(crate) fn matches(&self, password: &[u8]) -> bool {
        // It can only fail for a text that `parse` does not let through.
        bcrypt::verify(password, &self.text).unwrap_or(false)
    }
}

fn read_cost(text: &str) -> Option<u32> {
    if text.len() != 2 || !text.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let cost = text.parse().ok()?;
    (CHEAPEST_KNOWN..=DEAREST_KNOWN)
        .contains(&cost)
        .then_some(cost)
}

/// The same salt and hash with the four bits cleared that 22 characters hold beyond a salt's 16
/// bytes: some programs fill them, and no reader but ours minds.
fn canonical(salt_and_hash: &str) -> Option<String> {
    const LAST_OF_SALT: usize = 21;

    let byte = *salt_and_hash.as_bytes().get(LAST_OF_SALT)?;
    let value = ALPHABET.iter().position(|digit| *digit == byte)?;
    let cleared = char::from(ALPHABET[value & 0b11_0000]);
    let mut text = salt_and_hash.to_owned();
    // `byte` is ASCII, so it is a character of its own.
    text.replace_range(
        LAST_OF_SALT..=LAST_OF_SALT,
        cleared.encode_utf8(&mut [0; 4]),
    );
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stored_hash::StoredHash;

    const REST: &str = "abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";

    /// Its cost, and the text that is computed with.
    fn read(stored: &str) -> Result<(u32, String), Refusal> {
        match StoredHash::parse(stored)? {
            StoredHash::Bcrypt(Bcrypt { cost, text }) => Ok((cost, text)),
            _ => Err(Refusal::UnknownFormat),
        }
    }

    fn of_cost(cost: u32) -> (u32, String) {
        (cost, format!("$2b${cost:02}${REST}"))
    }

    #[test]
    fn every_prefix_is_read_as_our_own() {
        for prefix in ["$2b$", "$2a$", "$2y$", "$2$", "$2c$", "$2x$"] {
            let stored = format!("{prefix}04${REST}");
            assert_eq!(read(&stored), Ok(of_cost(4)), "{stored}");
        }
    }

    #[test]
    fn white_space_behind_a_hash_is_cut() {
        for space in [" ", "\n", "\t  \r\n", "\u{a0}"] {
            let stored = format!("$2b$10${REST}{space}");
            assert_eq!(read(&stored), Ok(of_cost(10)), "{stored:?}");
        }
        let before = format!(" $2b$10${REST}");
        assert_eq!(read(&before), Err(Refusal::UnknownFormat));
    }

    #[test]
    fn spare_bits_of_the_salt_are_cleared() {
        let odd = REST.replacen("tuuj", "tuvj", 1);
        assert_eq!(read(&format!("$2a$04${odd}")), Ok(of_cost(4)));
    }

    #[test]
    fn a_cost_beyond_the_limit_is_too_dear() {
        assert_eq!(read(&format!("$2b$16${REST}")), Ok(of_cost(16)));
        for cost in [17, 31] {
            let refusal = Refusal::TooDear {
                format: FORMAT,
                field: "the cost",
                value: cost,
                limit: 16,
            };
            assert_eq!(read(&format!("$2b${cost}${REST}")), Err(refusal));
        }
    }

    #[test]
    fn what_only_begins_like_a_hash_is_malformed() {
        for stored in [
            "$2b$",
            "$2b$10$",
            &format!("$2b$00${REST}"),
            &format!("$2b$03${REST}"),
            &format!("$2b$32${REST}"),
            &format!("$2b$99${REST}"),
            &format!("$2b$+9${REST}"),
            &format!("$2b$4${REST}"),
            &format!("$2b$004${REST}"),
            &format!("$2b$٤${REST}"),
            &format!("$2b$10${}", &REST[1..]),
            &format!("$2b$10${REST}."),
            &format!("$2b$10${REST}$"),
            &format!("$2b$10${}", REST.replace('j', "!")),
            &format!("$2b$10${}", REST.replace("uj", "ü")),
            &format!("$2b$10${}", "ü".repeat(26)),
        ] {
            let refusal = read(stored).unwrap_err();
            assert!(matches!(refusal, Refusal::Malformed { .. }), "{stored:?}");
        }
    }
}
