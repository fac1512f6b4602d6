//! Where SpiceDB is, and what it is shown.

use std::time::Duration;

use secrecy::SecretString;

/// Where SpiceDB is, and what it is shown.
#[derive(Debug, Clone)]
pub struct SpiceDbSettings {
    /// Its host (`MG_SPICEDB_HOST`).
    pub host: String,
    /// Its port (`MG_SPICEDB_PORT`).
    pub port: u16,
    /// Its preshared key (`MG_SPICEDB_PRE_SHARED_KEY`).
    pub key: SecretString,
    /// The longest that a call may take; more than the port allows is cut to that.
    pub timeout: Duration,
}

/// Why SpiceDB can never be reached with such settings.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The host is none.
    #[error("MG_SPICEDB_HOST: {0}")]
    Host(users_grpc_client::OpenError),
    /// The key cannot stand in a header.
    #[error("MG_SPICEDB_PRE_SHARED_KEY: a key consists of visible ASCII characters")]
    Key,
}
