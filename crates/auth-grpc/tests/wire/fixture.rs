//! An auth service and an `AuthGrpc` that calls it, on one clock that stands still.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use users_auth_grpc::{AuthGrpc, PeerSettings};
use users_domain::model::{BearerToken, Role, TokenPair, UserId};
use users_domain::ports::{
    Clock as _, IssueToken, RefreshToken, RefreshTokenStore, TokenError, TokenIssuer as _,
};
use users_test_platform::{AuthOptions, AuthServer};
use users_testkit::fakes::{FixedClock, MemoryStore, SeededEntropy};

/// No call takes so long that is answered at all, on the busiest machine.
pub(crate) const AMPLE: Duration = Duration::from_secs(50);
/// A call that is not answered ends so soon.
pub(crate) const SHORT: Duration = Duration::from_millis(300);

pub(crate) struct Fixture {
    pub(crate) server: AuthServer,
    pub(crate) auth: Arc<AuthGrpc>,
    pub(crate) clock: FixedClock,
    pub(crate) sessions: Arc<dyn RefreshTokenStore>,
}

pub(crate) fn ada() -> UserId {
    UserId::from_stored("0b7a2c1e-8a67-4f0a-9a53-1c2b6d9d2b10".to_owned())
}

pub(crate) fn grace() -> UserId {
    UserId::from_stored("5f4f2a77-51a4-4a8e-bb5e-6f6a0f6f5a11".to_owned())
}

/// How the service is reached at an address, in clear text.
pub(crate) fn settings(address: String, timeout: Duration) -> PeerSettings {
    PeerSettings {
        address,
        timeout,
        tls: None,
    }
}

/// With a clock that no service's is ahead of.
pub(crate) fn open(settings: &PeerSettings) -> AuthGrpc {
    let late = FixedClock::new();
    late.advance(Duration::from_hours(24 * 365 * 100));
    open_at(settings, late)
}

pub(crate) fn open_at(settings: &PeerSettings, clock: FixedClock) -> AuthGrpc {
    let entropy = Arc::new(SeededEntropy::new(7));
    AuthGrpc::open(settings, Handle::current(), entropy, Arc::new(clock)).unwrap()
}

impl Fixture {
    pub(crate) fn start() -> Self {
        Self::with(AMPLE, |_| {})
    }

    /// With so much time for a call, and a service put together in another way.
    pub(crate) fn with(timeout: Duration, change: impl FnOnce(&mut AuthOptions)) -> Self {
        let clock = FixedClock::new();
        let sessions: Arc<dyn RefreshTokenStore> =
            Arc::new(MemoryStore::new(Arc::new(clock.clone())));
        let mut options = AuthOptions {
            clock: Arc::new(clock.clone()),
            sessions: sessions.clone(),
            ..AuthOptions::default()
        };
        change(&mut options);
        let server = AuthServer::start(options).unwrap();
        let auth = open_at(&settings(server.host_and_port(), timeout), clock.clone());
        Self {
            auth: Arc::new(auth),
            server,
            clock,
            sessions,
        }
    }

    pub(crate) async fn issue(&self) -> TokenPair {
        self.auth.issue(request()).await.unwrap()
    }

    /// A pair that the service would take, made without asking it.
    pub(crate) fn sample(&self) -> TokenPair {
        let access = claims(self.clock.now().unix_timestamp());
        let refresh = with(&access, "type", serde_json::json!(1));
        let refresh = with(&refresh, "jti", serde_json::json!("session"));
        TokenPair {
            access: token(self.server.sign(&access.to_string())),
            refresh: token(self.server.sign(&refresh.to_string())),
        }
    }

    pub(crate) async fn refresh(&self, token: &BearerToken) -> Result<TokenPair, TokenError> {
        self.auth.refresh(continuation(token)).await
    }

    /// The methods that were called, in order.
    pub(crate) fn called(&self) -> Vec<String> {
        let calls = self.server.calls();
        calls.iter().map(|call| call.rpc().to_owned()).collect()
    }
}

/// Asks for a session of Ada's.
pub(crate) fn request() -> IssueToken {
    IssueToken {
        user: ada(),
        role: Role::User,
        verified: true,
        description: None,
        not_before: None,
    }
}

/// Asks for a session of Ada's to go on.
pub(crate) fn continuation(token: &BearerToken) -> RefreshToken {
    RefreshToken {
        token: token.clone(),
        user: ada(),
        role: Role::User,
        verified: true,
        not_before: None,
    }
}

pub(crate) fn token(text: impl Into<String>) -> BearerToken {
    BearerToken::new(text.into())
}

/// The claims of an access token of Ada's that nothing is wrong with, issued at a second.
pub(crate) fn claims(now: i64) -> serde_json::Value {
    serde_json::json!({
        "exp": now + 600,
        "iat": now,
        "iss": "magistrala.auth",
        "role": 1,
        "sub": ada().as_str(),
        "type": 0,
        "verified": true,
    })
}

/// The same object with one member replaced, or without it.
pub(crate) fn with(
    object: &serde_json::Value,
    member: &str,
    value: impl Into<Option<serde_json::Value>>,
) -> serde_json::Value {
    let mut object = object.clone();
    let members = object.as_object_mut().unwrap();
    match value.into() {
        Some(value) => members.insert(member.to_owned(), value),
        None => members.remove(member),
    };
    object
}
