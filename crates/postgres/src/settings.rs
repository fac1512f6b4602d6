//! How a database is reached and used.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

/// How a database is reached and used.
#[derive(Debug, Clone)]
pub struct PostgresSettings {
    /// The server's name or address, or the folder of its socket (it begins with `/`).
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// The role to log in as.
    pub user: String,
    /// The role's password.
    pub password: SecretString,
    /// The database.
    pub database: String,
    /// What the server shows as the client's name (`application_name`).
    pub application_name: String,
    /// Whether and how the connection is encrypted.
    pub ssl: SslSettings,
    /// Connections that one process opens at most for calls; at least 1. One more answers
    /// [`crate::PostgresStore::probe`].
    pub max_connections: u32,
    /// How long a call may wait for a connection, the time to open one included.
    pub connect_timeout: Duration,
    /// How long a call may take once it has a connection.
    pub statement_timeout: Duration,
    /// Whether prepared statements are kept for the life of a connection. Without, every call is one
    /// transaction that leaves nothing behind, as poolers in transaction mode need.
    pub statement_cache: bool,
}

impl PostgresSettings {
    /// Connections that one process opens unless told otherwise.
    pub const MAX_CONNECTIONS: u32 = 20;
    /// The bound of both waits unless told otherwise.
    pub const TIMEOUT: Duration = Duration::from_secs(5);

    /// These with everything else as it is by default: no TLS.
    pub fn new(
        host: String,
        port: u16,
        user: String,
        password: SecretString,
        database: String,
    ) -> Self {
        Self {
            host,
            port,
            user,
            password,
            database,
            application_name: "magistrala-users".to_owned(),
            ssl: SslSettings::default(),
            max_connections: Self::MAX_CONNECTIONS,
            connect_timeout: Self::TIMEOUT,
            statement_timeout: Self::TIMEOUT,
            statement_cache: true,
        }
    }

    /// Which database is meant, for people: `HOST:PORT/DATABASE`.
    pub fn address(&self) -> String {
        format!("{}:{}/{}", self.host, self.port, self.database)
    }
}

/// How much is asked of the server's certificate, as libpq's `sslmode` has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SslMode {
    /// No encryption.
    #[default]
    Disable,
    /// Encryption; any certificate will do, unless there is a root certificate: then it is
    /// verified as by [`SslMode::VerifyCa`].
    Require,
    /// The certificate must come from the root certificate's authority.
    VerifyCa,
    /// Besides, it must name the host.
    VerifyFull,
}

/// Whether and how a connection is encrypted.
#[derive(Debug, Clone, Default)]
pub struct SslSettings {
    /// How much is asked of the server.
    pub mode: SslMode,
    /// PEM file of this client's certificate, with its chain.
    pub certificate: Option<PathBuf>,
    /// PEM file of its private key.
    pub key: Option<PathBuf>,
    /// PEM file of the authorities that may have signed the server's certificate, or of the
    /// self-signed certificate itself; without, [`SslMode::VerifyFull`] asks the system's and
    /// [`SslMode::VerifyCa`] is refused.
    pub root_certificate: Option<PathBuf>,
}
