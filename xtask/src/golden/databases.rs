//! Databases that the deployed service wrote: ours takes each over in place, everybody is still
//! there and gets in, and the deployed service would find what it left.

mod accounts;
mod deployed;
mod rows;
mod service;
mod takeover;

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};
use users_test_postgres::Server;

use super::comparison::Comparison;
use super::records::Records;
use accounts::Account;
use takeover::Takeover;

/// The folder of the dumps.
const FOLDER: &str = "database";

/// The ids that the deployed service's tool has recorded once all of them ran.
const MIGRATIONS: [&str; 12] = [
    "clients_01",
    "clients_02",
    "clients_03",
    "clients_04",
    "clients_05",
    "clients_06",
    "clients_07",
    "clients_08",
    "clients_09",
    "clients_10",
    "clients_11",
    "clients_12",
];

/// Takes every dump over that lies beside a list of its accounts.
pub(super) fn replay(records: &Records, binary: &Path, comparison: &mut Comparison) -> Result<()> {
    let names: BTreeSet<String> = records
        .names(FOLDER)?
        .iter()
        .filter_map(|name| Some(name.strip_suffix(".sql")?.to_owned()))
        .collect();
    if names.is_empty() {
        bail!("no dump in {}", records.folder(FOLDER).display());
    }
    for name in names {
        let subject = format!("{FOLDER}/{name}");
        let dump = records.text(&format!("{subject}.sql"))?;
        let accounts: Vec<Account> =
            serde_json::from_str(&records.text(&format!("{subject}.json"))?)
                .with_context(|| format!("{subject}.json is no list of accounts"))?;
        let takeover = Takeover {
            subject: subject.clone(),
            database: Server::shared().create_database(),
            accounts,
            binary,
            comparison,
        };
        takeover
            .run(&dump)
            .with_context(|| format!("the take-over of {subject}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
