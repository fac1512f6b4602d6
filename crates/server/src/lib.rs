//! The users service as a library: what `main` starts, so that tests and tools can start it too.
//!
//! - [`cli`]: the commands and their help.
//! - [`config`]: every setting, where its value came from, and what is wrong with it.
//! - [`telemetry`]: the log and the process metrics.
//! - [`lifecycle`]: signals, two-stage shutdown, supervised tasks.
//! - [`generate`]: the documents that are printed from the tables above.

pub mod cli;
pub mod config;
pub mod generate;
pub mod lifecycle;
pub mod telemetry;
