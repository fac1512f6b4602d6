//! Password hashing that costs nothing and hides nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use users_domain::model::{Password, PasswordAttempt, PasswordHash};
use users_domain::ports::{HashRefusal, HasherError, PasswordHasher, Verdict};

/// Today's format: `plain$<salt>$<password>`, the salt a number.
const TODAY: &str = "plain$";
/// A format that is still read: `old$<password>`.
const OUTDATED: &str = "old$";

/// A hash that is well formed and too dear: `dear$<password>`.
const TOO_DEAR: &str = "dear$";

/// A hasher whose hashes a test can read and write: for tests only.
///
/// It keeps the contract but for one sentence: it works on the caller's thread, since its work takes
/// no time, and so it is never busy.
#[derive(Debug, Clone, Default)]
pub struct PlainHasher(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    hashes: AtomicU64,
    verifications: AtomicU64,
}

impl PlainHasher {
    /// A hasher that has not hashed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A hash of today's format, as an account in a test may have it.
    pub fn hash_of(password: &str) -> PasswordHash {
        PasswordHash::from_stored(format!("{TODAY}0${password}"))
    }

    /// A hash of the outdated format.
    pub fn outdated_hash_of(password: &str) -> PasswordHash {
        PasswordHash::from_stored(format!("{OUTDATED}{password}"))
    }

    /// How many passwords were hashed.
    pub fn hashes(&self) -> u64 {
        self.0.hashes.load(Ordering::Relaxed)
    }

    /// How many comparisons were paid for, those for absent accounts too.
    pub fn verifications(&self) -> u64 {
        self.0.verifications.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl PasswordHasher for PlainHasher {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, HasherError> {
        let salt = self.0.hashes.fetch_add(1, Ordering::Relaxed) + 1;
        let text = format!("{TODAY}{salt}${}", password.expose());
        Ok(PasswordHash::from_stored(text))
    }

    async fn verify(
        &self,
        attempt: &PasswordAttempt,
        hash: &PasswordHash,
    ) -> Result<Verdict, HasherError> {
        self.0.verifications.fetch_add(1, Ordering::Relaxed);
        let (password, outdated) = match hash.as_str().strip_prefix(OUTDATED) {
            Some(password) => (Some(password), true),
            None => (read_today(hash.as_str()), false),
        };
        let fits = attempt.expose().len() <= Password::MAX_BYTES;
        Ok(Verdict {
            matches: fits && password == Some(attempt.expose()),
            outdated,
        })
    }

    async fn verify_absent(&self, _: &PasswordAttempt) -> Result<(), HasherError> {
        self.0.verifications.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn check(&self, hash: &PasswordHash) -> Result<(), HashRefusal> {
        let hash = hash.as_str();
        if hash.starts_with(TOO_DEAR) {
            return Err(HashRefusal::TooDear("too dear to verify".to_owned()));
        }
        if hash.starts_with(OUTDATED) || read_today(hash).is_some() {
            return Ok(());
        }
        Err(HashRefusal::Unreadable(
            "not a password hash of a known format".to_owned(),
        ))
    }
}

fn read_today(hash: &str) -> Option<&str> {
    let (salt, password) = hash.strip_prefix(TODAY)?.split_once('$')?;
    salt.parse::<u64>().ok()?;
    Some(password).filter(|password| !password.is_empty())
}
