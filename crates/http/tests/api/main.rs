//! The API over real connections, on fakes.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod bad_input;
mod client;
mod connections;
mod create;
mod list;
mod log;
mod mounted;
mod open;
mod outages;
mod profile;
mod refusals;
mod request_ids;
mod rights;
mod service;
mod tokens;
