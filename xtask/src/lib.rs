//! What the programs here share that measure: xtask itself, and `bench_store` and `bench_auth`, which
//! are built with the same optimisations as what they measure.
#![expect(
    clippy::print_stdout,
    reason = "these tools print their results to standard output"
)]

pub mod accounts;
pub mod auth_bench;
pub mod figures;
pub mod latencies;
pub mod process_stat;
pub mod store_bench;
pub mod transfer;
