//! The adapter against a SpiceDB over the wire: what the port promises, what is said byte for byte,
//! and what faults come to.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod contract;
mod faults;
mod fixture;
mod wire;
