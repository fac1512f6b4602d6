//! Names out of syllables; none has q, x or z, which are for rare words.

use super::dice::Dice;

const SYLLABLES: [&str; 60] = [
    "ba", "bel", "ben", "bo", "bra", "ca", "cla", "co", "da", "del", "di", "dor", "e", "el", "fa",
    "fe", "fin", "ga", "gen", "gro", "ha", "hel", "hu", "i", "il", "ja", "jo", "jun", "ka", "kel",
    "ki", "la", "le", "lin", "lo", "ma", "mel", "mi", "mor", "na", "nel", "ni", "o", "or", "pa",
    "per", "pi", "ra", "ri", "ros", "sa", "sel", "so", "ta", "ter", "ti", "u", "va", "vin", "wil",
];

pub(super) const DEPARTMENTS: [&str; 12] = [
    "accounts",
    "archive",
    "design",
    "field",
    "front",
    "legal",
    "logistics",
    "people",
    "plant",
    "research",
    "sales",
    "support",
];

const DOMAINS: [&str; 16] = [
    "example.com",
    "example.net",
    "example.org",
    "mail.example.com",
    "mail.example.net",
    "post.example.org",
    "alpha.example",
    "beta.example",
    "gamma.example",
    "delta.example",
    "harbour.example",
    "meadow.example",
    "river.example",
    "summit.example",
    "valley.example",
    "woods.example",
];

/// Powers of two below this are tags' ranks: as many tags in the first as in the last.
const TAG_DOUBLINGS: u64 = 13;

/// The alphabet of bcrypt's base64.
const BCRYPT: &[u8; 64] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

pub(super) fn name(dice: &mut Dice, syllables: u64) -> String {
    (0..syllables)
        .map(|_| SYLLABLES[dice.index_below(SYLLABLES.len())])
        .collect()
}

pub(super) fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

pub(super) fn domain(dice: &mut Dice) -> &'static str {
    DOMAINS[dice.index_below(DOMAINS.len())]
}

/// One of some 8,000 tags: each doubling of the rank is as likely as any other, so the first tag is in
/// every thirteenth account's and the last in nearly none.
pub(super) fn tag(dice: &mut Dice) -> String {
    let first = 1 << dice.below(TAG_DOUBLINGS);
    format!("group-{}", first + dice.below(first))
}

/// A hash of the form of bcrypt's, cost 10. No password is known that fits.
pub(super) fn password_hash(dice: &mut Dice) -> String {
    let mut hash = String::from("$2a$10$");
    let mut digits = |count: usize, step: usize| {
        for _ in 0..count {
            let digit = dice.index_below(BCRYPT.len() / step) * step;
            hash.push(char::from(BCRYPT[digit]));
        }
    };
    // 128 bits of salt and 184 of hash: their last digits have bits that nobody needs, and are 0.
    digits(21, 1);
    digits(1, 16);
    digits(30, 1);
    digits(1, 4);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_has_a_letter_of_the_rare_ones() {
        let words = SYLLABLES.iter().chain(&DOMAINS);
        for word in words.filter(|word| !word.contains("example")) {
            assert!(!word.contains(['q', 'x', 'z']), "{word}");
        }
    }

    #[test]
    fn few_tags_are_in_many_accounts_and_many_in_few() {
        let mut dice = Dice::of(1);
        let tags: Vec<String> = (0..10_000).map(|_| tag(&mut dice)).collect();
        let count = |tag: &str| tags.iter().filter(|one| *one == tag).count();
        assert!((600..950).contains(&count("group-1")));
        let distinct: std::collections::HashSet<_> = tags.iter().collect();
        assert!(distinct.len() > 2000, "{}", distinct.len());
    }

    #[test]
    fn a_hash_is_one_that_bcrypt_reads() {
        let hash = password_hash(&mut Dice::of(1));
        assert!(hash.parse::<bcrypt::HashParts>().is_ok(), "{hash}");
        assert_eq!(bcrypt::verify("secret-12345", &hash).ok(), Some(false));
    }
}
