//! What callers are answered when the platform's services do not answer as they should.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::comparison::Comparison;
use super::super::records::Records;
use super::code;

const RECORD: &str = "grpc/status-to-http.json";
const SLOW: &str = "slower_than_the_deadline_of_10_s";

/// What the example prints of one answer.
#[derive(Deserialize)]
pub(super) struct Answer {
    #[serde(flatten)]
    cause: Cause,
    status: u16,
    body: String,
}

/// What the platform's service did instead.
#[derive(Deserialize)]
#[serde(untagged)]
enum Cause {
    Status { operation: String, code: i64 },
    Odd { odd: String },
    Slow { slow: String },
}

/// All of them.
#[derive(Default)]
pub(super) struct Told {
    /// By operation: which codes lead to which answer.
    statuses: BTreeMap<String, Answers>,
    others: BTreeMap<String, String>,
}

/// Which codes lead to which answer.
type Answers = BTreeMap<String, Vec<&'static str>>;

impl Told {
    pub(super) fn add(&mut self, answer: Answer) -> Result<()> {
        let shown = shown(answer.status, &answer.body);
        match answer.cause {
            Cause::Status { operation, code } => {
                let answers = self.statuses.entry(operation).or_default();
                answers.entry(shown).or_default().push(code::name(code));
            }
            Cause::Odd { odd } => self.add_other(format!("odd_answers: {odd}"), shown)?,
            Cause::Slow { slow } => self.add_other(format!("{SLOW}: {slow}"), shown)?,
        }
        Ok(())
    }

    fn add_other(&mut self, name: String, shown: String) -> Result<()> {
        match self.others.insert(name, shown) {
            None => Ok(()),
            Some(_) => anyhow::bail!("an answer was replayed twice"),
        }
    }

    /// Compares all of them, and complains of what was not replayed.
    pub(super) fn compare(self, records: &Records, comparison: &mut Comparison) -> Result<()> {
        let record = records.read(RECORD)?;
        let operations = record["by_operation"].as_object();
        for (operation, codes) in operations.context("no operations are recorded")? {
            let mut recorded = Answers::new();
            for number in 1..=16 {
                let name = code::name(number);
                let answer = recorded_answer(&codes[name])?;
                recorded.entry(answer).or_default().push(name);
            }
            let ours = self.statuses.get(operation);
            let ours = ours.with_context(|| format!("{operation} was not replayed"))?;
            let facts = |answers: &Answers| one("answers", in_short(answers));
            let subject = format!("{RECORD}: {operation}");
            comparison.compare(&subject, &facts(&recorded), &facts(ours));
        }
        for kind in ["odd_answers", SLOW] {
            let cases = record[kind].as_object();
            for (name, recorded) in cases.with_context(|| format!("no {kind} are recorded"))? {
                let name = format!("{kind}: {name}");
                let ours = self.others.get(&name);
                let ours = ours.with_context(|| format!("{name} was not replayed"))?;
                comparison.compare(
                    &format!("{RECORD}: {name}"),
                    &one("answer", json!(recorded_answer(recorded)?)),
                    &one("answer", json!(ours)),
                );
            }
        }
        Ok(())
    }
}

/// With the codes of more than half of all told as the others.
fn in_short(answers: &Answers) -> Value {
    let answers = answers.iter();
    let told = answers.map(|(answer, codes)| {
        let codes = match codes.len() {
            16 => json!("every code"),
            9.. => json!("every other code"),
            _ => json!(codes),
        };
        (answer.clone(), codes)
    });
    Value::Object(told.collect())
}

fn one(fact: &str, value: Value) -> Map<String, Value> {
    [(fact.to_owned(), value)].into_iter().collect()
}

fn recorded_answer(answer: &Value) -> Result<String> {
    let status = answer["http"]
        .as_u64()
        .and_then(|status| status.try_into().ok());
    let body = answer["body"].as_str().unwrap_or_default();
    Ok(shown(status.context("an answer without a status")?, body))
}

/// Status and message: what a caller goes by.
fn shown(status: u16, body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    match body["message"].as_str() {
        Some(message) => format!("{status} {message}"),
        None => status.to_string(),
    }
}
