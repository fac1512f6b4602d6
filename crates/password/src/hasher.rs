//! bcrypt behind the port `PasswordHasher`.

use std::fmt;
use std::hint::black_box;
use std::io;

use async_trait::async_trait;
use tracing::{error, warn};
use users_domain::model::{Password, PasswordAttempt, PasswordHash};
use users_domain::ports::{HashRefusal, HasherError, PasswordHasher, Verdict};

use crate::candidate::Candidate;
use crate::format::{self, Format, Refusal};
use crate::settings::HasherSettings;
use crate::stored_hash::{OutOfMemory, StoredHash};
use crate::threads::{HasherStats, Threads};

/// Hashes with bcrypt and verifies what anybody hashed with bcrypt, or in another known [`Format`].
///
/// - New hashes begin with `$2b$` and have the cost of the settings. A hash of another cost is
///   outdated. Another prefix alone is not: the platform's other programs read them all.
/// - `$2a$`, `$2b$` and `$2y$` are verified, and `$2$`, `$2c$`, `$2x$` as if they were `$2b$`; white
///   space behind a hash is ignored.
/// - Hashes of other formats are outdated. A wrong password for one is paid for with today's cost
///   too, so that a cheap hash cannot be told from an absent account by the time it takes.
/// - A hash beyond the limits (bcrypt: cost 16; PBKDF2: 5 million iterations; argon2id: 1 GiB, 10
///   passes; scrypt: N 2^17, r 8; SHA-512-crypt: 1 million rounds) matches nothing, and the log says
///   so; the cost of it, and of other texts that match nothing, is today's.
/// - Zero bytes count, since adopted passwords may hold them. bcrypt reads a key over and over, its
///   terminating zero byte too, so it cannot tell `p` from `p`, zero byte, `p`: nobody who does not
///   know `p` gains by that.
///
/// Dropped, it ends its threads without waiting for them.
pub struct BcryptHasher {
    threads: Threads,
    cost: u32,
}

const NO_MATCH: Verdict = Verdict {
    matches: false,
    outdated: false,
};

impl BcryptHasher {
    /// Starts the threads. Fails where the system gives none, or the cost is out of bounds.
    pub fn start(settings: HasherSettings) -> io::Result<Self> {
        let settings = settings.checked()?;
        Ok(Self {
            threads: Threads::start(settings)?,
            cost: settings.cost,
        })
    }

    /// What the hasher is doing at this moment.
    pub fn stats(&self) -> HasherStats {
        self.threads.stats()
    }

    async fn compare(
        &self,
        candidate: Candidate,
        stored: StoredHash,
    ) -> Result<Verdict, HasherError> {
        let cost = self.cost;
        let outdated = stored.is_outdated(cost);
        let memory = stored.memory();
        let work = move || {
            // The cut attempt is compared too: its length must not show in the time.
            let equal = stored.matches(candidate.expose())?;
            if !equal && stored.format() != Format::Bcrypt {
                spend(&candidate, cost);
            }
            Ok(equal && !candidate.is_cut())
        };
        let compared = self.threads.run_with(memory, work).await?;
        let matches = compared.map_err(|OutOfMemory| {
            error!("the system gave no memory to verify a password hash");
            HasherError::Stopped
        })?;
        Ok(Verdict { matches, outdated })
    }

    /// Spends the time of a comparison at today's cost.
    async fn spend(&self, candidate: Candidate) -> Result<(), HasherError> {
        let cost = self.cost;
        self.threads.run(move || spend(&candidate, cost)).await
    }
}

fn spend(candidate: &Candidate, cost: u32) {
    const ANY_SALT: [u8; 16] = [0; 16];
    // The outcome must look wanted, or a compiler might leave the work out.
    black_box(bcrypt::hash_with_salt(candidate.expose(), cost, ANY_SALT).is_ok());
}

#[async_trait]
impl PasswordHasher for BcryptHasher {
    #[tracing::instrument(skip_all, name = "password.hash")]
    async fn hash(&self, password: &Password) -> Result<PasswordHash, HasherError> {
        let candidate = Candidate::of_password(password);
        let cost = self.cost;
        let hashed = self
            .threads
            .run(move || bcrypt::hash(candidate.expose(), cost))
            .await?;
        hashed.map(PasswordHash::from_stored).map_err(|error| {
            error!(%error, "a password could not be hashed");
            HasherError::Stopped
        })
    }

    #[tracing::instrument(skip_all, name = "password.verify")]
    async fn verify(
        &self,
        attempt: &PasswordAttempt,
        hash: &PasswordHash,
    ) -> Result<Verdict, HasherError> {
        let candidate = Candidate::of_attempt(attempt);
        match StoredHash::parse(hash.as_str()) {
            Ok(stored) => self.compare(candidate, stored).await,
            Err(refusal) => {
                if let Refusal::TooDear { .. } = refusal {
                    warn!(
                        %refusal,
                        "a stored password hash is too dear to verify; it matches nothing until \
                         the password is reset"
                    );
                }
                self.spend(candidate).await?;
                Ok(NO_MATCH)
            }
        }
    }

    #[tracing::instrument(skip_all, name = "password.verify_absent")]
    async fn verify_absent(&self, attempt: &PasswordAttempt) -> Result<(), HasherError> {
        self.spend(Candidate::of_attempt(attempt)).await
    }

    fn check(&self, hash: &PasswordHash) -> Result<(), HashRefusal> {
        match format::check(hash.as_str()) {
            Ok(_) => Ok(()),
            Err(refusal @ Refusal::TooDear { .. }) => {
                Err(HashRefusal::TooDear(refusal.to_string()))
            }
            Err(refusal) => Err(HashRefusal::Unreadable(refusal.to_string())),
        }
    }
}

impl fmt::Debug for BcryptHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BcryptHasher")
            .field("cost", &self.cost)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
