//! The adapters against the platform's services over the wire, and what happens when those fail.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod authority;
mod contract;
mod domains;
mod faults;
mod fixture;
mod hostile_peers;
mod issuing;
mod requests;
mod tls;
mod verifying;
