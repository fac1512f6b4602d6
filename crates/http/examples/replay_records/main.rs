//! Replays recorded requests against the API on fakes and prints what each of them causes: answer
//! and events as one line of JSON. `cargo xtask golden` holds the lines against the records.
//!
//! A record is replayed in a world of its own: the recorded accounts, under their recorded ids,
//! as they were before the request, at the recorded moment. So nearly every value of an event
//! must come out as recorded.

#![expect(clippy::print_stdout, reason = "the lines are the result")]

mod accounts;
mod record;
mod world;

use std::path::Path;

use accounts::Accounts;
use record::Record;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[actix_web::main]
async fn main() -> Result<()> {
    let Some(folder) = std::env::args_os().nth(1) else {
        return Err("which folder holds the records?".into());
    };
    let records = Record::read_all(Path::new(&folder))?;
    let accounts = Accounts::recorded(&records)?;
    for record in &records {
        let outcome = world::replay(record, &accounts)
            .await
            .map_err(|error| format!("{}: {error}", record.file))?;
        println!("{outcome}");
    }
    Ok(())
}
