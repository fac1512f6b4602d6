//! The users service as a library: what `main` starts, so that tests and tools can start it too.
//!
//! - [`cli`]: the commands and their help; [`commands`]: what each does.
//! - [`config`]: every setting, where its value came from, and what is wrong with it.
//! - [`wiring`]: which adapter serves which port.
//! - [`service`]: start and end of the whole; [`tasks`]: what runs in it beside requests.
//! - [`readiness`]: whether it can serve requests now.
//! - [`administrator`]: somebody to administer a fresh service.
//! - [`telemetry`]: the log and the metrics of the process.
//! - [`lifecycle`]: signals, two-stage shutdown, supervised tasks.
//! - [`generate`]: the documents that are printed from the tables above.

pub mod administrator;
pub mod cli;
pub mod commands;
pub mod config;
pub mod generate;
pub mod lifecycle;
pub mod readiness;
pub mod service;
pub mod tasks;
pub mod telemetry;
pub mod wiring;
