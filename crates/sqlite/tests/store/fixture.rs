//! A store in a folder of its own, and calls that are held up or given up.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use tempfile::TempDir;
use users_domain::model::{Change, Effect, Needs, User};
use users_domain::ports::UserStore;
use users_sqlite::{OpenError, SqliteOptions, SqliteStore};
use users_testkit::contract::event;
use users_testkit::fakes::FixedClock;

pub(crate) struct Fixture {
    pub(crate) folder: TempDir,
    pub(crate) clock: FixedClock,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            clock: FixedClock::new(),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("users.sqlite")
    }

    pub(crate) fn open(&self) -> SqliteStore {
        self.open_with(SqliteOptions::default())
    }

    pub(crate) fn open_with(&self, options: SqliteOptions) -> SqliteStore {
        self.try_open(&self.path(), options).unwrap()
    }

    /// Opens any file, by the fixture's clock.
    pub(crate) fn try_open(
        &self,
        path: &Path,
        options: SqliteOptions,
    ) -> Result<SqliteStore, OpenError> {
        SqliteStore::open(path, Arc::new(self.clock.clone()), options)
    }

    /// A connection of the test's own, beside the store.
    pub(crate) fn connection(&self) -> SqliteConnection {
        let mut connection = SqliteConnection::establish(self.path().to_str().unwrap()).unwrap();
        connection
            .batch_execute("PRAGMA busy_timeout=5000")
            .unwrap();
        connection
    }
}

/// Something to be told about the holder of a key.
pub(crate) fn effect(key: &str) -> Effect {
    Effect::Event(event(key, 0))
}

/// Keeps the writer busy until it is let go.
pub(crate) struct BusyWriter {
    release: mpsc::Sender<()>,
    pub(crate) call: tokio::task::JoinHandle<()>,
}

impl BusyWriter {
    /// `user` is somebody stored. Returns once the writer is at work.
    pub(crate) async fn keep(store: &SqliteStore, user: &User) -> Self {
        let (release, released) = mpsc::channel();
        let (tell_begun, begun) = tokio::sync::oneshot::channel();
        let (tell_begun, released) = (Mutex::new(Some(tell_begun)), Mutex::new(released));
        let (store, id) = (store.clone(), user.id.clone());
        let call = tokio::spawn(async move {
            let decide = Arc::new(move |user: &User, _: &_| {
                tell_begun.lock().unwrap().take().unwrap().send(()).unwrap();
                // An error means that the test is over.
                let _ = released.lock().unwrap().recv();
                Ok(Change {
                    user: user.clone(),
                    effects: Vec::new(),
                })
            });
            store.update(&id, Needs::ROW, decide).await.unwrap();
        });
        begun.await.unwrap();
        Self { release, call }
    }

    pub(crate) async fn let_go(self) {
        self.release.send(()).unwrap();
        self.call.await.unwrap();
    }
}

/// Lets a call begin; it must have to wait. Dropping what is returned gives the call up.
pub(crate) async fn begin<T>(call: impl Future<Output = T>) -> Pin<Box<impl Future<Output = T>>> {
    let mut call = Box::pin(call);
    std::future::poll_fn(|context| {
        assert!(
            call.as_mut().poll(context).is_pending(),
            "the call must have to wait"
        );
        Poll::Ready(())
    })
    .await;
    call
}
