//! Why the server cannot serve.

use std::io;

use users_grpc_client::IdentityError;

/// Why the server cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its certificate or key.
    #[error("of the gRPC server, {0}")]
    Identity(#[from] IdentityError),
    /// Whom it trusts.
    #[error("the authorities of the clients' certificates: {0}")]
    ClientCa(String),
    /// Something else of TLS.
    #[error("TLS cannot be set up for the gRPC server: {0}")]
    Tls(String),
    /// The socket that it was given.
    #[error("the gRPC server cannot listen: {0}")]
    Listen(#[from] io::Error),
    /// What it can tell about itself.
    #[error("the gRPC server cannot describe itself: {0}")]
    Reflection(String),
}
