//! Taking over databases of the deployed service, written here from what is documented of it.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod counting;
mod deployed;
mod empty;
#[allow(dead_code, reason = "every suite takes what it needs of it")]
#[path = "../fixture/store.rs"]
mod fixture;
mod history;
mod indexes;
mod looking;
mod refusals;
mod scene;
mod shapes;
mod together;
mod trigrams;
