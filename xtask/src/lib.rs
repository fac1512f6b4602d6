//! What the programs here share that measure: xtask itself, and `bench_store`, which is built with the
//! same optimisations as the stores that it measures.
#![expect(
    clippy::print_stdout,
    reason = "these tools print their results to standard output"
)]

pub mod accounts;
pub mod figures;
pub mod latencies;
pub mod process_stat;
pub mod store_bench;
pub mod transfer;
