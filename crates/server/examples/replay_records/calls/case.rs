//! A recorded request with the calls that it caused.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;
use tonic::Code;
use users_test_platform::Fault;

use crate::Result;
use crate::record::Record;

/// The folders of calls.
const FOLDERS: [&str; 2] = ["grpc", "spicedb"];
/// Stands among the calls, and is none.
const KEY_FETCH: &str = "(JWKS fetch)";

/// A recorded request with the calls that it caused.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) record: Record,
    /// In the order in which they were made.
    pub(crate) calls: Vec<RecordedCall>,
    /// The same as the list of all cases has it, with their failures.
    pub(crate) order: Vec<String>,
    /// What the deployed service answered.
    pub(crate) status: u16,
}

/// One call.
pub(crate) struct RecordedCall {
    /// The file, with its folder.
    pub(crate) file: String,
    /// The method's name.
    pub(crate) rpc: String,
    /// What was asked and answered, by number and name of the fields.
    pub(crate) decoded: Value,
    /// What a stand-in has to do to answer the same.
    pub(crate) answer: Fault,
}

impl Case {
    /// Every case whose request is recorded: beside one of its calls, or beside an event.
    pub(crate) fn read_all(folder: &Path, files: &Files, told: &[Record]) -> Result<Vec<Self>> {
        let text = std::fs::read_to_string(folder.join("grpc/order-of-calls.json"))?;
        let order: Value = serde_json::from_str(&text)?;
        let mut cases = Vec::new();
        for entry in order.as_array().ok_or("the order of calls is no list")? {
            let name = entry["case"].as_str().ok_or("a case without a name")?;
            let made = entry["calls"].as_array().into_iter().flatten();
            let order: Vec<String> = made
                .filter_map(|call| Some(call.as_str()?.to_owned()))
                .filter(|call| call != KEY_FETCH)
                .collect();
            let made: Vec<&str> = order
                .iter()
                .map(|call| call.split(" -> ").next().unwrap_or_default())
                .collect();
            let mut http = Value::Null;
            let mut calls = Vec::new();
            for (index, rpc) in made.iter().enumerate() {
                let turn = made[..index].iter().filter(|before| *before == rpc).count();
                let (file, record) = files.turn(name, rpc, turn)?;
                http.clone_from(&record["http"]);
                calls.push(RecordedCall::read(file, rpc, record)?);
            }
            let event = told.iter().find(|record| record.case == name);
            let record = match event {
                Some(record) => record.clone(),
                None if http.is_null() => continue,
                None => Record::of_call(name, http),
            };
            cases.push(Self {
                name: name.to_owned(),
                record,
                calls,
                order,
                status: serde_json::from_value(entry["status"].clone())?,
            });
        }
        Ok(cases)
    }

    /// The first call of a method.
    pub(crate) fn call(&self, rpc: &str) -> Option<&RecordedCall> {
        self.calls.iter().find(|call| call.rpc == rpc)
    }
}

impl RecordedCall {
    fn read(file: &str, rpc: &str, record: &Value) -> Result<Self> {
        let code = record["status"]["code"].as_i64().ok_or("no status")?;
        let code = Code::from_i32(code.try_into()?);
        let answer = match record["response_hex"].as_str() {
            Some(hex) if code == Code::Ok => Fault::Answer(bytes(hex)?),
            _ => {
                let text = record["status"]["message"].as_str().unwrap_or_default();
                Fault::Status(code, text.to_owned())
            }
        };
        Ok(Self {
            file: file.to_owned(),
            rpc: rpc.to_owned(),
            decoded: record["decoded"].clone(),
            answer,
        })
    }

    /// A text of the request or the answer.
    pub(crate) fn said(&self, pointer: &str) -> Option<&str> {
        self.decoded.pointer(pointer)?.as_str()
    }
}

/// All calls, by case and method; those of one case and method in their order.
pub(crate) struct Files(HashMap<(String, String), Vec<(String, Value)>>);

impl Files {
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let mut names = Vec::new();
        for kind in FOLDERS {
            for entry in std::fs::read_dir(folder.join(kind))? {
                let name = entry?.file_name().to_string_lossy().into_owned();
                if name.contains("--") {
                    names.push(format!("{kind}/{name}"));
                }
            }
        }
        names.sort();
        let mut files: HashMap<_, Vec<_>> = HashMap::new();
        for name in names {
            let record: Value =
                serde_json::from_str(&std::fs::read_to_string(folder.join(&name))?)?;
            let case = record["case"].as_str().ok_or("a call without a case")?;
            let rpc = record["method"]
                .as_str()
                .and_then(|path| path.rsplit('/').next())
                .ok_or("a call without a method")?;
            let key = (case.to_owned(), rpc.to_owned());
            files.entry(key).or_default().push((name, record));
        }
        Ok(Self(files))
    }

    /// The only or first call of a case and a method.
    pub(crate) fn call(&self, case: &str, rpc: &str) -> Result<RecordedCall> {
        let (file, record) = self.turn(case, rpc, 0)?;
        RecordedCall::read(file, rpc, record)
    }

    /// All calls of a method, by file.
    pub(crate) fn calls_of(&self, rpc: &str) -> Vec<(&str, &Value)> {
        let calls = self.0.iter().filter(|((_, of), _)| of == rpc);
        let mut calls: Vec<(&str, &Value)> = calls
            .flat_map(|(_, calls)| calls)
            .map(|(file, record)| (file.as_str(), record))
            .collect();
        calls.sort_by_key(|(file, _)| *file);
        calls
    }

    fn turn(&self, case: &str, rpc: &str, turn: usize) -> Result<(&str, &Value)> {
        let calls = self.0.get(&(case.to_owned(), rpc.to_owned()));
        let call = calls.and_then(|calls| calls.get(turn));
        let (file, record) =
            call.ok_or_else(|| format!("{case}: its call of {rpc} is not recorded"))?;
        Ok((file, record))
    }
}

/// Reads pairs of hexadecimal digits.
pub(crate) fn bytes(pairs: &str) -> Result<Vec<u8>> {
    let digits = pairs.as_bytes().chunks(2);
    digits
        .map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?))
        .collect()
}
