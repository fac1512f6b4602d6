//! Reads hashes as they are stored, those too that other programs wrote.

use bcrypt::HashParts;

/// The highest cost that is verified: some four seconds. A stored hash must not be able to occupy a
/// thread for minutes.
pub(crate) const DEAREST: u32 = 16;
/// The least and the greatest cost that bcrypt knows.
const CHEAPEST_KNOWN: u32 = 4;
const DEAREST_KNOWN: u32 = 31;

/// Every way to begin a bcrypt hash. All are computed as `$2b$`: `$2a$` and `$2y$` differ from it
/// in bugs that were never ours, `$2$`, `$2c$` and `$2x$` in bugs that ASCII passwords never met.
const PREFIXES: [&str; 6] = ["$2b$", "$2a$", "$2y$", "$2$", "$2c$", "$2x$"];

/// bcrypt's own alphabet of base64.
const ALPHABET: &[u8; 64] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A stored text, understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum StoredHash {
    /// A bcrypt hash that may be verified.
    Bcrypt {
        /// Its cost.
        cost: u32,
        /// The hash as the `bcrypt` crate reads it.
        text: String,
    },
    /// A bcrypt hash of a cost beyond [`DEAREST`].
    TooDear {
        /// Its cost.
        cost: u32,
    },
    /// Any other text: a marker for "no password", a format that we do not know, a damaged hash.
    Unknown,
}

impl StoredHash {
    /// Understands a stored text. White space behind it is cut: columns of fixed width pad.
    pub(crate) fn parse(stored: &str) -> Self {
        let stored = stored.trim_end();
        let rest = PREFIXES
            .iter()
            .find_map(|prefix| stored.strip_prefix(prefix));
        rest.and_then(known).unwrap_or(Self::Unknown)
    }
}

/// Reads what stands behind the prefix: two digits of cost, `$`, 22 characters of salt, 31 of hash.
fn known(rest: &str) -> Option<StoredHash> {
    let (cost, salt_and_hash) = rest.split_once('$')?;
    if cost.len() != 2 || !cost.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let cost: u32 = cost.parse().ok()?;
    let text = format!("$2b${cost:02}${}", canonical(salt_and_hash)?);
    text.parse::<HashParts>().ok()?;
    match cost {
        CHEAPEST_KNOWN..=DEAREST => Some(StoredHash::Bcrypt { cost, text }),
        ..=DEAREST_KNOWN if cost > DEAREST => Some(StoredHash::TooDear { cost }),
        _ => None,
    }
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

    const REST: &str = "abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";

    fn bcrypt(cost: u32) -> StoredHash {
        let text = format!("$2b${cost:02}${REST}");
        StoredHash::Bcrypt { cost, text }
    }

    #[test]
    fn every_prefix_is_read_as_our_own() {
        for prefix in PREFIXES {
            let stored = format!("{prefix}04${REST}");
            assert_eq!(StoredHash::parse(&stored), bcrypt(4), "{stored}");
        }
    }

    #[test]
    fn white_space_behind_a_hash_is_cut() {
        for space in [" ", "\n", "\t  \r\n", "\u{a0}"] {
            let stored = format!("$2b$10${REST}{space}");
            assert_eq!(StoredHash::parse(&stored), bcrypt(10), "{stored:?}");
        }
        let before = format!(" $2b$10${REST}");
        assert_eq!(StoredHash::parse(&before), StoredHash::Unknown);
    }

    #[test]
    fn spare_bits_of_the_salt_are_cleared() {
        let odd = REST.replacen("tuuj", "tuvj", 1);
        let stored = format!("$2a$04${odd}");
        assert_eq!(StoredHash::parse(&stored), bcrypt(4));
    }

    #[test]
    fn a_cost_beyond_the_limit_is_too_dear() {
        assert_eq!(StoredHash::parse(&format!("$2b$16${REST}")), bcrypt(16));
        for cost in [17, 31] {
            let stored = format!("$2b${cost}${REST}");
            assert_eq!(StoredHash::parse(&stored), StoredHash::TooDear { cost });
        }
    }

    #[test]
    fn other_texts_are_no_hash() {
        for stored in [
            "",
            "$",
            "$2b$",
            "$2b$10$",
            "plain text",
            "{SSHA}abc",
            "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA",
            &format!("$2b$00${REST}"),
            &format!("$2b$03${REST}"),
            &format!("$2b$32${REST}"),
            &format!("$2b$99${REST}"),
            &format!("$2b$+9${REST}"),
            &format!("$2b$4${REST}"),
            &format!("$2b$004${REST}"),
            &format!("$2b$٤${REST}"),
            &format!("$2d$10${REST}"),
            &format!("$2B$10${REST}"),
            &format!("$1$10${REST}"),
            &format!("$2b$10${}", &REST[1..]),
            &format!("$2b$10${REST}."),
            &format!("$2b$10${}", REST.replace('j', "!")),
            &format!("$2b$10${}", REST.replace("uj", "ü")),
            &format!("$2b$10${}", "ü".repeat(26)),
        ] {
            assert_eq!(StoredHash::parse(stored), StoredHash::Unknown, "{stored:?}");
        }
    }
}
