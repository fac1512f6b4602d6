//! One recorded request, its answer and its event.

use std::path::Path;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use users_domain::model::Timestamp;

use super::Result;

/// When a request was made, where the record does not say: just after the last of them.
const RECORDED_AT: i64 = 1_795_437_100;

/// A recorded request: of a record `<operation>--<case>.json`, or of one of its calls.
#[derive(Clone)]
pub(super) struct Record {
    pub(super) file: String,
    /// The tail of the event's name.
    pub(super) operation: String,
    pub(super) case: String,
    http: Value,
    event: Value,
}

impl Record {
    /// Every record of a folder, by name; other files there are none.
    pub(super) fn read_all(folder: &Path) -> Result<Vec<Self>> {
        let mut records = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let file = entry.file_name().to_string_lossy().into_owned();
            let parts = file
                .strip_suffix(".json")
                .and_then(|stem| stem.split_once("--"));
            let Some((operation, case)) = parts else {
                continue;
            };
            let mut record: Value = serde_json::from_str(&std::fs::read_to_string(entry.path())?)?;
            let event = record["json_text"].as_str().unwrap_or_default();
            records.push(Self {
                operation: operation.to_owned(),
                case: case.to_owned(),
                event: serde_json::from_str(event)?,
                http: record["http"].take(),
                file,
            });
        }
        records.sort_by(|a, b| a.file.cmp(&b.file));
        Ok(records)
    }

    /// A request that is recorded beside a call.
    pub(super) fn of_call(case: &str, http: Value) -> Self {
        let mut record = Self {
            file: String::new(),
            operation: String::new(),
            case: case.to_owned(),
            event: Value::Null,
            http,
        };
        record.operation = record.operation_of_path().to_owned();
        record
    }

    /// The operation, as far as it matters who is there before it.
    fn operation_of_path(&self) -> &'static str {
        let path = self.asked("path").split('?').next().unwrap_or_default();
        let last = path.rsplit('/').next().unwrap_or_default();
        match (self.asked("method"), last) {
            ("POST", "users") => "create",
            ("POST", "enable") => "enable",
            ("POST", "disable") => "disable",
            ("DELETE", _) => "delete",
            ("PATCH", "role") => "update_role",
            ("PATCH", "email") => "update_email",
            ("PATCH", "secret") => "update_secret",
            _ => "other",
        }
    }

    /// A text of the request.
    pub(super) fn asked(&self, member: &str) -> &str {
        self.http["request"][member].as_str().unwrap_or_default()
    }

    /// The path, with a code from a mail in place of the recorded one.
    pub(super) fn path_with(&self, code: Option<&str>) -> String {
        let path = self.asked("path");
        match (path.split_once("?token="), code) {
            (Some((page, _)), Some(code)) => format!("{page}?token={code}"),
            _ => path.to_owned(),
        }
    }

    /// The request's headers.
    pub(super) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let headers = self.http["request"]["headers"].as_object();
        let headers = headers.into_iter().flatten();
        headers.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
    }

    /// The request's body, null if it had none.
    pub(super) fn body(&self) -> &Value {
        &self.http["request"]["body"]
    }

    /// The answer's body.
    pub(super) fn answer(&self) -> &Value {
        &self.http["response"]["body"]
    }

    /// The id in the path.
    pub(super) fn id_in_path(&self) -> Option<&str> {
        let id = self.asked("path").strip_prefix("/users/")?;
        let id = id.split(['/', '?']).next()?;
        (id.len() == 36).then_some(id)
    }

    /// When the change happened, or else the event.
    pub(super) fn moment(&self) -> Result<Timestamp> {
        let changed = match self.operation.as_str() {
            "create" => &self.event["created_at"],
            "verify_email" => &self.event["verified_at"],
            _ if self.asked("method") == "GET" => &Value::Null,
            _ => &self.event["updated_at"],
        };
        if let Some(moment) = time_in(changed) {
            return Ok(moment);
        }
        if self.event.is_null() {
            return Ok(OffsetDateTime::from_unix_timestamp(RECORDED_AT)?);
        }
        let nanoseconds = self.event["occurred_at"].as_i64();
        let nanoseconds = nanoseconds.ok_or("the event does not say when it occurred")?;
        Ok(OffsetDateTime::from_unix_timestamp_nanos(
            nanoseconds.into(),
        )?)
    }
}

/// A moment in a record; none if it is the first of the calendar, which stands for none.
pub(super) fn time_in(text: &Value) -> Option<Timestamp> {
    let moment = OffsetDateTime::parse(text.as_str()?, &Rfc3339).ok()?;
    (moment.year() > 1).then_some(moment)
}
