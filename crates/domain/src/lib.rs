//! What users are and what can be done with them, without any I/O.
//!
//! Read it in this order:
//!
//! - [`model`]: the values: a value of a type is valid, because only its `parse` makes it.
//! - [`ports`]: what the domain needs from the world; each trait's documentation is its contract,
//!   and `users-testkit` checks it on every adapter.
//! - [`authorization`]: who may do what, as one table.
//! - [`services`]: what the world may ask; [`Users`] bundles them.
//! - [`Error`]: what can happen.
//! - [`trace_context`]: the trace that a call belongs to, for those who call others.
//!
//! The crate has no runtime, no database driver and no web framework, so it embeds anywhere.

pub mod authorization;
pub mod error;
pub mod model;
pub mod ports;
pub mod services;
pub mod trace_context;
mod users;

pub use error::Error;
pub use users::{Settings, Users};
