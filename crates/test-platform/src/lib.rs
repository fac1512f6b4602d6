//! Stand-ins for the platform around the service: auth, domains and SpiceDB over the wire.
//!
//! - [`AuthServer`] issues tokens, verifies them and says who may do what; its public keys lie at a
//!   [`KeySetServer`].
//! - [`SpiceDb`] keeps relationships, [`DomainsServer`] takes users out of domains.
//! - [`Platform`] is all of them, with the settings by which the service finds them.
//! - [`Certificates`] are for servers with TLS: right ones and wrong ones.
//!
//! All of them answer as the deployed services were recorded, over real sockets of 127.0.0.1, plain
//! or with TLS. Each one is a [`Wire`]: it keeps every call byte for byte, has [faults](Fault) when
//! told to, goes away and comes back. Nothing here blocks for long, and everything may be called
//! inside and outside of a runtime: the servers run on a runtime of their own.
//!
//! ```
//! use users_test_platform::{Platform, PlatformOptions};
//!
//! let platform = Platform::start(PlatformOptions::default()).unwrap();
//! for (name, value) in platform.environment() {
//!     println!("{name}={value}");
//! }
//! platform.auth.go_away();
//! platform.auth.come_back();
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what cannot be unwrapped here is a test that cannot be run"
)]

mod auth;
mod certificates;
mod domains;
mod key_set;
mod platform;
mod runtime;
mod spicedb;
mod wire;

pub use auth::{AuthOptions, AuthServer, KeyPlan};
pub use certificates::{Authority, Certificates, Identity};
pub use domains::DomainsServer;
pub use key_set::KeySetServer;
pub use platform::{Platform, PlatformOptions};
pub use spicedb::{PRESHARED_KEY, SpiceDb};
pub use wire::{Answer, Call, Fault, Listen, ServerTls, Wire};
