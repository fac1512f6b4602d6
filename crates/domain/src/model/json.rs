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
        let (number, behind) = number_at(rest);
        let (digits, exponent) = size_of(number);
        if digits > JSON_NUMBER_LIMIT || exponent > JSON_NUMBER_LIMIT {
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

/// The number that a text begins with, and what follows it.
fn number_at(text: &str) -> (&str, &str) {
    let end = text
        .find(|sign: char| !sign.is_ascii_digit() && !".eE+-".contains(sign))
        .unwrap_or(text.len());
    text.split_at(end)
}

/// How many digits a number has, and how great its exponent is, up or down.
fn size_of(number: &str) -> (u32, u32) {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
    let exponent = exponent.parse().map_or(u32::MAX, i32::unsigned_abs);
    (u32::try_from(digits).unwrap_or(u32::MAX), exponent)
}

/// Deepest nesting of JSON that every store takes: SQLite's limit, well within that of Postgres.
pub const STORED_JSON_DEPTH_LIMIT: usize = 1000;

/// Most digits of a number, its exponent counted as so many, that every store takes: as many may
/// stand behind the point in a `numeric` of Postgres.
const STORED_NUMBER_LIMIT: u32 = 16_383;

/// Checks that every store can keep a valid JSON text: nested at most [`STORED_JSON_DEPTH_LIMIT`]
/// deep, no number too long, without U+0000, and every escape a character.
pub fn check_stored_json(json: &str) -> Result<(), JsonFault> {
    let mut depth = 0_usize;
    let mut rest = json;
    let counts = |sign: char| "\"[]{}".contains(sign) || sign.is_ascii_digit();
    while let Some(start) = rest.find(counts) {
        let behind = &rest[start + 1..];
        rest = match rest.as_bytes()[start] {
            b'"' => {
                let end = behind.len() - behind_string(behind).len();
                check_escapes(&behind[..end])?;
                &behind[end..]
            }
            b'[' | b'{' => {
                depth += 1;
                if depth > STORED_JSON_DEPTH_LIMIT {
                    return Err(JsonFault::TooDeep);
                }
                behind
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                behind
            }
            _ => {
                let (number, behind) = number_at(&rest[start..]);
                let (digits, exponent) = size_of(number);
                if digits.saturating_add(exponent) > STORED_NUMBER_LIMIT {
                    return Err(JsonFault::NumberTooLong);
                }
                behind
            }
        };
    }
    Ok(())
}

/// Checks the escapes in the inside of a string.
fn check_escapes(string: &str) -> Result<(), JsonFault> {
    let mut rest = string;
    while let Some(start) = rest.find('\\') {
        let Some(unit) = unit_at(&rest[start..]) else {
            // A short escape: what follows the backslash is one of ASCII.
            rest = rest.get(start + 2..).unwrap_or_default();
            continue;
        };
        rest = &rest[start + 6..];
        match unit {
            0 => return Err(JsonFault::HoldsNul),
            0xd800..=0xdbff => match unit_at(rest) {
                Some(0xdc00..=0xdfff) => rest = &rest[6..],
                _ => return Err(JsonFault::Malformed),
            },
            0xdc00..=0xdfff => return Err(JsonFault::Malformed),
            _ => {}
        }
    }
    Ok(())
}

/// The UTF-16 unit that a text begins with as an escape of four digits.
fn unit_at(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
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
