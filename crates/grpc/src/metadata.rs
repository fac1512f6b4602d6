//! Metadata as `google.protobuf.Struct`.

use std::collections::BTreeMap;

use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};
use serde_json::Value as Json;
use serde_json::value::RawValue;
use users_domain::model::Metadata;

/// What lies deeper is null. Each level takes three of messages, and most readers refuse a message
/// that is nested more than 100 deep as a whole: one account would hide all others of its answer.
const DEEPEST: usize = 32;

/// The object; empty for what is none.
///
/// Numbers become doubles, as the message has no others: the nearest one. A text that is no Unicode
/// (a lone surrogate) becomes null; where it is a name, the whole object does.
pub(crate) fn to_struct(metadata: &Metadata) -> Struct {
    match serde_json::from_str(metadata.as_str()) {
        Ok(Json::Object(members)) => parsed_object(members, 1),
        Ok(_) => Struct::default(),
        // Too deep for that parser, a number beyond a double, or no Unicode.
        Err(_) => object(metadata.as_raw(), 1).unwrap_or_default(),
    }
}

fn parsed_object(members: serde_json::Map<String, Json>, depth: usize) -> Struct {
    let fields = members.into_iter();
    Struct {
        fields: fields
            .map(|(name, member)| (name, parsed(member, depth + 1)))
            .collect(),
    }
}

fn parsed(json: Json, depth: usize) -> Value {
    let kind = match json {
        Json::Array(_) | Json::Object(_) if depth > DEEPEST => Kind::NullValue(0),
        Json::Null => Kind::NullValue(0),
        Json::Bool(value) => Kind::BoolValue(value),
        Json::Number(number) => number
            .as_f64()
            .map_or(Kind::NullValue(0), Kind::NumberValue),
        Json::String(text) => Kind::StringValue(text),
        Json::Array(elements) => Kind::ListValue(ListValue {
            values: elements
                .into_iter()
                .map(|element| parsed(element, depth + 1))
                .collect(),
        }),
        Json::Object(members) => Kind::StructValue(parsed_object(members, depth)),
    };
    Value { kind: Some(kind) }
}

fn object(json: &RawValue, depth: usize) -> Option<Struct> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(json.get()).ok()?;
    let fields = members
        .into_iter()
        .map(|(name, member)| (name, value(member, depth + 1)))
        .collect();
    Some(Struct { fields })
}

/// One level at a time, since a parser of whole values gives up at a depth of its own. It reads a text
/// as often as it is nested: for odd rows only.
fn value(json: &RawValue, depth: usize) -> Value {
    let kind = match json.get().as_bytes().first() {
        Some(b'{' | b'[') if depth > DEEPEST => None,
        Some(b'{') => object(json, depth).map(Kind::StructValue),
        Some(b'[') => list(json, depth).map(Kind::ListValue),
        Some(b'"') => serde_json::from_str(json.get()).ok().map(Kind::StringValue),
        Some(b't') => Some(Kind::BoolValue(true)),
        Some(b'f') => Some(Kind::BoolValue(false)),
        Some(b'n') | None => None,
        Some(_) => number(json.get()).map(Kind::NumberValue),
    };
    Value {
        kind: Some(kind.unwrap_or(Kind::NullValue(0))),
    }
}

fn list(json: &RawValue, depth: usize) -> Option<ListValue> {
    let elements: Vec<&RawValue> = serde_json::from_str(json.get()).ok()?;
    let values = elements
        .into_iter()
        .map(|element| value(element, depth + 1))
        .collect();
    Some(ListValue { values })
}

/// The nearest double that is a number: readers may not know how to write infinity as JSON.
fn number(text: &str) -> Option<f64> {
    let number: f64 = text.parse().ok()?;
    Some(number.clamp(f64::MIN, f64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Struct {
        to_struct(&Metadata::from_stored(json.to_owned()))
    }

    fn member(json: &str, name: &str) -> Kind {
        of(json).fields.get(name).unwrap().kind.clone().unwrap()
    }

    #[test]
    fn every_kind_of_value_has_its_own() {
        let json =
            r#"{"s":"v<&>é","n":12,"f":1.5,"t":true,"l":[null,"x"],"o":{"a":false},"z":null}"#;
        assert_eq!(member(json, "s"), Kind::StringValue("v<&>é".to_owned()));
        assert_eq!(member(json, "n"), Kind::NumberValue(12.0));
        assert_eq!(member(json, "f"), Kind::NumberValue(1.5));
        assert_eq!(member(json, "t"), Kind::BoolValue(true));
        assert_eq!(member(json, "z"), Kind::NullValue(0));
        let Kind::ListValue(list) = member(json, "l") else {
            panic!("no list");
        };
        assert_eq!(list.values.len(), 2);
        let Kind::StructValue(inner) = member(json, "o") else {
            panic!("no object");
        };
        assert_eq!(inner.fields.len(), 1);
    }

    #[test]
    fn what_is_no_object_is_empty() {
        for json in ["", "null", "[1]", "\"text\"", "7", "true", "{}", "no JSON"] {
            assert_eq!(of(json), Struct::default(), "{json}");
        }
    }

    #[test]
    fn both_ways_of_reading_agree() {
        for json in [
            r#"{"s":"v<&>é\n","n":12,"f":1.5,"big":123456789012345678901234567890,"i":-7}"#,
            r#"{"t":true,"l":[null,"x",[1,{}],{"y":[]}],"o":{"a":false},"z":null,"z":1}"#,
            "{}",
            "[1]",
            "7",
        ] {
            let metadata = Metadata::from_stored(json.to_owned());
            let by_level = object(metadata.as_raw(), 1).unwrap_or_default();
            assert_eq!(to_struct(&metadata), by_level, "{json}");
        }
    }

    #[test]
    fn numbers_of_any_length_become_the_nearest_double() {
        let json =
            r#"{"big":123456789012345678901234567890,"huge":1e999,"low":-1e999,"tiny":1e-999}"#;
        assert_eq!(
            member(json, "big"),
            Kind::NumberValue(1.234_567_890_123_456_8e29)
        );
        assert_eq!(member(json, "huge"), Kind::NumberValue(f64::MAX));
        assert_eq!(member(json, "low"), Kind::NumberValue(f64::MIN));
        assert_eq!(member(json, "tiny"), Kind::NumberValue(0.0));
    }

    #[test]
    fn what_is_nested_deeper_than_readers_take_is_cut() {
        let nested = |depth: usize| {
            let (open, close) = (r#"{"a":"#.repeat(depth - 1), "}".repeat(depth - 1));
            format!("{open}{{}}{close}")
        };
        let depth_of = |json: &str| {
            let (mut depth, mut at) = (1, of(json));
            while let Some(Value {
                kind: Some(Kind::StructValue(inner)),
            }) = at.fields.remove("a")
            {
                (depth, at) = (depth + 1, inner);
            }
            depth
        };
        assert_eq!(depth_of(&nested(DEEPEST)), DEEPEST);
        for deeper in [DEEPEST + 1, 100, 200, 1000] {
            assert_eq!(depth_of(&nested(deeper)), DEEPEST, "{deeper}");
        }
    }

    #[test]
    fn a_name_that_comes_again_counts_once_and_no_unicode_is_null() {
        assert_eq!(member(r#"{"a":1,"a":2}"#, "a"), Kind::NumberValue(2.0));
        assert_eq!(member(r#"{"a":"\ud800"}"#, "a"), Kind::NullValue(0));
        assert_eq!(of(r#"{"\ud800":1}"#), Struct::default());
    }
}
