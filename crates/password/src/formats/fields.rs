//! What hashes are made of: numbers, parameters with names, bytes in base64.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::format::{Format, Refusal};

/// RFC 4648's alphabet. Vendors pad, PHC strings do not, and exports lose the padding: all the same.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// More digits than any number with a meaning has, and few enough for 64 bits.
const MOST_DIGITS: usize = 18;

impl Format {
    /// A decimal number above 0, in the one way to write it.
    pub(super) fn number(self, field: &'static str, text: &str) -> Result<u64, Refusal> {
        let plain = !text.starts_with('0')
            && text.len() <= MOST_DIGITS
            && text.bytes().all(|byte| byte.is_ascii_digit());
        // An empty text is no number either.
        let number = plain.then(|| text.parse().ok()).flatten();
        number
            .ok_or_else(|| self.malformed(field, "must be a number from 1, without leading zeros"))
    }

    /// The values of parameters `name=value`, separated by commas, in the order of their names.
    pub(super) fn parameters<'a, const N: usize>(
        self,
        text: &'a str,
        names: [&'static str; N],
    ) -> Result<[&'a str; N], Refusal> {
        let mut given = text.split(',');
        let mut values = [""; N];
        for (name, value) in names.into_iter().zip(&mut values) {
            *value = given
                .next()
                .and_then(|parameter| parameter.strip_prefix(name)?.strip_prefix('='))
                .ok_or_else(|| self.malformed(name, "is missing or out of order"))?;
        }
        match given.next() {
            None => Ok(values),
            Some(_) => Err(self.malformed("parameters", "are too many")),
        }
    }

    /// The parts between dollar signs, exactly as many as have names.
    pub(super) fn parts<const N: usize>(self, text: &str) -> Result<[&str; N], Refusal> {
        let mut given = text.split('$');
        let mut parts = [""; N];
        for part in &mut parts {
            *part = given
                .next()
                .ok_or_else(|| self.malformed("parts", "are too few"))?;
        }
        match given.next() {
            None => Ok(parts),
            Some(_) => Err(self.malformed("parts", "are too many")),
        }
    }

    /// Bytes in base64.
    pub(super) fn base64(self, field: &'static str, text: &str) -> Result<Vec<u8>, Refusal> {
        BASE64
            .decode(text)
            .map_err(|_| self.malformed(field, "is not base64"))
    }

    /// A salt in base64; an empty one is none.
    pub(super) fn salt(self, text: &str) -> Result<Vec<u8>, Refusal> {
        let salt = self.base64("the salt", text)?;
        if salt.is_empty() {
            return Err(self.malformed("the salt", "is empty"));
        }
        Ok(salt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: Format = Format::Pbkdf2;

    #[test]
    fn a_number_has_one_spelling() {
        assert_eq!(ANY.number("i", "1"), Ok(1));
        assert_eq!(
            ANY.number("i", "999999999999999999"),
            Ok(999_999_999_999_999_999)
        );
        for text in ["", "0", "01", "+1", "-1", " 1", "1 ", "1_0", "1e3", "٤"] {
            assert!(ANY.number("i", text).is_err(), "{text:?}");
        }
        assert!(ANY.number("i", &"9".repeat(19)).is_err());
    }

    #[test]
    fn parameters_stand_in_their_order_and_alone() {
        assert_eq!(ANY.parameters("i=1,l=2", ["i", "l"]), Ok(["1", "2"]));
        assert_eq!(ANY.parameters("i=,l==", ["i", "l"]), Ok(["", "="]));
        for text in [
            "",
            "i=1",
            "l=2,i=1",
            "i=1,l=2,x=3",
            "i=1,,l=2",
            "i=1,l=2,",
            "i,l",
        ] {
            assert!(ANY.parameters(text, ["i", "l"]).is_err(), "{text:?}");
        }
    }

    #[test]
    fn base64_is_read_with_and_without_padding_in_one_alphabet() {
        for text in ["+/8", "+/8="] {
            assert_eq!(ANY.base64("hash", text), Ok(vec![0xfb, 0xff]));
        }
        for text in ["-_8", "+/8==", "+/9", "+", "+/8 ", "+\n/8"] {
            assert!(ANY.base64("hash", text).is_err(), "{text:?}");
        }
    }
}
