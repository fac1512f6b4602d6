//! The API over real connections, on fakes.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod answer_budget;
mod bad_input;
mod body_budget;
mod browsers;
mod client;
mod connections;
mod create;
mod cursor;
mod docs;
mod documented;
mod list;
mod log;
mod mounted;
mod open;
mod outages;
mod pages;
mod permissions;
mod probes;
mod profile;
mod refusals;
mod request_framing;
mod request_ids;
mod reset;
mod rights;
mod secrecy;
mod secret;
mod service;
mod sessions;
mod slow_clients;
mod status;
mod tokens;
mod traces;
mod update;
mod verification;
mod versions;
mod view;
