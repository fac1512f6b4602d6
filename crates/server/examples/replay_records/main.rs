//! Replays recorded requests against the API on fakes and prints what each of them causes, a line of
//! JSON each. `cargo xtask golden` holds the lines against the records.
//!
//! `events FOLDER`: answer and events. `calls FOLDER`: answer, and what the platform's services are
//! asked.
//!
//! A record is replayed in a world of its own: the recorded accounts, under their recorded ids,
//! as they were before the request, at the recorded moment. So nearly every value of an event
//! must come out as recorded.

#![expect(clippy::print_stdout, reason = "the lines are the result")]

mod accounts;
mod calls;
mod events;
mod record;
mod world;

use std::path::Path;

use accounts::Accounts;
use record::Record;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[actix_web::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(what), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("what is to be replayed, and which folder holds the records?".into());
    };
    let folder = Path::new(&folder);
    match what.to_str() {
        Some("events") => replay_events(folder).await,
        Some("calls") => calls::replay(folder).await,
        _ => Err("only `events` and `calls` can be replayed".into()),
    }
}

async fn replay_events(folder: &Path) -> Result<()> {
    let records = Record::read_all(folder)?;
    let accounts = Accounts::recorded(&records)?;
    for record in &records {
        let outcome = events::replay(record, &accounts)
            .await
            .map_err(|error| format!("{}: {error}", record.file))?;
        println!("{outcome}");
    }
    Ok(())
}
