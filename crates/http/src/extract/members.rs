//! The members of a JSON object, taken one by one, so that a refusal can name the one to blame.

use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use users_domain::error::{Invalid, InvalidReason};
use users_domain::model::{JSON_DEPTH_LIMIT, JsonFault, check_json};

use crate::enums::Enumerated;

/// Most names that are told of one object: a line may have a hundred thousand.
const MOST_NAMES: usize = 32;

/// The members of an object as they were written.
///
/// A field is named by its path, e.g. `credentials.username`; its key is what follows the last dot.
/// A member that is `null` is as good as absent, but for [`Members::is_null`].
pub(crate) struct Members<'t> {
    text: &'t str,
    found: Vec<(String, &'t RawValue)>,
    /// Where in `text` bytes were replaced because they were not UTF-8.
    broken: Option<usize>,
}

impl<'t> Members<'t> {
    /// Reads an object; nothing if the text is no JSON, or another value.
    ///
    /// `broken` is the place of the first bytes that were not UTF-8 and were replaced in `text`.
    pub(crate) fn parse(text: &'t str, broken: Option<usize>) -> Option<Self> {
        let Object(found) = serde_json::from_str(text).ok()?;
        Some(Self {
            text,
            found,
            broken,
        })
    }

    /// A text without U+0000, which no store keeps.
    pub(crate) fn text(&self, field: &'static str) -> Result<Option<String>, Invalid> {
        match self.secret(field)? {
            Some(text) if text.contains('\0') => Err(holds_nul(field)),
            text => Ok(text),
        }
    }

    /// Any text: what somebody types at a login is compared, not kept.
    pub(crate) fn secret(&self, field: &'static str) -> Result<Option<String>, Invalid> {
        self.of_type(field, "must be a string")
    }

    /// A list of texts without U+0000.
    pub(crate) fn texts(&self, field: &'static str) -> Result<Option<Vec<String>>, Invalid> {
        let texts: Option<Vec<String>> = self.of_type(field, "must be an array of strings")?;
        let holds_nul_somewhere = texts.iter().flatten().any(|text| text.contains('\0'));
        if holds_nul_somewhere {
            return Err(holds_nul(field));
        }
        Ok(texts)
    }

    /// A number or name that stands for one of a few values.
    pub(crate) fn one_of<E: Enumerated>(&self, field: &'static str) -> Result<Option<E>, Invalid> {
        match self.json(field)? {
            Some(json) => E::from_json(field, json),
            None => Ok(None),
        }
    }

