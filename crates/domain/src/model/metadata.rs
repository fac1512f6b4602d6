//! Free-form JSON that callers attach to an account.

use serde_json::value::{RawValue, Value};

use super::json::{JSON_DEPTH_LIMIT, JsonFault, check_json};
use crate::error::{Invalid, InvalidReason};

const EMPTY: &str = "{}";

/// A JSON object as text, so that no digit of a number is lost and no depth is refused on reading.
///
/// From outside: at most 64 KiB, nested at most 64 deep, numbers of at most 1000
/// digits and exponents of at most 1000, no U+0000. Stored: any JSON value.
#[derive(Clone)]
pub struct Metadata(Box<RawValue>);

impl Metadata {
    /// Most bytes of the JSON text.
    pub const MAX_BYTES: usize = 64 * 1024;

    /// Reads metadata from outside; `field` says which of the two it is.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Invalid> {
        super::text::at_most_bytes(field, text, Self::MAX_BYTES)?;
        check_json(text).map_err(|fault| {
            Invalid::new(
                field,
                match fault {
                    JsonFault::Malformed => InvalidReason::Malformed("is not valid JSON"),
                    JsonFault::TooDeep => InvalidReason::TooDeep {
                        limit: JSON_DEPTH_LIMIT,
                    },
                    JsonFault::NumberTooLong => {
                        InvalidReason::Malformed(JsonFault::NUMBER_TOO_LONG)
                    }
                    JsonFault::HoldsNul => InvalidReason::Character("U+0000"),
                },
            )
        })?;
        if !text.trim_start().starts_with('{') {
            return Err(Invalid::new(
                field,
                InvalidReason::Malformed("is not a JSON object"),
            ));
        }
        RawValue::from_string(text.to_owned())
            .map(Self)
            .map_err(|_| Invalid::new(field, InvalidReason::Malformed("is not valid JSON")))
    }

    /// Metadata as a store keeps it: any JSON value; text that is none reads as empty.
    pub fn from_stored(text: String) -> Self {
        RawValue::from_string(text).map(Self).unwrap_or_default()
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// The JSON text for a serializer to embed as it stands.
    pub fn as_raw(&self) -> &RawValue {
        &self.0
    }

    /// Whether it is an object, as all metadata from outside is.
    pub fn is_object(&self) -> bool {
        self.as_str().starts_with('{')
    }

    /// Whether this value contains another, as Postgres's `@>` on `jsonb` understands it: an object
    /// contains an object whose members it has, each containing the other's; an array contains an
    /// array each of whose elements one of its own contains, and a plain value that is one of its
    /// elements; other values contain their equals. Numbers are compared as doubles, and a value
    /// that cannot be parsed (nested over 128 levels deep, a number beyond a double) contains
    /// nothing.
    pub fn contains(&self, other: &Self) -> bool {
        let parsed = |text: &Self| serde_json::from_str::<Value>(text.as_str());
        match (parsed(self), parsed(other)) {
            (Ok(whole), Ok(part)) => {
                contains(&whole, &part)
                    || matches!(&whole, Value::Array(elements)
                        if !part.is_object()
                            && !part.is_array()
                            && elements.iter().any(|element| contains(element, &part)))
            }
            _ => false,
        }
    }

    /// Whether there is nothing to show: an empty object or JSON null.
    pub fn is_empty(&self) -> bool {
        let text = self.as_str();
        text == "null"
            || text
                .strip_prefix('{')
                .and_then(|rest| rest.strip_suffix('}'))
                .is_some_and(|inside| inside.trim().is_empty())
    }
}

fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part
            .iter()
            .all(|(name, part)| whole.get(name).is_some_and(|whole| contains(whole, part))),
        (Value::Array(whole), Value::Array(part)) => part
            .iter()
            .all(|part| whole.iter().any(|whole| contains(whole, part))),
        (Value::Number(whole), Value::Number(part)) => whole.as_f64() == part.as_f64(),
        _ => whole == part,
    }
}

impl Default for Metadata {
    #[expect(clippy::expect_used, reason = "`{}` is JSON")]
    fn default() -> Self {
        Self(RawValue::from_string(EMPTY.to_owned()).expect("`{}` is JSON"))
    }
}

impl PartialEq for Metadata {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Metadata {}

/// Callers keep personal data in it: never printed by `{:?}`.
impl std::fmt::Debug for Metadata {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Metadata({} bytes)", self.as_str().len())
    }
}
