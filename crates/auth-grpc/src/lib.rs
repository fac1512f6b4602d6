//! Tokens, rights and domains at the platform's services, over gRPC.
//!
//! - [`AuthGrpc`] is the platform's auth service. It serves the ports `TokenIssuer`, `TokenVerifier`
//!   and `PlatformAuthority`.
//! - [`JwksVerifier`] verifies JSON Web Tokens by the keys that the auth service publishes, without a
//!   call for each; [`PlatformVerifier`] leaves the others to the auth service.
//! - [`DomainsGrpc`] is the domains service, behind the port `Domains`.
//!
//! Neither need be up when it is opened: a connection is made when a call needs one, comes back by
//! itself, and pauses a little longer after each attempt that led to nothing. No call waits longer
//! than it was given, and none is made twice. What a service says besides its answer reaches the log
//! only.

use std::fmt;
use std::sync::Arc;

use tokio::runtime::Handle;
use users_domain::ports::{Clock, Entropy, PlatformError};

mod authority;
mod begun;
mod clients;
mod domains;
mod fresh;
mod health;
mod issuer;
mod jwks;
mod payload;
mod peer;
mod platform_verifier;
mod refused;
mod remote_verifier;
mod sessions;
mod settings;
mod status;

pub use domains::DomainsGrpc;
pub use jwks::{JwksSettings, JwksSettingsError, JwksStats, JwksVerifier};
pub use platform_verifier::PlatformVerifier;
pub use settings::PeerSettings;
pub use users_grpc_client::{ConnectionStats, Identity, OpenError, Tls};

use begun::Begun;
use peer::Peer;

/// The platform's auth service.
pub struct AuthGrpc {
    peer: Arc<Peer>,
    begun: Begun,
    clock: Arc<dyn Clock>,
}

impl AuthGrpc {
    /// Connects when it is called first; the service need not be up. Everything is done on `runtime`.
    /// `clock` is the one by which the domain ends tokens.
    pub fn open(
        settings: &PeerSettings,
        runtime: Handle,
        entropy: Arc<dyn Entropy>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let peer = Peer::open("auth", settings, runtime, entropy)?;
        Ok(Self {
            peer: Arc::new(peer),
            begun: Begun::default(),
            clock,
        })
    }

    /// Whether the service is there and says that it serves.
    pub async fn check(&self) -> Result<(), PlatformError> {
        health::check(&self.peer, "auth").await
    }

    /// Its numbers.
    pub fn stats(&self) -> ConnectionStats {
        self.peer.stats()
    }
}

impl fmt::Debug for AuthGrpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthGrpc")
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}
