//! The auth service: tokens, who bears them, and who may do what.

mod keys;
mod pats;
mod rights;
mod tokens;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};
use users_domain::model::{Timestamp, UserId};
use users_domain::ports::{Clock, Entropy, RefreshTokenStore};
use users_proto::auth::v1::auth_service_server::AuthServiceServer;
use users_proto::token::v1::token_service_server::TokenServiceServer;
use users_system::{SystemClock, SystemEntropy};
use users_testkit::fakes::MemoryStore;
use uuid::Uuid;

use crate::key_set::KeySetServer;
use crate::runtime;
use crate::spicedb::SpiceDb;
use crate::wire::{Listen, Wire};
use keys::Keys;
use pats::Pats;

pub use keys::KeyPlan;

/// How an auth service is put together.
pub struct AuthOptions {
    /// Where its gRPC listens.
    pub listen: Listen,
    /// Where its keys lie, over plain HTTP.
    pub keys: Listen,
    /// What it goes by.
    pub clock: Arc<dyn Clock>,
    /// Where ids, keys and secrets come from.
    pub entropy: Arc<dyn Entropy>,
    /// Where sessions lie.
    pub sessions: Arc<dyn RefreshTokenStore>,
    /// How long an access token lives, in whole seconds.
    pub access_ttl: Duration,
    /// How long a session lives, in whole seconds.
    pub refresh_ttl: Duration,
    /// Whether a refresh token is replaced by its use. The deployed service does not do that, but the
    /// port `TokenIssuer` wants it.
    pub rotates: bool,
    /// Where rights come from. Without one every user is a member of the platform, and administrators
    /// are those that [`AuthServer::set_administrator`] names.
    pub spicedb: Option<SpiceDb>,
}

/// By the machine's clock, in memory, without SpiceDB, with the deployed service's lifetimes.
impl Default for AuthOptions {
    fn default() -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        Self {
            listen: Listen::default(),
            keys: Listen::default(),
            entropy: Arc::new(SystemEntropy::new()),
            sessions: Arc::new(MemoryStore::new(clock.clone())),
            clock,
            access_ttl: Duration::from_hours(1),
            refresh_ttl: Duration::from_hours(24),
            rotates: true,
            spicedb: None,
        }
    }
}

/// Serves `token.v1.TokenService`, `auth.v1.AuthService` and `grpc.health.v1.Health`, and gives its
/// keys at [`AuthServer::keys`].
///
/// What it does by itself is what was recorded of the deployed service, refusals with their texts
/// included. It signs with Ed25519.
#[derive(Debug, Clone)]
pub struct AuthServer {
    /// Where the public keys lie.
    pub keys: KeySetServer,
    wire: Wire,
    auth: Arc<Auth>,
    health: HealthReporter,
}

pub(crate) struct Auth {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    sessions: Arc<dyn RefreshTokenStore>,
    access_ttl: Duration,
    refresh_ttl: Duration,
    rotates: bool,
    spicedb: Option<SpiceDb>,
    keys: Keys,
    pats: Pats,
    /// Whose each session is: revoking does not ask.
    owners: Mutex<HashMap<String, String>>,
    administrators: Mutex<HashSet<String>>,
}

impl AuthServer {
    /// Starts it. An error if a port is taken, or the certificate no certificate.
    pub fn start(options: AuthOptions) -> io::Result<Self> {
        let auth = Arc::new(Auth {
            keys: Keys::new(&*options.entropy),
            clock: options.clock,
            entropy: options.entropy,
            sessions: options.sessions,
            access_ttl: options.access_ttl,
            refresh_ttl: options.refresh_ttl,
            rotates: options.rotates,
            spicedb: options.spicedb,
            pats: Pats::default(),
            owners: Mutex::default(),
            administrators: Mutex::default(),
        });
        let health = HealthReporter::new();
        let routes = Routes::new(AuthServiceServer::from_arc(auth.clone()))
            .add_service(TokenServiceServer::from_arc(auth.clone()))
            .add_service(HealthServer::new(HealthService::from_health_reporter(
                health.clone(),
            )));
        let wire = Wire::grpc("auth", &options.listen, routes)?;
        let keys = {
            let auth = auth.clone();
            KeySetServer::start(&options.keys, move || auth.keys.document())?
        };
        let server = Self {
            keys,
            wire,
            auth,
            health,
        };
        server.set_serving(true);
        Ok(server)
    }

