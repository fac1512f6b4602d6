//! How a service of the platform is reached.

use std::time::Duration;

use users_grpc_client::{ConnectionSettings, Tls};

/// How a service of the platform is reached.
#[derive(Debug, Clone)]
pub struct PeerSettings {
    /// `host:port`, e.g. `auth:7001` or `[::1]:8181`.
    pub address: String,
    /// How long a call may take, connecting included; it goes with the call as `grpc-timeout`.
    pub timeout: Duration,
    /// How connections are encrypted; `None`: not at all. The service's certificate must be good for
    /// the host of its address.
    pub tls: Option<Tls>,
}

impl PeerSettings {
    /// The same of a service that the log calls by a name.
    pub(crate) fn of(&self, name: &'static str) -> ConnectionSettings {
        ConnectionSettings {
            name,
            address: self.address.clone(),
            timeout: self.timeout,
            tls: self.tls.clone(),
        }
    }
}
