//! How the server serves.

use std::fmt;
use std::time::Duration;

use tokio::sync::watch;
use users_grpc_client::{Identity, check_authorities};

use crate::{OnOutcome, OpenError, Room};

/// How the server serves.
#[derive(Clone)]
pub struct ServerSettings {
    /// `None`: in clear text.
    pub tls: Option<ServerTls>,
    /// How long a connection may be silent in the beginning, and a handshake of TLS may take.
    pub handshake_timeout: Duration,
    /// The longest that a call may take.
    pub request_timeout: Duration,
    /// How long calls under way have when the server ends.
    pub shutdown_grace: Duration,
    /// Most connections at once; more wait until others end.
    pub max_connections: usize,
    /// Where the accounts of the calls under way have room; servers of one process share it.
    pub room: Room,
    /// Whether the service can serve now, which the health service tells. Before it could for the
    /// first time, calls are `UNAVAILABLE`. When the sender is gone, what it said last stands.
    pub ready: watch::Receiver<bool>,
    /// Told of every call of the users service that ended.
    pub on_outcome: Option<OnOutcome>,
}

impl ServerSettings {
    /// In clear text, with the limits that serve a platform.
    pub fn new(ready: watch::Receiver<bool>) -> Self {
        Self {
            tls: None,
            handshake_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(10),
            shutdown_grace: Duration::from_secs(10),
            max_connections: 1024,
            room: Room::default(),
            ready,
            on_outcome: None,
        }
    }
}

impl fmt::Debug for ServerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerSettings")
            .field("tls", &self.tls)
            .field("handshake_timeout", &self.handshake_timeout)
            .field("request_timeout", &self.request_timeout)
            .field("shutdown_grace", &self.shutdown_grace)
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}

/// How connections are encrypted.
#[derive(Debug, Clone)]
pub struct ServerTls {
    /// What the server shows.
    pub identity: Identity,
    /// The authorities one of which must have signed the certificate that a client shows, in PEM;
    /// `None`: clients need none.
    pub client_ca: Option<String>,
}

impl ServerTls {
    /// Whether all of it can be used, before anything is served.
    pub fn check(&self) -> Result<(), OpenError> {
        self.identity.check()?;
        match &self.client_ca {
            Some(authorities) => check_authorities(authorities).map_err(OpenError::ClientCa),
            None => Ok(()),
        }
    }
}