    /// What it says of its health from now on, under the names `auth` and "".
    pub fn set_serving(&self, serving: bool) {
        let status = if serving {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        let health = self.health.clone();
        let (done, wait) = std::sync::mpsc::channel();
        runtime::handle().spawn(async move {
            for service in ["auth", ""] {
                health.set_service_status(service, status).await;
            }
            // The caller waits, unless he was ended.
            let _ = done.send(());
        });
        wait.recv().expect("setting the health does not fail");
    }

    /// The document with the public keys, as text.
    pub fn key_set(&self) -> String {
        self.auth.keys.document()
    }

    /// The name of the key that signs (`kid`).
    pub fn key_id(&self) -> String {
        self.auth.keys.active_id()
    }

    /// A new key signs from now on; the one before stays in the set, until [`AuthServer::retire`] or
    /// the next rotation.
    pub fn rotate(&self, plan: KeyPlan) {
        self.auth.keys.rotate(plan, &*self.auth.entropy);
    }

    /// The key that was replaced leaves the set: its tokens verify no more.
    pub fn retire(&self) {
        self.auth.keys.retire();
    }

    /// A token that says anything, signed with the key in use. `claims` is JSON.
    pub fn sign(&self, claims: &str) -> String {
        self.auth.keys.sign(claims)
    }

    /// The same under any header, which is JSON, too.
    pub fn sign_as(&self, header: &str, claims: &str) -> String {
        self.auth.keys.sign_as(header, claims)
    }

    /// Makes a personal access token of a user.
    ///
    /// # Panics
    ///
    /// The user's id is no UUID: personal access tokens hold UUIDs.
    pub fn add_pat(&self, user: &UserId, expires_at: Timestamp) -> String {
        let user = Uuid::parse_str(user.as_str()).expect("the user's id is a UUID");
        self.auth.pats.add(user, expires_at, &*self.auth.entropy)
    }

    /// Revokes a personal access token. Says whether it is known.
    pub fn revoke_pat(&self, token: &str) -> bool {
        self.auth.pats.revoke(token)
    }

    /// Deletes a personal access token. Says whether it was known.
    pub fn delete_pat(&self, token: &str) -> bool {
        self.auth.pats.delete(token)
    }

    /// Makes somebody an administrator or not, where there is no SpiceDB to ask.
    pub fn set_administrator(&self, user: &UserId, is_administrator: bool) {
        self.auth.administrators(|administrators| {
            if is_administrator {
                administrators.insert(user.as_str().to_owned());
            } else {
                administrators.remove(user.as_str());
            }
        });
    }
}

/// For its address, its calls and its faults.
impl Deref for AuthServer {
    type Target = Wire;

    fn deref(&self) -> &Wire {
        &self.wire
    }
}

impl Auth {
    fn is_administrator(&self, user: &str) -> bool {
        self.administrators(|administrators| administrators.contains(user))
    }

    fn administrators<T>(&self, work: impl FnOnce(&mut HashSet<String>) -> T) -> T {
        work(
            &mut self
                .administrators
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    fn owner_of(&self, session: &str) -> Option<String> {
        let owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        owners.get(session).cloned()
    }

    fn note_owner(&self, session: String, user: &str) {
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        owners.insert(session, user.to_owned());
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").finish_non_exhaustive()
    }
}

impl fmt::Debug for AuthOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthOptions")
            .field("listen", &self.listen)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}
