//! What a JSON text means, to the last digit.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// The same text for the same meaning: without white space, names in order and the last of equal
/// ones alone, numbers as digits and a power of ten.
pub(super) fn meaning(text: &str) -> String {
    let text = text.trim();
    match text.as_bytes().first() {
        Some(b'{') => {
            let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text).unwrap();
            let members = members
                .iter()
                .map(|(name, value)| format!("{name:?}:{}", meaning(value.get())));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Some(b'[') => {
            let elements: Vec<Box<RawValue>> = serde_json::from_str(text).unwrap();
            let elements = elements.iter().map(|value| meaning(value.get()));
            format!("[{}]", elements.collect::<Vec<_>>().join(","))
        }
        Some(b'"') => format!("{:?}", serde_json::from_str::<String>(text).unwrap()),
        Some(b'-' | b'0'..=b'9') => number(text),
        _ => text.to_owned(),
    }
}

fn number(text: &str) -> String {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let (sign, whole) = whole
        .strip_prefix('-')
        .map_or(("", whole), |whole| ("-", whole));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_end_matches('0');
    let length = |text: &str| i64::try_from(text.len()).unwrap();
    let exponent: i64 = exponent.parse().unwrap();
    let exponent = exponent + length(&digits) - length(significant) - length(fraction);
    match significant.trim_start_matches('0') {
        "" => "0".to_owned(),
        significant => format!("{sign}{significant}e{exponent}"),
    }
}

#[cfg(test)]
mod tests {
    use super::meaning;

    #[test]
    fn the_same_meaning_is_the_same_text() {
        for (one, other) in [
            ("100", "1e2"),
            ("0.10", "1E-1"),
            ("-0", "0.00"),
            (r#" {"b":1,"a":2,"b":3} "#, r#"{"a": 2, "b": 3.0}"#),
            (r#"["\u0061"]"#, r#"[ "a" ]"#),
        ] {
            assert_eq!(meaning(one), meaning(other));
        }
    }

    #[test]
    fn another_digit_is_another_meaning() {
        for (one, other) in [
            (
                "123456789012345678901234567890",
                "123456789012345678901234567891",
            ),
            ("1", "-1"),
            ("1", "10"),
            ("0.1", "0.01"),
            (r#"["a"]"#, r#"{"a":1}"#),
        ] {
            assert_ne!(meaning(one), meaning(other));
        }
    }
}
