//! What the service asks of the platform, and what becomes of the answers: each recorded request
//! replayed, its calls compared.

use std::path::Path;

use anyhow::{Context, Result, bail};
use prost::Message as _;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use users_proto::authzed::api::v1::{RelationshipUpdate, WriteRelationshipsRequest};

use super::super::comparison::Comparison;
use super::super::jwt::description;
use super::super::records::{Records, text};
use super::answer_of_ours::AnswerOfOurs;
use super::answers;
use super::code;
use super::hex;
use super::message::Method;
use super::metadata;
use crate::process::{build_example, output, program};

const WRITE: &str = "/authzed.api.v1.PermissionsService/WriteRelationships";

/// What is said of equal requests.
const AS_RECORDED: &str = "as recorded, byte for byte";

/// Has an example of the server crate replay the records, on fakes and stand-ins for the platform, and
/// compares what it prints.
pub(super) fn replay(root: &Path, records: &Records, comparison: &mut Comparison) -> Result<()> {
    let example = build_example(root, "replay_records")?;
    let mut command = program(&example.to_string_lossy(), root);
    command.arg("calls").arg(records.folder(""));
    let mut told = answers::Told::default();
    for line in output(&mut command)?.lines() {
        let ours: Replayed = serde_json::from_str(line)
            .with_context(|| format!("the replay printed what is no outcome: {line:?}"))?;
        match ours {
            Replayed::Case(case) => compare(records, &case, comparison)
                .with_context(|| format!("the calls of {}", case.name))?,
            Replayed::Answer(answer) => told.add(answer)?,
            Replayed::AskedOfUs(answer) => answer.compare(records, comparison)?,
        }
    }
    told.compare(records, comparison)
}

/// What the example prints.
#[derive(Deserialize)]
#[serde(untagged)]
enum Replayed {
    Case(Case),
    Answer(answers::Answer),
    AskedOfUs(AnswerOfOurs),
}

/// A request, or something that the service does by itself.
#[derive(Deserialize)]
struct Case {
    #[serde(rename = "case")]
    name: String,
    /// The files with the recorded calls.
    recorded: Vec<String>,
    /// The same in short.
    order: Vec<String>,
    /// What was answered to the recorded request.
    answered: Option<Answered>,
    calls: Vec<OurCall>,
    status: Option<u16>,
    body: Option<String>,
}

#[derive(Deserialize)]
struct Answered {
    status: u16,
    /// Of the account in the answer.
    id: Option<String>,
}

/// A call that we made.
#[derive(Deserialize)]
pub(super) struct OurCall {
    path: String,
    pub(super) metadata: Vec<(String, String)>,
    message: Vec<u8>,
    /// The number of its status.
    code: Option<i64>,
}

impl OurCall {
    /// As the list of all cases has it: `Issue`, `Refresh -> Internal`.
    fn shown(&self) -> String {
        let rpc = self.path.rsplit('/').next().unwrap_or_default();
        match self.code {
            Some(0) => rpc.to_owned(),
            number => format!("{rpc} -> {}", code::name(number.unwrap_or(-1))),
        }
    }
}

fn compare(records: &Records, case: &Case, comparison: &mut Comparison) -> Result<()> {
    let subject = format!("grpc/order-of-calls.json: {}", case.name);
    let shown: Vec<String> = case.calls.iter().map(OurCall::shown).collect();
    let facts = |calls: &[String], status: Option<u16>| {
        let mut facts = description([("calls", json!(calls))]);
        // What is answered without a call is compared elsewhere.
        if !case.recorded.is_empty() {
            facts.insert("status".to_owned(), json!(status));
        }
        facts
    };
    let status = case.answered.as_ref().map(|answered| answered.status);
    comparison.compare(
        &subject,
        &facts(&case.order, status),
        &facts(&shown, case.status),
    );

    let mut ours: Vec<&OurCall> = case.calls.iter().collect();
    for file in &case.recorded {
        let record = records.read(file)?;
        let path = text(&record, "/method")?;
        // One that we do not make shows in the order.
        let Some(at) = ours.iter().position(|call| call.path == path) else {
            continue;
        };
        let call = ours.remove(at);
        let message = with_recorded_id(case, call)?;
        let (recorded, ours) = asked(&record, path, &message)?;
        comparison.compare(file, &recorded, &ours);
        comparison.compare(
            file,
            &metadata::recorded(&record)?,
            &metadata::ours(&call.metadata),
        );
    }
    Ok(())
}

/// The message, with the id of an account that was made for the request replaced by the recorded one.
fn with_recorded_id(case: &Case, call: &OurCall) -> Result<Vec<u8>> {
    let recorded = case.answered.as_ref().and_then(|answer| answer.id.as_ref());
    let (Some(recorded), Some(body)) = (recorded, &case.body) else {
        return Ok(call.message.clone());
    };
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let Some(ours) = body["id"].as_str() else {
        return Ok(call.message.clone());
    };
    if ours.len() != recorded.len() {
        bail!("our ids have another length: {ours}");
    }
    let mut message = call.message.clone();
    for at in 0..message.len().saturating_sub(ours.len() - 1) {
        if message[at..].starts_with(ours.as_bytes()) {
            message[at..at + ours.len()].copy_from_slice(recorded.as_bytes());
        }
    }
    Ok(message)
}

/// What was asked: as recorded, or as it reads.
fn asked(
    record: &Value,
    path: &str,
    message: &[u8],
) -> Result<(Map<String, Value>, Map<String, Value>)> {
    let recorded = hex::read(text(record, "/request_hex")?)?;
    let mut theirs = description([("asked", json!(AS_RECORDED))]);
    let mut ours = Map::new();
    let mut comparable = message.to_vec();
    if path == WRITE {
        let wanted = WriteRelationshipsRequest::decode(&recorded[..])?;
        let mut request = WriteRelationshipsRequest::decode(message)?;
        theirs.insert("updates".to_owned(), json!(updates(&wanted)));
        ours.insert("updates".to_owned(), json!(updates(&request)));
        keep_common(&mut request, &wanted);
        comparable = request.encode_to_vec();
    }
    let method = Method::of(path).context("an unknown method")?;
    let asked = if comparable == recorded {
        json!(AS_RECORDED)
    } else {
        (method.request)(message).map_or(Value::Null, |decoded| decoded.described)
    };
    ours.insert("asked".to_owned(), asked);
    Ok((theirs, ours))
}

/// Operation and relation of each update.
fn updates(request: &WriteRelationshipsRequest) -> Vec<String> {
    let updates = request.updates.iter();
    updates
        .map(|update| {
            let operation = update.operation().as_str_name();
            let operation = operation.trim_start_matches("OPERATION_");
            format!("{operation} {}", relation(update))
        })
        .collect()
}

/// Leaves of a request what the recorded one has too, with its operations: those differ by intention,
/// and are told by [`updates`].
fn keep_common(request: &mut WriteRelationshipsRequest, recorded: &WriteRelationshipsRequest) {
    request.updates.retain_mut(|update| {
        let mut wanted = recorded.updates.iter();
        let same = wanted.find(|wanted| relation(wanted) == relation(update));
        if let Some(same) = same {
            update.operation = same.operation;
        }
        same.is_some()
    });
}

fn relation(update: &RelationshipUpdate) -> &str {
    let relationship = update.relationship.as_ref();
    relationship.map_or("", |relationship| relationship.relation.as_str())
}
