//! Passwords hashed with bcrypt on threads of their own: the port `PasswordHasher`. Hashes that other
//! systems made are verified too, so that accounts can come from elsewhere; [`check`] says which.
//!
//! Hashing is slow on purpose, so [`BcryptHasher`] keeps it apart and bounded:
//!
//! - **No thread of a runtime hashes.** One thread a core does, at a lower priority than the rest
//!   of the program where the system knows such a thing, so that a wave of logins slows down logins
//!   and little else.
//! - **The queue is bounded, and so is every wait**: what would wait longer than the limit is refused
//!   at once, by the length of the queue and the time that hashing took lately, and
//!   `HasherError::Busy` says when a retry has a chance. What has waited longer all the same is
//!   refused when its turn comes.
//! - **A job that nobody waits for costs nothing**: it is skipped when its turn comes.
//! - **The log says once that calls are refused**, and once, with their number, that nothing waits
//!   any more.
//! - **Memory is bounded**: what some formats fill by design they fill in turn, all threads together
//!   1 GiB at most.
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
mod format;
mod formats;
mod hasher;
mod priority;
mod settings;
mod stored_hash;
mod threads;

pub use format::{Format, Refusal, check};
pub use hasher::BcryptHasher;
pub use settings::HasherSettings;
pub use threads::HasherStats;
