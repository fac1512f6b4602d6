//! JSON objects with their members in the order they were written, which `serde_json` forgets.

use std::fmt;

use anyhow::{Context, Result};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// The members of one JSON object, in order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Members(Vec<(String, Value)>);

impl Members {
    /// Reads the text of one JSON object.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).with_context(|| format!("not a JSON object: {text:?}"))
    }

    /// The value of a member.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(member, _)| member == name)
            .map(|(_, value)| value)
    }

    /// Each member, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether the names ascend, byte for byte, so that none stands twice.
    pub(crate) fn are_sorted(&self) -> bool {
        self.0.is_sorted_by(|(one, _), (next, _)| one < next)
    }

    /// Each member as `name: type`, in order: the shape of the object.
    pub(crate) fn shape(&self) -> Vec<String> {
        self.0
            .iter()
            .map(|(name, value)| format!("{name}: {}", type_name(value)))
            .collect()
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder).map(Self)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Vec<(String, Value)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

/// The type of a JSON value; numbers with a fraction apart from those without.
fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order_and_types() {
        let members = Members::parse(r#"{"b":1,"a":"x","d":1.5,"c":[],"e":null,"f":true,"g":{}}"#)
            .expect("an object");
        let shape = [
            "b: int",
            "a: str",
            "d: float",
            "c: array",
            "e: null",
            "f: bool",
            "g: object",
        ];
        assert_eq!(members.shape(), shape);
        assert_eq!(members.get("a"), Some(&Value::from("x")));
        assert_eq!(members.get("z"), None);
        assert!(!members.are_sorted());
        assert_eq!(members.iter().next(), Some(("b", &Value::from(1))));
    }

    #[test]
    fn sorted_members_ascend_and_none_stands_twice() {
        for (text, sorted) in [
            (r#"{"a":1,"b":2}"#, true),
            (r#"{"b":1,"a":2}"#, false),
            (r#"{"a":1,"a":2}"#, false),
        ] {
            let members = Members::parse(text).expect("an object");
            assert_eq!(members.are_sorted(), sorted, "{text}");
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        assert!(Members::parse("[1]").is_err());
        assert!(Members::parse("{").is_err());
    }
}
