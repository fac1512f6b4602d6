//! Tokens, rights and domains at the platform's services, over gRPC.
//!
//! - [`AuthGrpc`] is the platform's auth service. It serves the ports `TokenIssuer`, `TokenVerifier`
//!   and `PlatformAuthority`.
//! - [`DomainsGrpc`] is the domains service, behind the port `Domains`.
//!
//! Neither need be up when it is opened: a connection is made when a call needs one, comes back by
//! itself, and pauses a little longer after each attempt that led to nothing. No call waits longer
//! than it was given, and none is made twice. What a service says besides its answer reaches the log
//! only.

use std::sync::Arc;

use tokio::runtime::Handle;
use users_domain::ports::{Entropy, PlatformError};

mod authority;
mod connector;
mod domains;
mod health;
mod peer;
mod settings;
mod status;
mod tls;

pub use domains::DomainsGrpc;
pub use peer::CallStats;
pub use settings::{GrpcSettings, OpenError, TlsIdentity, TlsSettings};

use peer::Peer;

/// The platform's auth service.
#[derive(Debug)]
pub struct AuthGrpc {
    peer: Peer,
}

impl AuthGrpc {
    /// Connects when it is called first; the service need not be up. Everything is done on `runtime`.
    pub fn open(
        settings: &GrpcSettings,
        runtime: Handle,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, OpenError> {
        let peer = Peer::open("auth", settings, runtime, entropy)?;
        Ok(Self { peer })
    }

    /// Whether the service is there and says that it serves.
    pub async fn check(&self) -> Result<(), PlatformError> {
        health::check(&self.peer, "auth").await
    }

    /// Its numbers.
    pub fn stats(&self) -> CallStats {
        self.peer.stats()
    }
}
