//! Passwords hashed with bcrypt on threads of their own: the port `PasswordHasher`.
//!
//! Hashing is slow on purpose, so [`BcryptHasher`] keeps it apart and bounded:
//!
//! - **No thread of a runtime hashes.** One thread a core does, at a lower priority than the rest
//!   of the program where the system knows such a thing, so that a wave of logins slows down logins
//!   and little else.
//! - **The queue is bounded**: when it is full, `HasherError::Busy` says at once when a retry has a
//!   chance.
//! - **A job whose caller has gone costs nothing**: it is skipped when its turn comes.
//! - **Passwords are wiped** from the queue once they are used.
//!
//! ```no_run
//! # fn start() -> std::io::Result<()> {
//! use users_password::{BcryptHasher, HasherSettings};
//!
//! let hasher = BcryptHasher::start(HasherSettings::with_threads(2))?;
//! # Ok(()) }
//! ```

mod candidate;
mod hasher;
mod priority;
mod settings;
mod stored_hash;
mod threads;

pub use hasher::BcryptHasher;
pub use settings::HasherSettings;
pub use threads::HasherStats;
