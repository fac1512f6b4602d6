//! What the platform is told: each recorded request replayed, its event compared.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::json_members::Members;
use crate::process::{build_example, output, program};

use super::comparison::Comparison;
use super::jwt::{description, uuid_version};
use super::records::{Records, number, text};

/// The folder of the records.
const FOLDER: &str = "events";

/// Has an example of the HTTP crate replay the records, on fakes that show their events, and
/// compares what it prints.
pub(super) fn replay(root: &Path, records: &Records, comparison: &mut Comparison) -> Result<()> {
    let example = build_example(root, "replay_records")?;
    let mut command = program(&example.to_string_lossy(), root);
    command.arg(FOLDER).arg(records.folder(FOLDER));
    let mut waiting: BTreeSet<String> = records
        .names(FOLDER)?
        .into_iter()
        .filter(|name| name.contains("--"))
        .collect();
    for line in output(&mut command)?.lines() {
        let ours: Replayed = serde_json::from_str(line)
            .with_context(|| format!("the replay printed what is no outcome: {line:?}"))?;
        let subject = format!("{FOLDER}/{}", ours.record);
        let record = records.read(&subject)?;
        waiting.remove(&ours.record);
        compare(&subject, &record, &ours, comparison)?;
    }
    if let Some(name) = waiting.first() {
        bail!("{} records were not replayed, {name} first", waiting.len());
    }
    Ok(())
}

/// What the example prints of a record.
#[derive(Deserialize)]
struct Replayed {
    record: String,
    status: i64,
    body: String,
    events: Vec<String>,
}

fn compare(
    subject: &str,
    record: &Value,
    ours: &Replayed,
    comparison: &mut Comparison,
) -> Result<()> {
    let recorded_event = text(record, "/json_text")?;
    let mut recorded = outcome(number(record, "/http/response/status")?, &[recorded_event])?;
    let ours_told: Vec<&str> = ours.events.iter().map(String::as_str).collect();
    let mut replayed = outcome(ours.status, &ours_told)?;
    // Where nothing, or more than one thing, is told, there is nothing to hold against the event.
    if let [event] = ours_told[..] {
        let answer = &record["http"]["response"]["body"];
        recorded.append(&mut describe(recorded_event, answer)?);
        let answer = serde_json::from_str(&ours.body).unwrap_or_default();
        replayed.append(&mut describe(event, &answer)?);
    }
    comparison.compare(subject, &recorded, &replayed);
    Ok(())
}

fn outcome(status: i64, events: &[&str]) -> Result<Map<String, Value>> {
    let mut operations = Vec::new();
    for event in events {
        operations.push(json!(Members::parse(event)?.get("operation")));
    }
    Ok(description([
        ("status", json!(status)),
        ("events", json!(operations)),
    ]))
}

/// Every member of an event, by what must be equal of it, `answer` being what its request got.
fn describe(event: &str, answer: &Value) -> Result<Map<String, Value>> {
    let members = Members::parse(event)?;
    let is_new = members.get("operation") == Some(&json!("user.create"));
    let mut facts = description([("members are sorted", json!(members.are_sorted()))]);
    if let Some(written) = markup(event) {
        facts.insert("`<`, `>` and `&` are written".to_owned(), json!(written));
    }
    for (name, value) in members.iter() {
        let is_that_of_the_answer = value.is_string() || value.is_number();
        let is_that_of_the_answer = is_that_of_the_answer && answer.get(name) == Some(value);
        let told = match name {
            "occurred_at" => json!(unit(value)),
            "request_id" | "event_id" => json!(id(value)),
            // Made for the request, or counted.
            "id" if is_new && is_that_of_the_answer => json!(OF_THE_ANSWER),
            "total" if is_that_of_the_answer => json!(OF_THE_ANSWER),
            _ => value.clone(),
        };
        facts.insert(name.to_owned(), told);
    }
    Ok(facts)
}

const OF_THE_ANSWER: &str = "that of the answer";

/// How the event writes characters that are markup in HTML, if it has any.
fn markup(event: &str) -> Option<&'static str> {
    if event.contains(['<', '>', '&']) {
        Some("as they are")
    } else if ["\\u003c", "\\u003e", "\\u0026"]
        .iter()
        .any(|escape| event.contains(escape))
    {
        Some("escaped")
    } else {
        None
    }
}

/// In which unit a moment of this century counts, told by its digits.
fn unit(value: &Value) -> String {
    let digits = value.as_u64().map(|number| number.to_string().len());
    match digits {
        Some(19) => "nanoseconds".to_owned(),
        _ => value.to_string(),
    }
}

fn id(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    match uuid_version(text) {
        Some(version) => format!("a UUIDv{version}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_described_by_what_stays_the_same() {
        let event = r#"{"id":"7d607aa4-5c3b-4bf4-9832-9439881a97d7","metadata":{"k":"\u003c"},
            "occurred_at":1795436054131838861,"operation":"user.create","request_id":"",
            "username":"ada"}"#;
        let answer = json!({ "id": "7d607aa4-5c3b-4bf4-9832-9439881a97d7" });
        let facts = describe(event, &answer).expect("an event");
        assert_eq!(facts["id"], "that of the answer");
        assert_eq!(facts["metadata"], json!({ "k": "<" }));
        assert_eq!(facts["occurred_at"], "nanoseconds");
        assert_eq!(facts["request_id"], "");
        assert_eq!(facts["username"], "ada");
        assert_eq!(facts["members are sorted"], true);
        assert_eq!(facts["`<`, `>` and `&` are written"], "escaped");
    }

    #[test]
    fn an_id_that_was_there_before_and_a_wrong_total_are_told() {
        let event = r#"{"total":0,"operation":"user.list","id":"a"}"#;
        let facts = describe(event, &json!({ "id": "a", "total": 4 })).expect("an event");
        assert_eq!(facts["id"], "a");
        assert_eq!(facts["total"], 0);
        assert_eq!(facts["members are sorted"], false);
        let facts = describe(event, &json!({ "total": 0 })).expect("an event");
        assert_eq!(facts["total"], "that of the answer");
    }
}
