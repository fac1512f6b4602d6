//! What the index of metadata is asked for: the terms that stand in `user_metadata`.
//!
//! A term is a plain value somewhere in a row's metadata, with the name of the member that it is the
//! value of (elements of arrays and a value by itself have none); migration 0006 writes them:
//!
//! ```text
//! .plan=sgold        a text, of which the first 64 characters are kept, as of the name
//! .plan=t  =f  =n    true, false, null
//! .seats=i12         a whole number written without fraction or exponent, of up to 15 digits
//! .ratio=r2.5..e-01  any other number: its double to ten digits
//! *                  more than 128 plain values, or text that SQLite takes for no JSON
//! ```
//!
//! The index names too many rows rather than too few; each is looked at by `Metadata::contains`.

use serde_json::Value;

/// What stands for all terms of a row that has too many.
const ANY: &str = "*";
/// Characters of a name or a text that a term holds.
const KEPT: usize = 64;
/// Whole numbers below are told exactly from their neighbours, as doubles too.
const EXACT_BELOW: f64 = 1e15;
/// How far two readings of the same number may lie apart; SQLite's and serde's differ by much less.
const TOLERANCE: f64 = 1e-12;

/// For each plain value in a part the terms of which every row that contains the part has at least
/// one. Empty where the part has no plain value to be found by.
pub(crate) fn wanted_terms(part: &str) -> Vec<Vec<String>> {
    let mut wanted = Vec::new();
    // What cannot be parsed is contained by nothing.
    if let Ok(value) = serde_json::from_str::<Value>(part) {
        collect(None, &value, &mut wanted);
    }
    wanted
}

fn collect(name: Option<&str>, value: &Value, wanted: &mut Vec<Vec<String>>) {
    let values = match value {
        Value::Object(members) => {
            for (name, value) in members {
                collect(Some(name), value, wanted);
            }
            return;
        }
        Value::Array(elements) => {
            for element in elements {
                collect(None, element, wanted);
            }
            return;
        }
        Value::String(text) => vec![format!("s{}", kept(text))],
        Value::Bool(true) => vec!["t".to_owned()],
        Value::Bool(false) => vec!["f".to_owned()],
        Value::Null => vec!["n".to_owned()],
        Value::Number(number) => number.as_f64().map(numbers).unwrap_or_default(),
    };
    let name = name.map(|name| format!(".{}", kept(name)));
    let name = name.unwrap_or_default();
    let mut terms: Vec<String> = Vec::new();
    for value in values {
        let term = format!("{name}={value}");
        if !terms.contains(&term) {
            terms.push(term);
        }
    }
    // Bytes that are no text read as this character, and the index holds the bytes.
    if !terms.iter().any(|term| term.contains('\u{fffd}')) {
        terms.push(ANY.to_owned());
        wanted.push(terms);
    }
}

/// The beginning of a text as SQLite's `substr` gives it, which goes no further than a U+0000.
fn kept(text: &str) -> String {
    text.chars()
        .take_while(|character| *character != '\0')
        .take(KEPT)
        .collect()
}

/// How a number may be written in the index: exactly, or as one of the doubles around it.
fn numbers(number: f64) -> Vec<String> {
    let mut values = Vec::new();
    if number.fract() == 0.0 && number.abs() < EXACT_BELOW {
        #[expect(clippy::cast_possible_truncation, reason = "whole and small enough")]
        let whole = number as i64;
        values.push(format!("i{whole}"));
    }
    for factor in [1.0 - TOLERANCE, 1.0, 1.0 + TOLERANCE] {
        values.push(ten_digits(number * factor));
    }
    values
}

/// As the migration writes it, which leaves the ends of what a double can hold apart.
fn ten_digits(number: f64) -> String {
    if number.abs() <= 1e-290 {
        return "r0".to_owned();
    }
    let text = format!("{:.9e}", number.clamp(-1e300, 1e300));
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    // C writes the exponent with its sign and at least two digits.
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("r{digits}e{sign}{exponent:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_a_plain_value_with_its_name() {
        let terms = |part: &str| -> Vec<String> {
            wanted_terms(part)
                .into_iter()
                .map(|mut terms| terms.remove(0))
                .collect()
        };
        assert_eq!(
            terms(r#"{"a": "x\u0041", "b": {"c": [true, false, null, {"d": 7}]}}"#),
            [".a=sxA", "=t", "=f", "=n", ".d=i7"]
        );
        assert_eq!(terms("2.5"), ["=r2.500000000e+00"]);
        assert_eq!(terms("-1e-7"), ["=r-1.000000000e-07"]);
        assert_eq!(terms("0.0"), ["=i0"]);
        assert_eq!(
            terms(&format!("\"{}\"", "ü".repeat(65))),
            [format!("=s{}", "ü".repeat(64))]
        );
        assert_eq!(terms(r#""a\u0000b""#), ["=sa"]);
    }

    #[test]
    fn a_number_is_looked_for_however_it_may_be_written() {
        let [terms] = wanted_terms("100").try_into().unwrap();
        assert_eq!(terms, ["=i100", "=r1.000000000e+02", "*"]);
        // On the edge between two ways to write it, both.
        let [terms] = wanted_terms("1.2345678905").try_into().unwrap();
        assert!(terms.contains(&"=r1.234567890e+00".to_owned()), "{terms:?}");
        assert!(terms.contains(&"=r1.234567891e+00".to_owned()), "{terms:?}");
    }

    #[test]
    fn what_has_no_plain_value_is_not_looked_for() {
        for part in ["{}", r#"{"a":{},"b":[]}"#, "{no", "\"\u{fffd}\""] {
            assert!(wanted_terms(part).is_empty(), "{part}");
        }
    }
}
