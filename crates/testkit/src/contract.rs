//! The contract suites: the real definition of each port, to be run on every adapter.
//!
//! A promise is an async function whose name says what is promised; one macro a port makes a test
//! of each, so that a failure names the broken promise. An adapter's `tests/contract.rs` is short:
//!
//! ```
//! use std::sync::Arc;
//!
//! use users_testkit::contract::ClockUnderTest;
//! use users_testkit::fakes::FixedClock;
//!
//! users_testkit::clock_contract!(ClockUnderTest {
//!     clock: Arc::new(FixedClock::new()),
//! });
//! # fn main() {}
//! ```
//!
//! The argument is an expression that gives a fresh subject. It runs once for each promise, inside
//! a runtime, and may `.await`; what must live as long as the subject (a folder, a server) goes
//! into its `keep`. Where adapters really differ, the subject has a field that says so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "suites are tests that live in a library: what cannot be unwrapped breaks a promise"
)]
#![allow(missing_docs, reason = "the name of a promise is its documentation")]
#![allow(clippy::unused_async, reason = "all promises are called alike")]
#![allow(
    clippy::unchecked_time_subtraction,
    reason = "what would panic is a broken suite"
)]

use std::any::Any;
use std::future::Future;
use std::time::Duration;

use tokio::runtime::Builder;

mod calls;
mod log;
mod material;

/// Declares the promises of a suite in one place: the list `PROMISES`, and the exported macro that
/// makes a test of each. The first token is a dollar sign, which a macro that writes a macro cannot
/// write itself.
macro_rules! suite {
    (
        $dollar:tt
        $(#[$attribute:meta])*
        $contract:ident, $module:ident:
        $($promise:ident,)*
    ) => {
        /// The promises of this suite by name.
        pub const PROMISES: &[&str] = &[$(stringify!($promise)),*];

        $(#[$attribute])*
        #[macro_export]
        macro_rules! $contract {
            ($dollar subject:expr) => {
                mod $contract {
                    #[allow(unused_imports)]
                    use super::*;

                    $(
                        #[test]
                        fn $promise() {
                            $crate::contract::run(async {
                                let subject = $dollar subject;
                                $crate::contract::$module::$promise(&subject).await;
                            });
                        }
                    )*
                }
            };
        }
    };
}

pub mod clock;
pub mod domains;
pub mod entropy;
pub mod event_publisher;
pub mod mailer;
pub mod outbox;
pub mod password_hasher;
pub mod platform_authority;
pub mod platform_relations;
pub mod published_keys;
pub mod read_events;
pub mod refresh_token_store;
pub mod token_issuer;
pub mod token_verifier;
mod tokens;
pub mod user_store;
pub mod user_transfer;

pub use clock::ClockUnderTest;
pub use domains::DomainsUnderTest;
pub use entropy::EntropyUnderTest;
pub use event_publisher::EventPublisherUnderTest;
pub use mailer::{MailerUnderTest, ReceivedMail, reset_mail};
pub use material::event;
pub use outbox::OutboxUnderTest;
pub use password_hasher::{CostMeasure, PasswordHasherUnderTest};
pub use platform_authority::PlatformAuthorityUnderTest;
pub use platform_relations::{Elsewhere, Known, PlatformRelationsUnderTest};
pub use read_events::ReadEventsUnderTest;
pub use refresh_token_store::RefreshTokenStoreUnderTest;
pub use tokens::{Flaw, Forge, TokensUnderTest};
pub use user_store::{AdoptedRow, UserStoreUnderTest};
pub use user_transfer::UserTransferUnderTest;

/// What a subject keeps alive: a folder, a server, nothing.
pub type Keep = Box<dyn Any + Send + Sync>;

/// Something that the suite asks a subject's surroundings to do; may block.
pub type Lever = Box<dyn Fn() + Send + Sync>;

/// No promise takes longer than this on any adapter.
const LONGEST: Duration = Duration::from_mins(2);

/// Runs one promise on a runtime with several threads, so that what is asked for at once happens
/// at once. A promise that never ends has failed.
pub fn run(promise: impl Future<Output = ()>) {
    let runtime = Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap();
    runtime
        .block_on(async { tokio::time::timeout(LONGEST, promise).await })
        .expect("every wait has an end");
}

#[cfg(test)]
mod tests;
