//! The service as its users meet it: the built binary, started as they start it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot be set up has failed"
)]

mod commands;
mod crash;
mod documented;
mod faults;
mod lifecycle;
mod mails;
mod pressure;
mod program;
mod purge;
mod rights;
mod secrecy;
mod takeover;
mod transfer;
