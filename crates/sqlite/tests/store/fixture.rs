//! A store in a folder of its own, a clock that the test sets, and people to keep.

use std::future::Future;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use tempfile::TempDir;
use users_domain::model::{
    Change, Effect, Email, EventBuilder, EventOperation, Metadata, Needs, PasswordHash, PersonName,
    RequestContext, Role, Status, Tags, Timestamp, User, UserId, Username,
};
use users_domain::ports::{Clock, UserStore};
use users_sqlite::{SqliteOptions, SqliteStore};
use uuid::Uuid;

pub(crate) struct Fixture {
    pub(crate) folder: TempDir,
    pub(crate) clock: Arc<SetClock>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            clock: Arc::new(SetClock::default()),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("users.sqlite")
    }

    pub(crate) fn open(&self) -> SqliteStore {
        self.open_with(SqliteOptions::default())
    }

    pub(crate) fn open_with(&self, options: SqliteOptions) -> SqliteStore {
        SqliteStore::open(&self.path(), self.clock.clone(), options).unwrap()
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

/// Stands still until it is set.
pub(crate) struct SetClock(AtomicI64);

impl Default for SetClock {
    fn default() -> Self {
        Self(AtomicI64::new(1_800_000_000))
    }
}

impl SetClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_timestamp(self.0.load(Ordering::Relaxed)).unwrap()
    }
}

/// Somebody enabled, whose e-mail address and username follow from his name.
pub(crate) fn user(name: &str) -> User {
    let created_at = Some(SetClock::default().now());
    User {
        id: UserId::from_stored(format!("id-of-{name}")),
        first_name: PersonName::from_stored(name.to_owned()),
        last_name: PersonName::from_stored("Lovelace".to_owned()),
        username: Some(Username::from_stored(name.to_owned())),
        email: Email::from_stored(format!("{name}@example.com")),
        secret: Some(PasswordHash::from_stored("$2b$10$hash".to_owned())),
        tags: Tags::default(),
        metadata: Metadata::default(),
        private_metadata: Metadata::default(),
        profile_picture: None,
        role: Role::User,
        status: Status::Enabled,
        auth_provider: None,
        created_at,
        updated_at: None,
        updated_by: None,
        verified_at: None,
        tokens_valid_from: None,
        sessions_valid_from: None,
        version: 1,
    }
}

/// Something to be told about the holder of a key.
pub(crate) fn effect(key: &str) -> Effect {
    let now = SetClock::default().now();
    let context = RequestContext::default();
    let event = EventBuilder::new(Uuid::nil(), EventOperation::Create, key, now, &context);
    Effect::Event(event.build())
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

/// Lets a call begin, then drops its future.
pub(crate) async fn begin_and_drop<T>(call: impl Future<Output = T>) {
    let mut call = Box::pin(call);
    std::future::poll_fn(|context| {
        assert!(
            call.as_mut().poll(context).is_pending(),
            "the call must have to wait"
        );
        std::task::Poll::Ready(())
    })
    .await;
}
