//! Accounts in bulk beyond the contract: beside another process, killed, and without end.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use tokio::runtime::Builder;
use users_domain::model::{Arrival, ImportOutcome, User, UserFilter, UserId};
use users_domain::ports::{ImportMode, UserStore, UserTransfer};
use users_sqlite::{SqliteOptions, SqliteStore};
use users_testkit::people::user;

use crate::fixture::{Fixture, effect};

/// Tells a copy of this test program into which file to import without end.
const IMPORT_INTO: &str = "USERS_SQLITE_TEST_IMPORT_INTO";
/// Tells it how many accounts it shall only look at there.
const ONLY_LOOK_AT: &str = "USERS_SQLITE_TEST_ONLY_LOOK_AT";

const BATCH: u64 = 1_000;

fn arrival(number: u64) -> Arrival {
    let name = format!("number-{number}");
    Arrival {
        has_id: true,
        effects: vec![effect(&name)],
        user: user(&name),
    }
}

fn batch(number: u64) -> Vec<Arrival> {
    (number * BATCH..(number + 1) * BATCH)
        .map(arrival)
        .collect()
}

/// An import in another process; killed when dropped.
struct Importer {
    process: Child,
    told: BufReader<ChildStdout>,
}

impl Importer {
    fn start(fixture: &Fixture, look_at: Option<u64>) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "transfer::imports_what_another_process_wants"])
            .arg("--nocapture")
            .env(IMPORT_INTO, fixture.path())
            .stdout(Stdio::piped());
        if let Some(accounts) = look_at {
            command.env(ONLY_LOOK_AT, accounts.to_string());
        }
        let mut process = command.spawn().unwrap();
        let told = BufReader::new(process.stdout.take().unwrap());
        Self { process, told }
    }

    /// The next number that it tells; `None` once it has ended or was killed.
    fn next(&mut self) -> Option<u64> {
        let mut line = String::new();
        loop {
            line.clear();
            if self.told.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            if let Some(number) = line.trim_end().strip_prefix("told: ") {
                return Some(number.parse().unwrap());
            }
        }
    }
}

impl Drop for Importer {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Run alone it has nothing to import; see [`Importer`]. Writing, it tells after each batch how many
/// accounts are in; looking, at the end how many KiB of memory it had at most.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test program has no settings to read"
)]
fn imports_what_another_process_wants() {
    let Some(path) = std::env::var_os(IMPORT_INTO) else {
        return;
    };
    let look_at = std::env::var(ONLY_LOOK_AT).map(|number| number.parse::<u64>().unwrap());
    let store = Fixture::new()
        .try_open(path.as_ref(), SqliteOptions::default())
        .unwrap();
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        if let Ok(accounts) = look_at {
            let mut import = store.begin_import(ImportMode::DryRun).await.unwrap();
            for number in 0..accounts / BATCH {
                import.add(&batch(number)).await.unwrap();
            }
            import.finish().await.unwrap();
            println!("told: {}", most_memory());
        } else {
            let mut import = store.begin_import(ImportMode::Write).await.unwrap();
            // Made ahead, so that the import has something to write at any time.
            let (sender, batches) = mpsc::sync_channel(4);
            thread::spawn(move || (0..).try_for_each(|number| sender.send(batch(number))));
            for number in 1.. {
                import.add(&batches.recv().unwrap()).await.unwrap();
                println!("told: {}", number * BATCH);
            }
        }
    });
}

/// The most memory that this process had at any time, in KiB; 0 where the system does not say.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|line| line.split_whitespace().next())
        .map_or(0, |number| number.parse().unwrap())
}

#[tokio::test]
async fn registrations_beside_an_import_in_another_process_all_succeed() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let mut importer = Importer::start(&fixture, None);
    for number in 0..8 {
        // The import has just begun its next transaction, and has more to write.
        importer.next().unwrap();
        let ada = user(&format!("ada-{number}"));
        store.insert(ada, vec![effect("ada")]).await.unwrap();
    }
}

#[tokio::test]
async fn what_a_killed_import_has_told_of_is_there_and_it_may_be_made_again() {
    let fixture = Fixture::new();
    let mut importer = Importer::start(&fixture, None);
    let mut told = 0;
    for _ in 0..3 {
        told = importer.next().unwrap();
    }
    importer.process.kill().unwrap();
    while let Some(number) = importer.next() {
        told = number;
    }
    let store = fixture.open();
    let there = store.count(&UserFilter::default()).await.unwrap();
    // Of the batch that it was at, all or nothing.
    assert!([told, told + BATCH].contains(&there), "{there} of {told}");
    let mut import = store.begin_import(ImportMode::Write).await.unwrap();
    for number in 0..=told / BATCH {
        let outcomes = import.add(&batch(number)).await.unwrap();
        let expected = if number < there / BATCH {
            ImportOutcome::AlreadyThere
        } else {
            ImportOutcome::Imported
        };
        assert!(outcomes.iter().all(|one| *one == expected), "{number}");
    }
    assert_eq!(
        store.count(&UserFilter::default()).await.unwrap(),
        told + BATCH
    );
    assert_eq!(integrity(&fixture), "ok");
}

fn integrity(fixture: &Fixture) -> String {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Text)]
        integrity_check: String,
    }
    let found: Found = diesel::sql_query("PRAGMA integrity_check")
        .get_result(&mut fixture.connection())
        .unwrap();
    found.integrity_check
}

#[test]
#[cfg_attr(
    not(target_os = "linux"),
    expect(unused_variables, reason = "only Linux tells the memory in a file")
)]
fn a_dry_run_takes_the_same_memory_for_any_number_of_accounts() {
    let fixture = Fixture::new();
    fixture.open().close();
    let memory = |accounts| Importer::start(&fixture, Some(accounts)).next().unwrap();
    // The names of 40,000 accounts fill the cache. Those of 120,000 more, found by three keys, take
    // more than 18,000 KiB: two processes differ by far less for other reasons.
    let (few, many) = (memory(40_000), memory(160_000));
    assert!(many < few + 6_000, "{few} KiB have become {many}");
}

async fn exported(store: &SqliteStore, limit: u32) -> Vec<User> {
    let mut all: Vec<User> = Vec::new();
    loop {
        let after = all.last().map(|user| user.id.clone());
        let next = store.export(after.as_ref(), limit).await.unwrap();
        if next.is_empty() {
            return all;
        }
        all.extend(next);
        assert!(all.len() < 100, "an export comes to an end");
    }
}

#[tokio::test]
async fn an_id_that_is_no_text_neither_ends_an_export_nor_goes_round_in_it() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let text = ["", "a", "a\0b", "b", "\u{fffd}", "\u{10ffff}"];
    for id in text {
        let user = User {
            id: UserId::from_stored(id.to_owned()),
            ..user(&format!("user {id}"))
        };
        store.insert(user, Vec::new()).await.unwrap();
    }
    for (number, id) in [
        "x'61'",
        "x'ff'",
        "CAST(x'6180' AS text)",
        "CAST(x'80' AS text)",
        "CAST(x'ff' AS text)",
        "CAST(x'ffff' AS text)",
    ]
    .into_iter()
    .enumerate()
    {
        fixture
            .connection()
            .batch_execute(&format!(
                "INSERT INTO users (id, email, first_name, last_name)
                 VALUES ({id}, 'odd {number}', '', '')"
            ))
            .unwrap();
    }
    for limit in 1..8 {
        let all = exported(&store, limit).await;
        let ids: Vec<_> = all.iter().map(|user| user.id.as_str()).collect();
        assert_eq!(ids, text, "by {limit}");
    }
}
