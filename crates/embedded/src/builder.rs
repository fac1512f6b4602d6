//! Opens the adapters and brings them together.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use users_auth_embedded::{EmbeddedAuth, EmbeddedAuthSettings, KEY_FILE_NAME, KeyError};
use users_domain::Settings;
use users_domain::ports::{EventPublisher, Mailer, Platform, Ports};
use users_password::{BcryptHasher, HasherSettings};
use users_smtp::LogMailer;
use users_sqlite::{SqliteOptions, SqliteStore};
use users_system::{BoundedReadEvents, LogPublisher, SystemClock, SystemEntropy};

use crate::apart::{NoAnswer, apart};
use crate::tasks::Work;
use crate::users::Users;

/// Chooses what differs from the defaults, then opens.
#[derive(Clone)]
pub struct Builder {
    folder: PathBuf,
    settings: Settings,
    access_token_ttl: Duration,
    refresh_token_ttl: Duration,
    hash_threads: Option<usize>,
    purge_interval: Duration,
    publisher: Arc<dyn EventPublisher>,
    mailer: Arc<dyn Mailer>,
}

/// Why a folder could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The store could not be opened or migrated.
    #[error(transparent)]
    Store(#[from] users_sqlite::OpenError),
    /// The key that signs tokens could not be read or made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The hasher's threads could not be started.
    #[error("cannot start the threads that hash passwords: {0}; raise the limit of processes")]
    Hasher(#[source] io::Error),
    /// The thread that opens could not be started.
    #[error("cannot start the thread that opens the folder: {0}; raise the limit of processes")]
    Thread(#[source] io::Error),
    /// A bug: opening panicked. The panic's own message says more; it went where the program's
    /// panics go.
    #[error("the thread that opened the folder panicked")]
    Panicked,
}

impl From<NoAnswer> for OpenError {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::NoThread(error) => Self::Thread(error),
            NoAnswer::Panicked => Self::Panicked,
        }
    }
}

impl Builder {
    pub(crate) fn new(folder: &Path) -> Self {
        let auth = EmbeddedAuthSettings::new(folder.join(KEY_FILE_NAME));
        Self {
            folder: folder.to_owned(),
            settings: Settings::default(),
            access_token_ttl: auth.access_ttl,
            refresh_token_ttl: auth.refresh_ttl,
            hash_threads: None,
            purge_interval: Duration::from_hours(24),
            publisher: Arc::new(LogPublisher),
            mailer: Arc::new(LogMailer),
        }
    }

    /// Who may register, what passwords must look like, how long mailed codes are good and deleted
    /// accounts are kept.
    #[must_use]
    pub fn settings(self, settings: Settings) -> Self {
        Self { settings, ..self }
    }

    /// How long access tokens and sessions live, in whole seconds; an hour and a day if not set.
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

    /// How often [`Users::spawn_tasks`] looks for deleted accounts that are to go for good
    /// ([`Settings::delete_after`]), at least a second; at its start and every 24 hours if not set.
    #[must_use]
    pub fn purge_interval(self, interval: Duration) -> Self {
        Self {
            purge_interval: interval.max(Duration::from_secs(1)),
            ..self
        }
    }

    /// Where events go; to the log if not set.
    #[must_use]
    pub fn publisher(self, publisher: Arc<dyn EventPublisher>) -> Self {
        Self { publisher, ..self }
    }

    /// Who writes to people; if not set **every mail is lost**, and the log says of which kind it was.
    #[must_use]
    pub fn mailer(self, mailer: Arc<dyn Mailer>) -> Self {
        Self { mailer, ..self }
    }

    /// Opens the folder, making it and bringing its schema up to date where needed.
    pub async fn open(self) -> Result<Users, OpenError> {
        // Opening reads and writes files.
        apart("users-open", move || self.open_blocking()).await?
    }

    fn open_blocking(self) -> Result<Users, OpenError> {
        let clock = Arc::new(SystemClock);
        let entropy = Arc::new(SystemEntropy::new());
        let store = SqliteStore::open(
            &self.folder.join(users_sqlite::FILE_NAME),
            clock.clone(),
            SqliteOptions::default(),
        )?;
        let auth = Arc::new(EmbeddedAuth::open(
            EmbeddedAuthSettings {
                access_ttl: self.access_token_ttl,
                refresh_ttl: self.refresh_token_ttl,
                ..EmbeddedAuthSettings::new(self.folder.join(KEY_FILE_NAME))
            },
            Arc::new(store.clone()),
            clock.clone(),
            entropy.clone(),
        )?);
        let mut hashing = HasherSettings::default();
        if let Some(threads) = self.hash_threads {
            hashing = HasherSettings::with_threads(threads);
        }
        let hasher = Arc::new(BcryptHasher::start(hashing).map_err(OpenError::Hasher)?);
        let read_events = Arc::new(BoundedReadEvents::default());
        let ports = Ports {
            users: Arc::new(store.clone()),
            transfer: Arc::new(store.clone()),
            outbox: Arc::new(store.clone()),
            issuer: auth.clone(),
            verifier: auth.clone(),
            hasher,
            mailer: self.mailer,
            publisher: self.publisher.clone(),
            read_events: read_events.clone(),
            platform: Platform::default(),
            clock,
            entropy,
        };
        let work = Work {
            services: users_domain::Users::new(ports, self.settings),
            store,
            read_events,
            publisher: self.publisher,
            purge_interval: self.purge_interval,
            turn: Arc::new(Mutex::new(())),
        };
        Ok(Users::new(work, auth))
    }
}
