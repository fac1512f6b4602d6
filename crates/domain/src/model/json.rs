//! One bounded walk over JSON text that strangers send.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// Deepest nesting of JSON that is accepted from outside.
pub const JSON_DEPTH_LIMIT: usize = 64;

/// Most digits of a number in JSON from outside, and the greatest exponent, up or down: what a
/// double means is well within, and so is what decimal numbers of databases hold.
pub const JSON_NUMBER_LIMIT: u32 = 1000;

/// What is wrong with a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonFault {
    /// Not one JSON value: a syntax error, bytes behind the value, a number beyond a double, or an
    /// escape that is no character.
    Malformed,
    /// Nested deeper than [`JSON_DEPTH_LIMIT`].
    TooDeep,
    /// A number has more than [`JSON_NUMBER_LIMIT`] digits, or an exponent beyond it.
    NumberTooLong,
    /// A string or member name holds U+0000, which no database keeps.
    HoldsNul,
}

impl JsonFault {
    /// What is said of [`JsonFault::NumberTooLong`].
    pub const NUMBER_TOO_LONG: &str =
        "holds a number of more than 1000 digits, or with an exponent beyond 1000";
}

/// Checks that `text` is one JSON value, nested at most [`JSON_DEPTH_LIMIT`] deep, with no number
/// beyond [`JSON_NUMBER_LIMIT`], and without U+0000 in any string or member name.
pub fn check_json(text: &str) -> Result<(), JsonFault> {
    let mut walk = Walk {
        too_deep: false,
        holds_nul: false,
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let outcome = Level {
        walk: &mut walk,
        depth: 0,
    }
    .deserialize(&mut deserializer)
    .and_then(|()| deserializer.end());
    match (walk.too_deep, outcome, walk.holds_nul) {
        (true, ..) => Err(JsonFault::TooDeep),
        (_, Err(_), _) => Err(JsonFault::Malformed),
        (_, Ok(()), _) if holds_long_number(text) => Err(JsonFault::NumberTooLong),
        (_, Ok(()), true) => Err(JsonFault::HoldsNul),
        (_, Ok(()), false) => Ok(()),
    }
}

/// Whether a number in a valid JSON text is beyond the limit: the walk sees doubles, not digits.
fn holds_long_number(json: &str) -> bool {
    let mut rest = json;
    while let Some(start) = rest.find(|sign: char| sign == '"' || sign.is_ascii_digit()) {
        rest = &rest[start..];
        if let Some(string) = rest.strip_prefix('"') {
            rest = behind_string(string);
            continue;
        }
        let end = rest
            .find(|sign: char| !sign.is_ascii_digit() && !".eE+-".contains(sign))
            .unwrap_or(rest.len());
        let (number, behind) = rest.split_at(end);
        if is_long(number) {
            return true;
        }
        rest = behind;
    }
    false
}

/// What follows the end of a string whose beginning was passed.
fn behind_string(mut rest: &str) -> &str {
    while let Some(sign) = rest.find(['"', '\\']) {
        let behind = &rest[sign + 1..];
        if rest[sign..].starts_with('"') {
            return behind;
        }
        // Whatever is escaped ends nothing.
        let mut escaped = behind.chars();
        escaped.next();
        rest = escaped.as_str();
    }
    ""
}

fn is_long(number: &str) -> bool {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
    let exponent = exponent.parse().map_or(u32::MAX, i32::unsigned_abs);
    digits > JSON_NUMBER_LIMIT as usize || exponent > JSON_NUMBER_LIMIT
}

struct Walk {
    too_deep: bool,
    holds_nul: bool,
}

struct Level<'w> {
    walk: &'w mut Walk,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Level<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Level<'_> {
    fn deeper<E: serde::de::Error>(&mut self) -> Result<usize, E> {
        let depth = self.depth + 1;
        if depth > JSON_DEPTH_LIMIT {
            self.walk.too_deep = true;
            return Err(E::custom("too deep"));
        }
        Ok(depth)
    }
}

impl<'de> Visitor<'de> for Level<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.walk.holds_nul |= text.contains('\0');
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        let depth = self.deeper()?;
        while seq
            .next_element_seed(Level {
                walk: &mut *self.walk,
                depth,
            })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let depth = self.deeper()?;
        while let Some(Name(name)) = map.next_key()? {
            self.walk.holds_nul |= name.contains('\0');
            map.next_value_seed(Level {
                walk: &mut *self.walk,
                depth,
            })?;
        }
        Ok(())
    }
}

struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Name)
    }
}
