//! Why no connection can ever be had with such settings.

use crate::IdentityError;

/// Why no connection can ever be had with such settings.
///
/// What it says begins with what is wrong, for the name of a setting to be put before it. It holds
/// nothing of a key.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address.
    #[error("`{address}` is no address: {reason}")]
    Address {
        /// As it was given.
        address: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// What signed the server's certificate.
    #[error("the authority of the server's certificate: {0}")]
    ServerCa(String),
    /// What the client shows.
    #[error("of the client, {0}")]
    Identity(#[from] IdentityError),
    /// No authority is named, and this system trusts none.
    #[error(
        "this system trusts no certificate authority: name the one that signed the server's \
         certificate, or install the system's (ca-certificates)"
    )]
    NoSystemRoots,
    /// Something else of TLS.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}
