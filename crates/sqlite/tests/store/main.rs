//! What this store promises beyond the ports' contracts, on real files.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod backlog;
mod calls;
mod codes;
mod counts;
mod fixture;
mod log;
mod metadata_search;
mod migrations;
mod odd_rows;
mod opening;
mod pages;
mod purging;
mod remade_users;
mod schema_rules;
mod search;
mod transfer;
