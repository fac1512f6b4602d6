//! The parameters of a query, taken one by one, so that a refusal can name the one to blame.

use std::fmt::Write as _;

use users_domain::error::{Invalid, InvalidReason};
use users_domain::model::Timestamp;

use crate::enums::Enumerated;

/// The parameters of a query as they were written (`application/x-www-form-urlencoded`).
///
/// Parameters that nobody takes are ignored, whatever they hold.
pub(crate) struct Parameters<'q> {
    found: Vec<(Vec<u8>, &'q str)>,
    text: &'q str,
}

impl<'q> Parameters<'q> {
    /// Splits a query, without its question mark.
    pub(crate) fn parse(query: &'q str) -> Self {
        let found = query
            .split('&')
            .filter_map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Some((decode(name)?, value))
            })
            .collect();
        Self { found, text: query }
    }

    /// The query as it was written, without the parameters of some names, fit for a header.
    pub(super) fn without(&self, names: &[&str]) -> String {
        let is_named = |pair: &str| {
            let name = pair.split('=').next().unwrap_or_default();
            names
                .iter()
                .any(|known| decode(name).as_deref() == Some(known.as_bytes()))
        };
        let kept: Vec<&str> = self
            .text
            .split('&')
            .filter(|pair| !pair.is_empty() && !is_named(pair))
            .collect();
        kept.join("&")
            .bytes()
            .fold(String::new(), |mut text, byte| {
                if byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'"') {
                    text.push(char::from(byte));
                } else {
                    // Writing to a String cannot fail.
                    let _ = write!(text, "%{byte:02X}");
                }
                text
            })
    }

    /// The decoded value; an empty one is a value.
    pub(crate) fn value(&self, name: &'static str) -> Result<Option<String>, Invalid> {
        let mut found = self.found.iter().filter(|(key, _)| key == name.as_bytes());
        let Some((_, value)) = found.next() else {
            return Ok(None);
        };
        if found.next().is_some() {
            return Err(malformed(name, "is given more than once"));
        }
        let bytes = decode(value).ok_or(malformed(name, "holds a broken percent-escape"))?;
        let text = String::from_utf8(bytes).map_err(|_| malformed(name, "is not UTF-8"))?;
        if text.contains('\0') {
            return Err(Invalid::new(name, InvalidReason::Character("U+0000")));
        }
        Ok(Some(text))
    }

    /// A text of at most `limit` bytes; an empty one is as good as absent.
    pub(super) fn text(&self, name: &'static str, limit: usize) -> Result<Option<String>, Invalid> {
        let text = self.value(name)?.filter(|text| !text.is_empty());
        if text.as_ref().is_some_and(|text| text.len() > limit) {
            let unit = "bytes";
            return Err(Invalid::new(name, InvalidReason::TooLong { limit, unit }));
        }
        Ok(text)
    }

    /// A whole number from `min` to `max`, written in digits alone.
    pub(super) fn number(
        &self,
        name: &'static str,
        min: u64,
        max: u64,
    ) -> Result<Option<u64>, Invalid> {
        let Some(text) = self.value(name)? else {
            return Ok(None);
        };
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(malformed(name, "must be a whole number"));
        }
        match text.parse() {
            Ok(number) if (min..=max).contains(&number) => Ok(Some(number)),
            _ => Err(Invalid::new(name, InvalidReason::OutOfRange { min, max })),
        }
    }

    /// A truth value in the spellings that the platform's clients know.
    pub(super) fn flag(&self, name: &'static str) -> Result<Option<bool>, Invalid> {
        match self.value(name)?.as_deref() {
            None => Ok(None),
            Some("1" | "t" | "T" | "TRUE" | "true" | "True") => Ok(Some(true)),
            Some("0" | "f" | "F" | "FALSE" | "false" | "False") => Ok(Some(false)),
            Some(_) => Err(malformed(name, "must be true or false")),
        }
    }

    /// One of a few names; an empty text is as good as absent.
    pub(super) fn choice<T: Copy>(
        &self,
        name: &'static str,
        choices: &[(&str, T)],
        expected: &'static str,
    ) -> Result<Option<T>, Invalid> {
        let Some(text) = self.value(name)?.filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        match choices.iter().find(|(choice, _)| *choice == text) {
            Some((_, value)) => Ok(Some(*value)),
            None => Err(malformed(name, expected)),
        }
    }

    /// One value of an enumeration, or `all` of them; an empty text is as good as absent.
    pub(super) fn one_or_all<E: Enumerated>(
        &self,
        name: &'static str,
    ) -> Result<Option<OneOrAll<E>>, Invalid> {
        match self.value(name)?.as_deref() {
            None | Some("") => Ok(None),
            Some("all") => Ok(Some(OneOrAll::All)),
            Some(text) => match E::from_query(text) {
                Some(value) => Ok(Some(OneOrAll::One(value))),
                None => Err(malformed(name, E::EXPECTED_OR_ALL)),
            },
        }
    }

    /// A moment (RFC 3339) at whatever offset, as it is in UTC; an empty text is as good as absent.
    pub(super) fn moment(&self, name: &'static str) -> Result<Option<Timestamp>, Invalid> {
        let Some(text) = self.value(name)?.filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let moment = Timestamp::parse(&text, &time::format_description::well_known::Rfc3339)
            .ok()
            .and_then(|moment| moment.checked_to_offset(time::UtcOffset::UTC));
        match moment {
            Some(moment) => Ok(Some(moment)),
            None => Err(malformed(name, "must be a time like 2026-01-31T12:00:00Z")),
        }
    }
}

/// A condition that one value fulfils, or every one.
pub(super) enum OneOrAll<E> {
    One(E),
    All,
}

impl<E> OneOrAll<E> {
    /// The value to look for.
    pub(super) fn one(self) -> Option<E> {
        match self {
            Self::One(value) => Some(value),
            Self::All => None,
        }
    }
}

/// Undoes the escapes; nothing where one is broken.
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            byte => byte,
        });
    }
    Some(decoded)
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

fn malformed(name: &'static str, how: &'static str) -> Invalid {
    Invalid::new(name, InvalidReason::Malformed(how))
}