    /// Any value as it was written, nested no deeper than is accepted from outside.
    pub(crate) fn json(&self, field: &'static str) -> Result<Option<&'t str>, Invalid> {
        let Some(json) = self.written(field)? else {
            return Ok(None);
        };
        if self.broken_within(json).is_some() {
            return Err(malformed(field, "is not UTF-8"));
        }
        match check_json(json) {
            Err(JsonFault::TooDeep) => {
                let limit = JSON_DEPTH_LIMIT;
                Err(Invalid::new(field, InvalidReason::TooDeep { limit }))
            }
            Err(JsonFault::Malformed) => Err(malformed(field, "is not valid JSON")),
            Err(JsonFault::NumberTooLong) => Err(malformed(field, JsonFault::NUMBER_TOO_LONG)),
            // Whether U+0000 matters depends on the member.
            Ok(()) | Err(JsonFault::HoldsNul) => Ok(Some(json)),
        }
    }

    /// Any value as it was written, whatever is in it.
    pub(crate) fn unjudged_json(&self, field: &'static str) -> Result<Option<&'t str>, Invalid> {
        let json = self.written(field)?;
        if json.is_some_and(|json| self.broken_within(json).is_some()) {
            return Err(malformed(field, "is not UTF-8"));
        }
        Ok(json)
    }

    /// A whole number of 64 bits.
    pub(crate) fn whole_number(&self, field: &'static str) -> Result<Option<i64>, Invalid> {
        self.of_type(field, "must be a whole number of at most 64 bits")
    }

    /// The names of the members that are none of these, behind `path`, each once; the first 32.
    pub(crate) fn names_but(&self, known: &[&str], path: &str) -> Vec<String> {
        let mut others: Vec<String> = Vec::new();
        for (name, _) in &self.found {
            if others.len() == MOST_NAMES {
                break;
            }
            if !known.contains(&name.as_str()) {
                let name = format!("{path}{name}");
                if !others.contains(&name) {
                    others.push(name);
                }
            }
        }
        others
    }

    /// The members of a member that is an object.
    pub(crate) fn object(&self, field: &'static str) -> Result<Option<Self>, Invalid> {
        let Some(json) = self.written(field)? else {
            return Ok(None);
        };
        match Self::parse(json, self.broken_within(json)) {
            Some(members) => Ok(Some(members)),
            None => Err(malformed(field, "must be an object")),
        }
    }

    /// Whether a member is there and `null`: in a change, that takes away what can be empty.
    pub(crate) fn is_null(&self, field: &'static str) -> Result<bool, Invalid> {
        Ok(self.member(field)? == Some("null"))
    }

    /// Whether any member, known or not, is nested deeper than is accepted from outside.
    pub(super) fn any_too_deep(&self) -> bool {
        self.found
            .iter()
            .any(|(_, json)| check_json(json.get()) == Err(JsonFault::TooDeep))
    }

    fn of_type<T: DeserializeOwned>(
        &self,
        field: &'static str,
        expected: &'static str,
    ) -> Result<Option<T>, Invalid> {
        let Some(json) = self.json(field)? else {
            return Ok(None);
        };
        match serde_json::from_str(json) {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(malformed(field, expected)),
        }
    }

    /// The one member of a field's key, unless it is `null`.
    fn written(&self, field: &'static str) -> Result<Option<&'t str>, Invalid> {
        Ok(self.member(field)?.filter(|json| *json != "null"))
    }

    /// The one member of a field's key.
    fn member(&self, field: &'static str) -> Result<Option<&'t str>, Invalid> {
        let key = field.rsplit('.').next().unwrap_or(field);
        let mut found = self.found.iter().filter(|(name, _)| name == key);
        let member = found.next().map(|(_, json)| json.get());
        if found.next().is_some() {
            return Err(malformed(field, "is given more than once"));
        }
        Ok(member)
    }

    /// Where in a part of the text bytes were replaced, counted from its beginning.
    fn broken_within(&self, part: &str) -> Option<usize> {
        let begins = part.as_ptr().addr() - self.text.as_ptr().addr();
        let place = self.broken?.checked_sub(begins)?;
        (place < part.len()).then_some(place)
    }
}

fn malformed(field: &'static str, how: &'static str) -> Invalid {
    Invalid::new(field, InvalidReason::Malformed(how))
}

fn holds_nul(field: &'static str) -> Invalid {
    Invalid::new(field, InvalidReason::Character("U+0000"))
}

/// Members in the order written, repeats kept.
struct Object<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = Vec::new();
        while let Some(member) = map.next_entry()? {
            found.push(member);
        }
        Ok(Object(found))
    }
}

#[cfg(test)]
mod tests {
    use users_domain::model::Role;

    use super::*;

    fn members(text: &str) -> Members<'_> {
        Members::parse(text, None).unwrap()
    }

    #[test]
    fn members_are_taken_by_the_last_part_of_their_field() {
        let members = members(r#"{"a":"x","inner":{"a":"y","b":["z"]},"c":null,"d":[1, 2.50]}"#);
        assert_eq!(members.text("a").unwrap().as_deref(), Some("x"));
        let inner = members.object("inner").unwrap().unwrap();
        assert_eq!(inner.text("inner.a").unwrap().as_deref(), Some("y"));
        assert_eq!(inner.texts("inner.b"), Ok(Some(vec!["z".to_owned()])));
        assert_eq!(members.text("c"), Ok(None));
        assert_eq!(members.is_null("c"), Ok(true));
        assert_eq!(members.is_null("a"), Ok(false));
        assert_eq!(members.is_null("absent"), Ok(false));
        assert_eq!(members.text("absent"), Ok(None));
        assert_eq!(members.one_of::<Role>("c"), Ok(None));
        // Digits are kept.
        assert_eq!(members.json("d"), Ok(Some("[1, 2.50]")));
    }

    #[test]
    fn a_member_is_refused_by_name() {
        let deep = format!("{}{}", "[".repeat(65), "]".repeat(65));
        for json in [
            "1",
            "[]",
            "true",
            r#""\u0000""#,
            r#""\ud800""#,
            r#""a","x":"b""#,
            deep.as_str(),
        ] {
            let text = format!(r#"{{"x":{json}}}"#);
            let refused = members(&text).text("x").unwrap_err();
            assert_eq!(refused.field, "x", "{json}");
        }
        let refused = members(r#"{"x":["a",null]}"#).texts("x").unwrap_err();
        assert_eq!(refused.field, "x");
        let refused = members(r#"{"x":null,"x":null}"#).is_null("x");
        assert_eq!(refused.unwrap_err().field, "x");
        let refused = members(r#"{"x":[]}"#).object("x").err().unwrap();
        assert_eq!(refused.field, "x");
    }

    #[test]
    fn a_secret_may_hold_what_no_store_keeps() {
        let secret = members(r#"{"x":"\u0000"}"#).secret("x").unwrap();
        assert_eq!(secret.as_deref(), Some("\0"));
    }

    #[test]
    fn repeats_of_unknown_members_do_not_matter() {
        assert_eq!(
            members(r#"{"y":1,"y":2,"x":"a"}"#).text("x").unwrap(),
            Some("a".to_owned())
        );
    }

    #[test]
    fn only_one_object_is_an_object() {
        for text in [
            "",
            "null",
            "[]",
            "1",
            "{",
            "{} {}",
            "{}x",
            "\u{feff}{}",
            "{'a':1}",
        ] {
            assert!(Members::parse(text, None).is_none(), "{text}");
        }
        assert!(Members::parse(" {}\n", None).is_some());
    }

    #[test]
    fn what_is_not_utf_8_is_found_within_its_member() {
        let text = r#"{"a":"b","c":{"d":"X","e":"f"}}"#;
        let broken = text.find('X');
        let members = Members::parse(text, broken).unwrap();
        assert!(members.text("a").is_ok());
        let inner = members.object("c").unwrap().unwrap();
        assert_eq!(inner.text("c.d").unwrap_err().field, "c.d");
        assert!(inner.text("c.e").is_ok());
    }
}
