//! A connection to a gRPC service that others run.
//!
//! [`Connection`] is opened without the service: it connects with the first call. It may be used
//! from every tokio runtime, since what it does runs on the one that it was given; every call ends
//! within the connection's timeout, and a call that is dropped is given up at the service too. A
//! connection that broke comes back with a later call. Where none can be had, or those that can break
//! before any answer, calls fail at once for a while that grows to [`LONGEST_PAUSE`], so that a
//! service that is away costs no time and is not overrun when it comes back.
//!
//! There are no pings of HTTP/2: services answer those that they find too many with the end of the
//! connection (grpc-go's server allows one in five minutes). Instead TCP asks on a connection without
//! traffic, and on Linux breaks one on which nothing that was sent is acknowledged for twenty seconds:
//! a call to a host that is gone without a word fails by then. A host that is there and a service that
//! hangs cost a call its whole time; the next one takes a new connection.
//!
//! Nothing here knows what is said on the wire, or what a failure means.

mod abort_on_drop;
mod address;
mod backoff;
mod call;
mod channel;
mod connection;
mod connector;
mod error_chain;
mod known_away;
mod loggable;
mod open_error;
mod tls;
mod trace_headers;

pub use abort_on_drop::AbortOnDrop;
pub use address::Address;
pub use backoff::LONGEST_PAUSE;
pub use call::Call;
pub use channel::GrpcChannel;
pub use connection::{Connection, ConnectionSettings, ConnectionStats};
pub use error_chain::error_chain;
pub use known_away::is_known_away;
pub use loggable::{PERSONAL_ACCESS_TOKEN, code_name, loggable};
pub use open_error::OpenError;
pub use tls::{Identity, IdentityError, Tls, check_authorities};
pub use trace_headers::trace_headers;

/// How large a message of the platform's services may be, in bytes: it is their own limit.
pub const MESSAGE_LIMIT: usize = 1024 * 1024;
