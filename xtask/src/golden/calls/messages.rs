//! Every recorded message, read and written again with our types.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use super::super::comparison::Comparison;
use super::super::records::{Records, text};
use super::hex;
use super::message::{Decoded, Method};

/// The folders of the records.
const FOLDERS: [&str; 2] = ["grpc", "spicedb"];

/// Services that gRPC brings, whose messages its libraries know, and a method of SpiceDB's that is in
/// the records for the sake of whoever reads them.
const NOT_OURS: [&str; 4] = [
    "/grpc.health.v1.Health/List",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    "/authzed.api.v1.PermissionsService/LookupResources",
];

/// Fields in the records that our tables do not have.
const NOT_READ: [&str; 2] = ["15 (not in the tables)", "3 after_result_cursor"];

/// Compares what our types make of the recorded bytes with what the records say of them.
pub(super) fn replay(records: &Records, comparison: &mut Comparison) -> Result<()> {
    for folder in FOLDERS {
        let mut names = records.names(folder)?;
        names.retain(|name| name.contains("--"));
        names.sort();
        if names.is_empty() {
            bail!("no calls in {}", records.folder(folder).display());
        }
        for name in names {
            let subject = format!("{folder}/{name}");
            let record = records.read(&subject)?;
            let path = text(&record, "/method")?;
            let Some(method) = Method::of(path) else {
                if NOT_OURS.contains(&path) {
                    continue;
                }
                bail!("{subject}: a method that nobody knows: {path}");
            };
            for (side, decode) in [("request", method.request), ("response", method.response)] {
                compare(&subject, &record, side, decode, comparison)
                    .with_context(|| format!("the {side} of {subject}"))?;
            }
        }
    }
    Ok(())
}

fn compare(
    subject: &str,
    record: &Value,
    side: &str,
    decode: fn(&[u8]) -> Option<Decoded>,
    comparison: &mut Comparison,
) -> Result<()> {
    // A stream is a list of messages, in `decoded` as well.
    let (bytes, said) = match (&record[format!("{side}_hex")], &record["decoded"][side]) {
        (Value::Null, _) => return Ok(()),
        (Value::Array(bytes), Value::Array(said)) => (bytes.clone(), said.clone()),
        (bytes, said) => (vec![bytes.clone()], vec![said.clone()]),
    };
    if bytes.len() != said.len() {
        bail!("another number of messages than of descriptions");
    }
    for (bytes, said) in bytes.iter().zip(&said) {
        let bytes = hex::read(bytes.as_str().context("no bytes")?)?;
        let ours = decode(&bytes);
        let (described, written) = match &ours {
            None => (json!("(not a valid message)"), Value::Null),
            Some(ours) => (ours.described.clone(), json!(back(&bytes, &ours.encoded))),
        };
        let facts = |described: Value, written: Value| {
            let mut facts = Map::new();
            facts.insert(side.to_owned(), described);
            facts.insert(format!("{side}, written again"), written);
            facts
        };
        comparison.compare(
            subject,
            &facts(plain(said), json!("the same bytes")),
            &facts(plain(&described), written),
        );
    }
    Ok(())
}

/// What became of the bytes.
pub(super) fn back(bytes: &[u8], again: &[u8]) -> String {
    let sorted = |bytes: &[u8]| {
        let mut sorted = bytes.to_vec();
        sorted.sort_unstable();
        sorted
    };
    if bytes == again {
        "the same bytes".to_owned()
    } else if sorted(bytes) == sorted(again) {
        "the same bytes in another order".to_owned()
    } else if is_rest_of(bytes, again) {
        "the same bytes without what we do not read".to_owned()
    } else {
        hex::write(again)
    }
}

/// Whether one is the other with some left out.
fn is_rest_of(bytes: &[u8], rest: &[u8]) -> bool {
    let mut bytes = bytes.iter();
    rest.iter().all(|wanted| bytes.any(|byte| byte == wanted))
}

/// A description with names of values as numbers, entries of metadata in order, and numbers as what
/// they are on the wire.
pub(super) fn plain(said: &Value) -> Value {
    match said {
        Value::String(text) => number_of(text).map_or_else(|| said.clone(), |number| json!(number)),
        Value::Array(values) => {
            let mut values: Vec<Value> = values.iter().map(plain).collect();
            // Stable, and all else that is listed has no keys.
            values.sort_by_key(|value| value["1 key"].as_str().unwrap_or_default().to_owned());
            Value::Array(values)
        }
        Value::Object(members) => {
            let members = members.iter();
            Value::Object(
                members
                    .filter(|(name, _)| !NOT_READ.contains(&name.as_str()))
                    .map(|(name, value)| (name.clone(), plain(value)))
                    .collect(),
            )
        }
        other => other.clone(),
    }
}

/// The number in `NAME (1)`.
fn number_of(text: &str) -> Option<i64> {
    let (name, number) = text.strip_suffix(')')?.split_once(" (")?;
    let is_name = name
        .chars()
        .all(|letter| letter.is_ascii_uppercase() || letter == '_');
    if is_name { number.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_values_count_as_their_numbers() {
        assert_eq!(number_of("TOUCH (2)"), Some(2));
        assert_eq!(number_of("HAS_PERMISSION (2)"), Some(2));
        assert_eq!(number_of("Ada (2)"), None);
        assert_eq!(number_of("(2)"), None);
    }

    #[test]
    fn entries_are_compared_without_their_order() {
        let entry = |key: &str| json!({ "1 key": key, "2 value": {} });
        let one = json!({ "1 fields": [entry("b"), entry("a")] });
        let other = json!({ "1 fields": [entry("a"), entry("b")] });
        assert_eq!(plain(&one), plain(&other));
        assert_ne!(plain(&json!(["b", "a"])), plain(&json!(["a", "b"])));
    }

    #[test]
    fn what_is_written_again_is_held_against_what_was_read() {
        assert_eq!(back(&[1, 2], &[1, 2]), "the same bytes");
        assert_eq!(back(&[1, 2], &[2, 1]), "the same bytes in another order");
        let skipped = "the same bytes without what we do not read";
        assert_eq!(back(&[1, 2, 3], &[1, 3]), skipped);
        assert_eq!(back(&[1, 2], &[1, 3]), "0103");
    }
}
