//! Tokens issued and verified in-process: JSON Web Tokens signed with Ed25519, and the key set by
//! which others verify them.
//!
//! [`EmbeddedAuth`] serves the ports `TokenIssuer`, `TokenVerifier` and `PublishedKeys`. Its tokens
//! are those of the platform's auth service, member for member, so that whatever reads the one
//! reads the other; refresh tokens say one thing more, `gen`, since they rotate here. Sessions lie
//! behind the port `RefreshTokenStore`.
//!
//! The key is a file. It is made at the first start, never overwritten, and never shown; whoever
//! loses it loses every token, and whoever reads it can make tokens for anybody.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use users_domain::ports::{Clock, Entropy, RefreshTokenStore};

mod issuer;
mod keys;
mod published;
mod signing_key;
mod verifier;

pub use keys::{KeyError, check_key};

use signing_key::SigningKey;

/// The key file's name in a data folder: programs that share a folder share the key.
pub const KEY_FILE_NAME: &str = "auth-key.pem";

/// Issues tokens, verifies them, and publishes the key that they are signed with.
pub struct EmbeddedAuth {
    access_ttl: Duration,
    refresh_ttl: Duration,
    key: SigningKey,
    key_set: String,
    /// The latest second that a token of this process says it was issued at; see `verifier.rs`.
    latest_issue: AtomicI64,
    sessions: Arc<dyn RefreshTokenStore>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// Where the key is, and how long tokens live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedAuthSettings {
    /// The file with the private key: PEM, PKCS#8, Ed25519. Made if it is not there.
    pub key_path: PathBuf,
    /// How long an access token lives, in whole seconds.
    pub access_ttl: Duration,
    /// How long a session lives, in whole seconds.
    pub refresh_ttl: Duration,
}

impl EmbeddedAuthSettings {
    /// A key file, and the lifetimes of the platform: an hour, and a day.
    pub fn new(key_path: PathBuf) -> Self {
        Self {
            key_path,
            access_ttl: Duration::from_hours(1),
            refresh_ttl: Duration::from_hours(24),
        }
    }
}

impl EmbeddedAuth {
    /// Reads the key, or makes one where there is none. Several processes may do so at once: they
    /// end up with the same key.
    ///
    /// Blocks while it reads and writes files.
    pub fn open(
        settings: EmbeddedAuthSettings,
        sessions: Arc<dyn RefreshTokenStore>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, KeyError> {
        let EmbeddedAuthSettings {
            key_path,
            access_ttl,
            refresh_ttl,
        } = settings;
        let key = keys::read_or_make(&key_path, &*entropy)?;
        Ok(Self {
            access_ttl,
            refresh_ttl,
            key_set: users_jwt::key_set([key.public()]),
            key,
            latest_issue: AtomicI64::new(i64::MIN),
            sessions,
            clock,
            entropy,
        })
    }
}

impl fmt::Debug for EmbeddedAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedAuth")
            .field("key", &self.key)
            .field("access_ttl", &self.access_ttl)
            .field("refresh_ttl", &self.refresh_ttl)
            .finish_non_exhaustive()
    }
}
