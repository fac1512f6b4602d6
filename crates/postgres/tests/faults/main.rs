//! What Postgres and the network between may do, and what the store makes of it: the truth, soon.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod commits;
#[allow(dead_code, reason = "every suite takes what it needs of it")]
#[path = "../fixture/store.rs"]
mod fixture;
mod frozen;
mod imports;
mod locks;
mod log;
mod refusals;
mod restarts;
mod unwritable;
mod work;
