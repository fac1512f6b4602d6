//! What the ports ask of every adapter, and what this one promises beside.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod contract;
mod fixture;
mod forge;
mod sessions;
mod settings;
mod verifying;
mod wire;
