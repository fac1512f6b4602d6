//! The server over real sockets: what it answers byte for byte, whom it lets in, what it withstands,
//! and how it ends.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod bytes;
mod ending;
mod fixture;
mod health;
mod reflection;
mod refusals;
mod retrieving;
mod rough;
mod tls;
