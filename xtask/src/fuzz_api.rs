//! `cargo xtask fuzz-api`: asks the running service whatever its OpenAPI document lets one ask, and
//! more, and looks whether it answers as documented.
//!
//! schemathesis makes the requests and judges the answers. What it may complain of stands in
//! `docs/schemathesis-exceptions.txt`, a line a complaint; any other is a failure, and so is a line
//! that nothing bears out any more.

mod exceptions;
mod report;
mod schemathesis;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::http1::Request;
use crate::process::build;
use crate::running_service::{RunningService, wanted_status};

use exceptions::Exceptions;
use report::Report;
use schemathesis::Schemathesis;

/// Where what schemathesis may complain of is written down.
const EXCEPTIONS: &str = "docs/schemathesis-exceptions.txt";

/// How far to look.
pub(crate) struct Search {
    /// Most generated requests of an operation, in each phase that makes them up.
    pub(crate) examples: u32,
    /// The same seed makes up the same requests, but for what they take from answers.
    pub(crate) seed: u64,
    /// Only the operation with this id; all of them if none is named.
    pub(crate) operation: Option<String>,
}

impl Search {
    /// Examples of a run that is always made: enough that every exception is borne out.
    pub(crate) const EXAMPLES: u32 = 40;
    /// Fixed, so that a failure is one on every machine.
    pub(crate) const SEED: u64 = 9002;
}

impl Default for Search {
    fn default() -> Self {
        Self {
            examples: Self::EXAMPLES,
            seed: Self::SEED,
            operation: None,
        }
    }
}

/// Builds the service and runs schemathesis against it; fails if it finds what it must not, or does
/// not find what it should.
pub(crate) fn run(root: &Path, search: &Search) -> Result<()> {
    let schemathesis = Schemathesis::find_or_install(root)?;
    let [binary] = build(root, ["magistrala-users"], &[])?;
    let folder = tempfile::tempdir()?;
    let service = RunningService::start(&binary, folder.path())?;
    let operations = operations(&service)?;
    if let Some(wanted) = &search.operation {
        ensure!(
            operations.values().any(|id| id == wanted),
            "there is no operation `{wanted}`; there are {}",
            operations.values().cloned().collect::<Vec<_>>().join(", ")
        );
    }
    let text = std::fs::read_to_string(root.join(EXCEPTIONS))
        .with_context(|| format!("cannot read {EXCEPTIONS}"))?;
    let exceptions = Exceptions::parse(&text, |operation| operations.contains_key(operation))?;

    let (succeeded, report) = schemathesis.run(&service, search, &exceptions, folder.path())?;
    print!("\n{}", report.table());
    judge(search, &exceptions, &report, succeeded)
}

/// `METHOD /path` of every operation, each with its id.
fn operations(service: &RunningService) -> Result<BTreeMap<String, String>> {
    let mut connection = service.connect()?;
    let answer = connection.send(&Request::new("GET", "/openapi.json", None, None))?;
    wanted_status(&answer, 200)?;
    let document = answer.json()?;
    let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let mut operations = BTreeMap::new();
    for (path, item) in members(&document["paths"]) {
        for (method, described) in members(&item) {
            if let Some(id) = described["operationId"].as_str() {
                let method = method.to_uppercase();
                operations.insert(format!("{method} {path}"), id.to_owned());
            }
        }
    }
    Ok(operations)
}

fn judge(search: &Search, exceptions: &Exceptions, report: &Report, succeeded: bool) -> Result<()> {
    let mut faults = Vec::new();
    for name in report.server_errors() {
        faults.push(format!("{name} answered 5xx"));
    }
    for name in report.failures() {
        if !exceptions.hold(name) {
            faults.push(format!("not excepted: {name}"));
        }
    }
    if !succeeded && faults.is_empty() {
        faults.push("schemathesis failed, and not for what an answer was; see above".to_owned());
    }
    // Less than the usual search need not come across everything.
    if search.operation.is_none() && search.examples >= Search::EXAMPLES {
        for name in exceptions.names() {
            if !report.failures().any(|seen| seen == name) {
                faults.push(format!("excepted, and not seen: {name}"));
            }
        }
    }
    for fault in &faults {
        println!("  {fault}");
    }
    if !faults.is_empty() {
        bail!(
            "{} faults; mend the service or its document, or, for what no schema can say, {EXCEPTIONS}",
            faults.len()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEAK: &str = "POST /users: Schema-valid request rejected (weak_password)";

    fn outcome(search: &Search, failures: &[&str], answers: &str, succeeded: bool) -> Result<()> {
        let exceptions = Exceptions::parse(&format!("{WEAK} # the rule"), |_| true)?;
        let failures: serde_json::Map<String, Value> = failures
            .iter()
            .map(|name| ((*name).to_owned(), Value::from(1)))
            .collect();
        let failures = Value::Object(failures);
        let report = format!(r#"{{"failures":{failures},"answers":{{"GET /users":{answers}}}}}"#);
        judge(search, &exceptions, &Report::parse(&report)?, succeeded)
    }

    #[test]
    fn what_is_excepted_and_nothing_else_may_be_found() {
        let search = Search::default();
        let good = r#"{"200":1}"#;
        assert!(outcome(&search, &[WEAK], good, true).is_ok());
        assert!(outcome(&search, &[WEAK, "GET /users: Odd"], good, false).is_err());
        assert!(outcome(&search, &[WEAK], r#"{"200":1,"503":1}"#, true).is_err());
        assert!(outcome(&search, &[WEAK], good, false).is_err());
    }

    #[test]
    fn an_exception_that_nothing_bears_out_is_a_fault_of_a_whole_run() {
        let good = r#"{"200":1}"#;
        assert!(outcome(&Search::default(), &[], good, true).is_err());
        let small = Search {
            examples: 1,
            ..Search::default()
        };
        assert!(outcome(&small, &[], good, true).is_ok());
        let of_one = Search {
            operation: Some("create".to_owned()),
            ..Search::default()
        };
        assert!(outcome(&of_one, &[], good, true).is_ok());
    }
}
