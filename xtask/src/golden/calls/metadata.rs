//! What goes with a call besides its message.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

/// How long a call may take in the records.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How much of it may be gone before it is told.
const GONE_AT_MOST: Duration = Duration::from_secs(4);

const A_LITTLE_UNDER: &str = "a little under the timeout, in microseconds";
const LESS: &str = "less than the timeout, in microseconds";
const A_TRACE: &str = "a trace and a span, not sampled";
const A_SAMPLED_TRACE: &str = "a trace and a span, sampled";

/// Every header of a recorded call, as far as it stays the same.
pub(super) fn recorded(record: &Value) -> Result<Map<String, Value>> {
    let metadata = record["metadata"].as_object();
    let metadata = metadata.context("a call without metadata")?;
    let mut facts = Map::new();
    for (name, value) in metadata {
        // Pseudo-headers are the transport's.
        if name.starts_with(':') {
            continue;
        }
        let told = match name.as_str() {
            "traceparent" => json!(A_TRACE),
            _ => value.clone(),
        };
        facts.insert(fact(name), told);
    }
    let has_deadline = record["deadline"]
        .as_str()
        .is_some_and(|deadline| deadline.starts_with("10 s"));
    if has_deadline {
        facts.insert(fact("grpc-timeout"), json!(A_LITTLE_UNDER));
    }
    // Every call has it (wire-headers.json), no server shows it.
    facts.insert(fact("te"), json!("trailers"));
    Ok(facts)
}

/// Every header of one of ours.
pub(super) fn ours(metadata: &[(String, String)]) -> Map<String, Value> {
    let mut facts = Map::new();
    for (name, value) in metadata {
        let told = match name.as_str() {
            "traceparent" => trace(value).unwrap_or(value),
            "grpc-timeout" => deadline(value).unwrap_or(value),
            "user-agent" => value.split('/').next().unwrap_or_default(),
            _ => value,
        };
        facts.insert(fact(name), json!(told));
    }
    facts
}

fn fact(name: &str) -> String {
    format!("header {name}")
}

/// What `grpc-timeout` says, where it counts microseconds: at most eight digits and a `u`.
fn deadline(value: &str) -> Option<&'static str> {
    let digits = value.strip_suffix('u')?;
    let left = Duration::from_micros(digits.parse().ok()?);
    if digits.len() > 8 || left > TIMEOUT {
        return None;
    }
    let is_nearly_all = left >= TIMEOUT.saturating_sub(GONE_AT_MOST);
    Some(if is_nearly_all { A_LITTLE_UNDER } else { LESS })
}

/// What `traceparent` of version 00 says (W3C Trace Context, 3.2).
fn trace(value: &str) -> Option<&'static str> {
    let parts: Vec<&str> = value.split('-').collect();
    let is_id = |part: &str, length| {
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        part.len() == length && part.bytes().all(is_hex) && part.bytes().any(|byte| byte != b'0')
    };
    match parts[..] {
        ["00", trace, span, flags] if is_id(trace, 32) && is_id(span, 16) => match flags {
            "00" => Some(A_TRACE),
            "01" => Some(A_SAMPLED_TRACE),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_told_by_what_is_left() {
        assert_eq!(deadline("9999904u"), Some(A_LITTLE_UNDER));
        assert_eq!(deadline("10000000u"), Some(A_LITTLE_UNDER));
        assert_eq!(deadline("4999984u"), Some(LESS));
        for other in ["10000001u", "000009999904u", "10S", "9999m", "u", ""] {
            assert_eq!(deadline(other), None, "{other}");
        }
    }

    #[test]
    fn a_trace_has_two_ids_that_are_not_zero() {
        let (trace_id, span) = ("11111111222222223333333344444444", "5555555566666666");
        let told = |flags: &str| trace(&format!("00-{trace_id}-{span}-{flags}"));
        assert_eq!(told("00"), Some(A_TRACE));
        assert_eq!(told("01"), Some(A_SAMPLED_TRACE));
        for other in [
            format!("00-{trace_id}-{span}-02"),
            format!("01-{trace_id}-{span}-00"),
            format!("00-{}-{span}-00", "0".repeat(32)),
            format!("00-{}-{span}-00", "A".repeat(32)),
            format!("00-{trace_id}-00"),
            String::new(),
        ] {
            assert_eq!(trace(&other), None, "{other}");
        }
    }
}
