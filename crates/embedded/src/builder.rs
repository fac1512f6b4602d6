//! Opens the adapters and brings them together.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use users_auth_embedded::{EmbeddedAuth, EmbeddedAuthSettings, KeyError};
use users_domain::Settings;
use users_domain::ports::{EventPublisher, Ports};
use users_password::{BcryptHasher, HasherSettings};
use users_sqlite::{SqliteOptions, SqliteStore};
use users_system::{BoundedReadEvents, LogPublisher, SystemClock, SystemEntropy};

use crate::users::Users;

/// Chooses what differs from the defaults, then opens.
#[derive(Clone)]
pub struct Builder {
    folder: PathBuf,
    settings: Settings,
    access_token_ttl: Duration,
    refresh_token_ttl: Duration,
    hash_threads: Option<usize>,
    publisher: Arc<dyn EventPublisher>,
}

/// Why a folder could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store could not be opened or migrated.
    #[error(transparent)]
    Store(#[from] users_sqlite::OpenError),
    /// The key that signs tokens could not be read or made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The hasher's threads could not be started.
    #[error("cannot start the threads that hash passwords: {0}")]
    Hasher(#[from] std::io::Error),
    /// The program is shutting down its runtime.
    #[error("the runtime stopped while the store was being opened")]
    Stopped,
}

impl Builder {
    pub(crate) fn new(folder: &Path) -> Self {
        let auth = EmbeddedAuthSettings::new(folder.join("auth-key.pem"));
        Self {
            folder: folder.to_owned(),
            settings: Settings::default(),
            access_token_ttl: auth.access_ttl,
            refresh_token_ttl: auth.refresh_ttl,
            hash_threads: None,
            publisher: Arc::new(LogPublisher),
        }
    }

    /// Who may register, what passwords must look like.
    #[must_use]
    pub fn settings(self, settings: Settings) -> Self {
        Self { settings, ..self }
    }

    /// How long access tokens and sessions live.
    #[must_use]
    pub fn token_lifetimes(self, access: Duration, refresh: Duration) -> Self {
        Self {
            access_token_ttl: access,
            refresh_token_ttl: refresh,
            ..self
        }
    }

    /// How many threads hash passwords; one per core if not set.
    #[must_use]
    pub fn hash_threads(self, threads: usize) -> Self {
        Self {
            hash_threads: Some(threads),
            ..self
        }
    }

    /// Where events go; to the log if not set.
    #[must_use]
    pub fn publisher(self, publisher: Arc<dyn EventPublisher>) -> Self {
        Self { publisher, ..self }
    }

    /// Opens the folder, making it and bringing its schema up to date where needed.
    pub async fn open(self) -> Result<Users, OpenError> {
        // Opening reads and writes files: it gets a thread, so that no async worker waits.
        let (opened, answer) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            // The caller may have given up meanwhile.
            let _ = opened.send(self.open_blocking());
        });
        answer.await.map_err(|_| OpenError::Stopped)?
    }

    fn open_blocking(self) -> Result<Users, OpenError> {
        let clock = Arc::new(SystemClock);
        let entropy = Arc::new(SystemEntropy::new());
        let store = SqliteStore::open(
            &self.folder.join("users.sqlite"),
            clock.clone(),
            SqliteOptions::default(),
        )?;
        let auth = Arc::new(EmbeddedAuth::open(
            EmbeddedAuthSettings {
                access_ttl: self.access_token_ttl,
                refresh_ttl: self.refresh_token_ttl,
                ..EmbeddedAuthSettings::new(self.folder.join("auth-key.pem"))
            },
            Arc::new(store.clone()),
            clock.clone(),
            entropy.clone(),
        )?);
        let mut hashing = HasherSettings::default();
        if let Some(threads) = self.hash_threads {
            hashing = HasherSettings::with_threads(threads);
        }
        let hasher = Arc::new(BcryptHasher::start(hashing)?);
        let read_events = Arc::new(BoundedReadEvents::default());
        let ports = Ports {
            users: Arc::new(store.clone()),
            outbox: Arc::new(store.clone()),
            issuer: auth.clone(),
            verifier: auth.clone(),
            hasher,
            publisher: self.publisher.clone(),
            read_events: read_events.clone(),
            clock,
            entropy,
        };
        Ok(Users::new(
            users_domain::Users::new(ports, self.settings),
            store,
            auth,
            read_events,
            self.publisher,
        ))
    }
}
