//! A program that embeds Users: what it gets from one folder, alone and beside others.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod closing;
mod folder;
mod people;
mod processes;
mod publishers;
mod runtimes;
mod tasks;
mod transfer;
