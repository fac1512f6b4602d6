//! The store beyond its contracts.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod backlog;
mod codes;
mod conflicts;
#[allow(dead_code, reason = "every suite takes what it needs of it")]
#[path = "../fixture/store.rs"]
mod fixture;
mod imports;
mod odd_rows;
mod pages;
mod purging;
mod totals;
