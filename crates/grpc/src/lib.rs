//! Users by id for the platform's other services, over gRPC: `users.v1.UsersService/RetrieveUsers`,
//! with gRPC's own health service and reflection.
//!
//! [`serve`] serves in clear text, encrypted, or to those alone who show a certificate of the right
//! authority ([`ServerTls`]). Nobody shows a token: who reaches the port reads names, addresses and
//! metadata, so without client certificates the network has to be one that is trusted.
//!
//! What differs from the service before this one, on purpose:
//!
//! - Administrators are given too. They were left out, so that whatever involved one of them failed.
//! - At most [`MAX_IDS`] ids are asked for at once, and an answer has at most [`ANSWER_LIMIT`] bytes,
//!   which is what gRPC's clients accept if nobody tells them otherwise; more is
//!   `RESOURCE_EXHAUSTED`. So is a call that others, who ask for many too, leave no memory to.
//! - A refusal names the field, and never holds a database's words; a store that is away is
//!   `UNAVAILABLE`. A limit or an offset over 2^63-1 is `INVALID_ARGUMENT`, not `INTERNAL`.
//! - Metadata comes in the order of its names.

mod call_log;
mod incoming;
mod message;
mod metadata;
mod open_error;
mod outcome;
mod room;
mod server;
mod service;
mod settings;
mod status;

pub use open_error::OpenError;
pub use outcome::{OnOutcome, Outcome};
pub use room::Room;
pub use server::serve;
pub use settings::{ServerSettings, ServerTls};
pub use users_grpc_client::Identity;

/// Most ids that one call may name.
pub const MAX_IDS: usize = users_domain::ports::MAX_FOUND_AT_ONCE;

/// Most bytes of an answer's message.
pub const ANSWER_LIMIT: usize = 4 * 1024 * 1024;

/// Most bytes of a request's message.
pub const REQUEST_LIMIT: usize = 1024 * 1024;
