//! Whatever fails, the log says so and keeps tokens to itself: in a program of its own, since it
//! listens to everything, what the libraries beneath log included.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tonic::Code;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use users_auth_grpc::{AuthGrpc, PeerSettings};
use users_domain::model::{BearerToken, Role, TokenPair, UserId};
use users_domain::ports::{
    IssueToken, PlatformAuthority as _, RefreshToken, TokenIssuer as _, TokenVerifier as _,
};
use users_test_platform::{AuthOptions, AuthServer, Fault};
use users_testkit::fakes::{FixedClock, SeededEntropy};

static LINES: Mutex<Vec<(Level, String)>> = Mutex::new(Vec::new());

fn lines() -> Vec<(Level, String)> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn ada() -> UserId {
    UserId::from_stored("0b7a2c1e-8a67-4f0a-9a53-1c2b6d9d2b10".to_owned())
}

fn open(server: &AuthServer, timeout: Duration, clock: &FixedClock) -> AuthGrpc {
    let settings = PeerSettings {
        address: server.host_and_port(),
        timeout,
        tls: None,
    };
    let entropy = Arc::new(SeededEntropy::new(7));
    AuthGrpc::open(
        &settings,
        Handle::current(),
        entropy,
        Arc::new(clock.clone()),
    )
    .unwrap()
}

/// Makes every call that sends or receives a token.
async fn everything(auth: &AuthGrpc, pair: &TokenPair, personal: &BearerToken) {
    let issue = IssueToken {
        user: ada(),
        role: Role::User,
        verified: true,
        description: None,
        not_before: None,
    };
    let refresh = RefreshToken {
        token: pair.refresh.clone(),
        user: ada(),
        role: Role::User,
        verified: true,
        not_before: None,
    };
    // What comes of them is looked at elsewhere.
    let _ = auth.issue(issue).await;
    let _ = auth.refresh(refresh).await;
    let _ = auth.verify(&pair.access).await;
    let _ = auth.verify(&pair.refresh).await;
    let _ = auth.verify(personal).await;
    let _ = auth.revoke_all(&ada()).await;
    let _ = auth.is_administrator(&ada()).await;
}

#[tokio::test]
async fn no_token_reaches_the_log_and_every_fault_does() {
    tracing::subscriber::set_global_default(Listener).unwrap();
    let clock = FixedClock::new();
    let options = AuthOptions {
        clock: Arc::new(clock.clone()),
        ..AuthOptions::default()
    };
    let server = AuthServer::start(options).unwrap();
    let auth = open(&server, Duration::from_mins(1), &clock);
    let impatient = open(&server, Duration::from_millis(300), &clock);
    let pair = sign(&server);
    let ends = FixedClock::START + Duration::from_hours(1);
    let personal = BearerToken::new(server.add_pat(&ada(), ends));
    let secrets = [&pair.access, &pair.refresh, &personal].map(BearerToken::expose);

    // A peer that quotes what it was sent.
    let quoting = secrets.join("\" and \"");
    let quoting = |code| Fault::Status(code, format!("no such token: \"{quoting}\""));
    for fault in [
        None,
        Some(quoting(Code::Unauthenticated)),
        Some(quoting(Code::PermissionDenied)),
        Some(quoting(Code::Internal)),
        Some(Fault::garbage()),
        Some(Fault::longer_than(2 * 1024 * 1024)),
        Some(Fault::Http(502)),
    ] {
        let is_fault = fault.is_some();
        let before = lines().len();
        match fault {
            Some(fault) => server.set_fault(fault),
            None => server.clear_faults(),
        }
        everything(&auth, &pair, &personal).await;
        let is_told = lines()[before..]
            .iter()
            .any(|(level, line)| *level == Level::WARN && line.contains("rpc.method"));
        assert_eq!(is_told, is_fault);
    }
    server.set_fault(Fault::Hang);
    everything(&impatient, &pair, &personal).await;
    server.go_away();
    // It breaks the connection that stands, of which a call may still tell.
    everything(&auth, &pair, &personal).await;
    let before = lines().len();
    for _ in 0..10 {
        everything(&auth, &pair, &personal).await;
    }
    let told = lines()[before..].iter().any(|(level, line)| {
        *level == Level::WARN && (line.contains("rpc.method") || line.contains("cannot connect"))
    });
    assert!(!told, "the connection tells it once");

    let lines = lines();
    assert!(lines.len() > 100, "libraries are heard too");
    for secret in secrets {
        // A token in pieces is as bad.
        for piece in secret.split(['.', '_']).filter(|piece| piece.len() > 20) {
            let leak = lines.iter().find(|(_, line)| line.contains(piece));
            assert_eq!(leak, None);
        }
    }
    for (_, line) in lines.iter().filter(|(_, line)| line.contains("rpc.method")) {
        assert!(line.len() < 1000, "{line}");
    }
}

/// Tokens that the service takes, made without asking it.
fn sign(server: &AuthServer) -> TokenPair {
    let now = FixedClock::START.unix_timestamp();
    let claims = |kind: u8| {
        let claims = serde_json::json!({
            "exp": now + 600,
            "iat": now,
            "iss": "magistrala.auth",
            "jti": "session",
            "role": 1,
            "sub": ada().as_str(),
            "type": kind,
            "verified": true,
        });
        BearerToken::new(server.sign(&claims.to_string()))
    };
    TokenPair {
        access: claims(0),
        refresh: claims(1),
    }
}

/// Keeps every line and every span of the program.
struct Listener;

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        keep(*span.metadata().level(), |line| span.record(line));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        keep(Level::TRACE, |line| values.record(line));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        keep(*event.metadata().level(), |line| event.record(line));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn keep(level: Level, record: impl FnOnce(&mut Line)) {
    let mut line = Line::default();
    record(&mut line);
    let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    lines.push((level, line.0));
}

/// The fields of a line, one after the other.
#[derive(Default)]
struct Line(String);

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        // As it stands, not quoted.
        let _ = write!(self.0, "{field}={value} ");
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, "{field}={value:?} ");
    }
}
