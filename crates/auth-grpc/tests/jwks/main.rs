//! Tokens verified by published keys: what the port asks, and what becomes of publishers that are
//! away, slow, or not what they should be.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod away;
mod contract;
mod fixture;
#[path = "../../../auth-embedded/tests/tokens/forge.rs"]
mod forge;
mod hostile;
mod keys;
mod publisher;
mod remembered;
