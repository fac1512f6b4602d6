//! `cargo xtask bench`: what the release build does, and whether that is what is wanted.

pub(crate) mod auth;
pub(crate) mod http;
mod load;
mod report;
pub(crate) mod store;
