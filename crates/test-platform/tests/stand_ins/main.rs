//! The stand-ins answer as the services were recorded that they stand in for, and fail as told.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod auth;
mod connections;
mod domains;
mod faults;
mod fixture;
mod keys;
mod rights;
mod spicedb;
mod tls;
