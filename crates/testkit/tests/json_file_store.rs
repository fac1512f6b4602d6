//! The worked example of `docs/adapters.md`: a store of accounts, effects and sessions in one JSON
//! file, and the contract suites run on it.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::fs::{self, File};
use std::future::Future;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use tokio::sync::Mutex;
use users_domain::model::{Effect, EffectKind, User};
use users_domain::ports::{Clock, Outbox, StoreError, UserStore};
use users_testkit::contract::{OutboxUnderTest, RefreshTokenStoreUnderTest, UserStoreUnderTest};
use users_testkit::fakes::{FixedClock, MemoryStore};
use users_testkit::people;

/// The ports: each call goes to the memory store, and from there into the file.
mod json_file_store {
    mod ports;
}

/// Keeps everything in memory and in one file, which is replaced as a whole by every change.
///
/// For a few accounts: a change writes all of them, on the caller's thread. One process at a time
/// may have the file open.
#[derive(Clone)]
struct JsonFileStore {
    memory: MemoryStore,
    path: PathBuf,
    /// What the file holds.
    saved: Arc<Mutex<String>>,
}

impl JsonFileStore {
    /// Opens a file; one that does not exist holds nothing yet.
    fn open(path: &Path, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let memory = MemoryStore::new(clock);
        match fs::read_to_string(path) {
            Ok(text) => memory.restore(&text).map_err(io::Error::other)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(Self {
            path: path.to_owned(),
            saved: Arc::new(Mutex::new(memory.snapshot())),
            memory,
        })
    }

    /// Looks something up, but nothing that is not saved yet.
    async fn read<T>(&self, call: impl Future<Output = T>) -> T {
        let _saved = self.saved.lock().await;
        call.await
    }

    /// Changes something in memory, and answers once the file holds it.
    ///
    /// The memory store answers at once, so there is no waiting between its change and the file: a
    /// dropped call is wholly done or was never begun.
    async fn change<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let mut saved = self.saved.lock().await;
        // What is refused has changed nothing.
        let answer = call.await?;
        let present = self.memory.snapshot();
        if present == *saved {
            return Ok(answer);
        }
        match self.replace_file(&present) {
            Ok(()) => *saved = present,
            Err(error) => {
                tracing::error!(%error, path = %self.path.display(), "a change was not saved");
                // What was not saved did not happen. The text came from this very store.
                self.memory
                    .restore(&saved)
                    .map_err(|_| StoreError::Unavailable)?;
                return Err(StoreError::Unavailable);
            }
        }
        Ok(answer)
    }

    /// A reader, and a process that starts after power was lost, find the old text or the new one.
    fn replace_file(&self, text: &str) -> io::Result<()> {
        let new = self.path.with_extension("new");
        let mut file = File::create(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        // The new name lasts once its folder does.
        self.path
            .parent()
            .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    }
}

/// A fresh store with its clock and the folder it lies in.
fn fresh() -> (JsonFileStore, FixedClock, TempDir) {
    let folder = TempDir::new().unwrap();
    let clock = FixedClock::new();
    let store = reopened(&folder, &clock);
    (store, clock, folder)
}

fn reopened(folder: &TempDir, clock: &FixedClock) -> JsonFileStore {
    let path = folder.path().join("users.json");
    JsonFileStore::open(&path, Arc::new(clock.clone())).unwrap()
}

users_testkit::user_store_contract!({
    let (store, clock, folder) = fresh();
    let memory = store.memory.clone();
    UserStoreUnderTest {
        store: Arc::new(store.clone()),
        outbox: Arc::new(store.clone()),
        sessions: Some(Arc::new(store)),
        hold: None,
        clock,
        put_raw: Box::new(move |user| memory.put(user)),
        put_adopted: None,
        keeps_json_text: true,
        go_away: None,
        keep: Box::new(folder),
    }
});

users_testkit::outbox_contract!({
    let (store, clock, folder) = fresh();
    let memory = store.memory.clone();
    OutboxUnderTest {
        outbox: Arc::new(store),
        clock,
        put_record: Some(Box::new(move |record| memory.put_record(record))),
        go_away: None,
        keep: Box::new(folder),
    }
});

users_testkit::refresh_token_store_contract!({
    let (store, clock, folder) = fresh();
    RefreshTokenStoreUnderTest {
        store: Arc::new(store),
        clock,
        go_away: None,
        keep: Box::new(folder),
    }
});

async fn register(store: &JsonFileStore, user: User) -> Result<User, StoreError> {
    let event = users_testkit::contract::event(user.id.as_str(), 1);
    store.insert(user, vec![Effect::Event(event)]).await
}

#[tokio::test]
async fn what_was_answered_is_there_when_the_file_is_opened_again() {
    let (store, clock, folder) = fresh();
    register(&store, people::ada()).await.unwrap();
    let again = reopened(&folder, &clock);
    assert_eq!(again.memory.snapshot(), store.memory.snapshot());
    let found = again.find(&people::ada().id).await.unwrap();
    assert_eq!(found, Some(people::ada()));
    assert_eq!(again.depth(EffectKind::Event).await.unwrap().pending, 1);
}

#[tokio::test]
async fn a_change_that_cannot_be_saved_did_not_happen() {
    let (store, _, folder) = fresh();
    register(&store, people::ada()).await.unwrap();
    folder.close().unwrap();
    let answer = register(&store, people::grace()).await;
    assert!(matches!(answer, Err(StoreError::Unavailable)), "{answer:?}");
    assert_eq!(store.memory.users(), [people::ada()]);
    assert_eq!(store.memory.effects(EffectKind::Event).len(), 1);
}

#[test]
fn a_file_that_holds_something_else_is_not_opened() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("users.json");
    fs::write(&path, "{}").unwrap();
    assert!(JsonFileStore::open(&path, Arc::new(FixedClock::new())).is_err());
}
