//! A connection to a gRPC service that others run.
//!
//! [`Connection`] is opened without the service: it connects with the first call. It may be used
//! from every tokio runtime, since what it does runs on the one that it was given; every call ends
//! within the connection's timeout, and a call that is dropped is given up at the service too. A
//! connection that broke comes back with a later call. Where none can be had, calls fail at once
//! for a while that grows to [`LONGEST_PAUSE`], so that a service that is away costs no time and is
//! not overrun when it comes back.
//!
//! There are no pings of HTTP/2: services answer those that they find too many with the end of the
//! connection (grpc-go's server allows one in five minutes). What is gone without a word is noticed
//! by TCP's own, and by a call that got no answer: the next one takes a new connection.
//!
//! Nothing here knows what is said on the wire, or what a failure means.

mod address;
mod backoff;
mod call;
mod channel;
mod connection;
mod connector;
mod open_error;
mod tls;
mod trace_headers;

pub use backoff::LONGEST_PAUSE;
pub use call::Call;
pub use channel::GrpcChannel;
pub use connection::{Connection, ConnectionSettings, ConnectionStats};
pub use open_error::OpenError;
pub use tls::{Identity, IdentityError, Tls, check_authorities};
pub use trace_headers::trace_headers;

/// How large a message of the platform's services may be, in bytes: it is their own limit.
pub const MESSAGE_LIMIT: usize = 1024 * 1024;
