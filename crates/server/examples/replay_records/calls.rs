//! What the platform's services are asked, and what becomes of their answers: each request in a world
//! of its own, on fakes, with the adapters that speak to the platform and stand-ins that say what was
//! recorded.

mod asked_of_us;
mod bearers;
mod case;
mod cast;
mod raw_codec;
mod refusals;
mod stage;
mod unasked;

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::Result;
use super::accounts::Accounts;
use super::record::Record;
use case::{Case, Files};
use stage::{Outcome, Stage};

/// How long a call may take: as when the records were made.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Replays every case of a folder of records and prints what each of them causes.
pub(super) async fn replay(folder: &Path) -> Result<()> {
    let told = Record::read_all(&folder.join("events"))?;
    let accounts = Accounts::recorded(&told)?;
    let files = Files::read(folder)?;
    let cases = Case::read_all(folder, &files, &told)?;
    let stage = Stage::open(TIMEOUT)?;
    for case in &cases {
        let outcome = stage
            .replay(case, &accounts)
            .await
            .map_err(|error| format!("{}: {error}", case.name))?;
        print(case, &outcome);
    }
    unasked::replay(&files, &stage).await?;
    refusals::replay(folder, &cases, &accounts, &stage).await?;
    asked_of_us::replay(&files, &accounts).await
}

fn print(case: &Case, outcome: &Outcome) {
    let recorded: Vec<&str> = case.calls.iter().map(|call| call.file.as_str()).collect();
    println!(
        "{}",
        json!({
            "case": case.name,
            "recorded": recorded,
            "order": case.order,
            "answered": { "status": case.status, "id": case.record.answer()["id"] },
            "calls": outcome.calls.iter().map(call).collect::<Vec<Value>>(),
            "status": outcome.status,
            "body": outcome.body,
        })
    );
}

fn call(call: &users_test_platform::Call) -> Value {
    json!({
        "path": call.path,
        "metadata": call.metadata,
        "message": call.message,
        "code": call.answer.as_ref().map(|answer| answer.status),
    })
}
