//! What other services are answered by us.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::comparison::Comparison;
use super::super::jwt::description;
use super::super::records::{Records, number, text};
use super::code;
use super::hex;
use super::message::Method;
use super::messages::{back, plain};

/// The field of an answer that has the users.
const USERS: &str = "4 users";

/// What the example prints of one answer of ours.
#[derive(Deserialize)]
pub(super) struct AnswerOfOurs {
    #[serde(rename = "asked_of_us")]
    file: String,
    code: i64,
    message: Option<Vec<u8>>,
}

impl AnswerOfOurs {
    pub(super) fn compare(&self, records: &Records, comparison: &mut Comparison) -> Result<()> {
        let record = records.read(&self.file)?;
        let status = number(&record, "/status/code")?;
        let recorded = match record["response_hex"].as_str() {
            Some(hex) => Some(hex::read(hex)?),
            None => None,
        };
        let path = text(&record, "/method")?;
        let bytes = |ours: &Option<Vec<u8>>| match (ours, &recorded) {
            (Some(ours), Some(recorded)) if ours.len() == recorded.len() => {
                json!(back(recorded, ours))
            }
            (Some(_), _) => json!("others"),
            (None, _) => json!("none"),
        };
        let facts = |code: i64, message: &Option<Vec<u8>>| -> Result<Map<String, Value>> {
            Ok(description([
                ("our answer: code", json!(code::name(code))),
                ("our answer: bytes", bytes(message)),
                ("our answer", told(path, message.as_deref())?),
            ]))
        };
        let mut theirs = facts(status, &recorded)?;
        let mut ours = facts(self.code, &self.message)?;
        let known = ids(&theirs);
        set_apart(&mut theirs, &known);
        set_apart(&mut ours, &known);
        comparison.compare(&self.file, &theirs, &ours);
        Ok(())
    }
}

/// The users in an answer.
fn ids(facts: &Map<String, Value>) -> Vec<Value> {
    let users = facts["our answer"][USERS].as_array();
    let users = users.into_iter().flatten();
    users.map(|user| user["1 id"].clone()).collect()
}

/// Tells the total, and users who are not among the known ones, apart from the rest of an answer.
fn set_apart(facts: &mut Map<String, Value>, known: &[Value]) {
    let Some(answer) = facts["our answer"].as_object_mut() else {
        return;
    };
    let total = answer.remove("1 total");
    let mut besides = Vec::new();
    if let Some(Value::Array(mut users)) = answer.remove(USERS) {
        users.retain(|user| {
            let is_known = known.contains(&user["1 id"]);
            if !is_known {
                besides.push(user["1 id"].clone());
            }
            is_known
        });
        if !users.is_empty() {
            answer.insert(USERS.to_owned(), Value::Array(users));
        }
    }
    facts.insert("our answer: total".to_owned(), json!(total));
    facts.insert("our answer: users besides".to_owned(), json!(besides));
}

/// How a message reads; of a method whose messages we do not know, its bytes.
fn told(path: &str, message: Option<&[u8]>) -> Result<Value> {
    let Some(message) = message else {
        return Ok(Value::Null);
    };
    let Some(method) = Method::of(path) else {
        return Ok(json!(hex::write(message)));
    };
    let decoded = (method.response)(message).context("our answer is no message")?;
    Ok(plain(&decoded.described))
}
