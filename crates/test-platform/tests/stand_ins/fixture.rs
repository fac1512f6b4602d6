//! A platform, and clients of its services.

use std::fmt::Write as _;
use std::sync::Arc;

use prost::Message;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use users_domain::model::UserId;
use users_proto::auth::v1::auth_service_client::AuthServiceClient;
use users_proto::authzed::api::v1::permissions_service_client::PermissionsServiceClient;
use users_proto::domains::v1::domains_service_client::DomainsServiceClient;
use users_proto::token::v1::token_service_client::TokenServiceClient;
use users_test_platform::{AuthOptions, Platform, PlatformOptions, Wire};
use users_testkit::fakes::{FixedClock, MemoryStore, SeededEntropy};

/// Somebody whom the platform knows as a member.
pub(crate) const ADA: &str = "5b0a3c1e-6f57-4f0e-8f1c-2d9a1b3c4d5e";
/// Somebody whom it knows as an administrator.
pub(crate) const ROOT: &str = "0e8d9f4a-1b2c-4d3e-9f5a-6b7c8d9e0f1a";
/// Somebody whom it does not know.
pub(crate) const NOBODY: &str = "c0ffee00-1234-4321-8888-999900001111";

pub(crate) struct Fixture {
    pub(crate) platform: Platform,
    pub(crate) clock: FixedClock,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    pub(crate) fn with(change: impl FnOnce(&mut PlatformOptions)) -> Self {
        let clock = FixedClock::new();
        let mut options = PlatformOptions {
            auth: AuthOptions {
                clock: Arc::new(clock.clone()),
                entropy: Arc::new(SeededEntropy::new(1)),
                sessions: Arc::new(MemoryStore::new(Arc::new(clock.clone()))),
                ..AuthOptions::default()
            },
            ..PlatformOptions::default()
        };
        change(&mut options);
        let platform = Platform::start(options).unwrap();
        platform.spicedb.relate("member", ADA);
        platform.spicedb.relate("member", ROOT);
        platform.spicedb.relate("administrator", ROOT);
        Self { platform, clock }
    }

    pub(crate) fn tokens(&self) -> TokenServiceClient<Channel> {
        TokenServiceClient::new(channel(&self.platform.auth))
    }

    pub(crate) fn rights(&self) -> AuthServiceClient<Channel> {
        AuthServiceClient::new(channel(&self.platform.auth))
    }

    pub(crate) fn domains(&self) -> DomainsServiceClient<Channel> {
        DomainsServiceClient::new(channel(&self.platform.domains))
    }

    pub(crate) fn permissions(&self) -> PermissionsServiceClient<Channel> {
        PermissionsServiceClient::new(channel(&self.platform.spicedb))
    }
}

/// A channel in clear text that connects at its first call.
pub(crate) fn channel(server: &Wire) -> Channel {
    let url = format!("http://{}", server.host_and_port());
    Endpoint::from_shared(url).unwrap().connect_lazy()
}

/// The request with SpiceDB's key.
pub(crate) fn with_key<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    let bearer = "Bearer 12345678".parse().unwrap();
    request.metadata_mut().insert("authorization", bearer);
    request
}

/// A message from its bytes as hex; spaces are left out.
pub(crate) fn message<M: Message + Default>(hex: &str) -> M {
    M::decode(bytes(hex).as_slice()).unwrap()
}

/// The bytes of a text as hex.
pub(crate) fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|digit| u8::try_from(char::from(digit).to_digit(16).unwrap()).unwrap())
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

pub(crate) fn user(id: &str) -> UserId {
    UserId::from_stored(id.to_owned())
}

pub(crate) fn assert_refused<T>(answer: Result<T, Status>, code: Code, text: &str) {
    let status = answer.err().unwrap();
    assert_eq!((status.code(), status.message()), (code, text));
}
