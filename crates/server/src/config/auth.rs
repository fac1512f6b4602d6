//! Settings of the tokens that users log in for.

use std::path::PathBuf;
use std::time::Duration;

use super::kind;
use super::reader::Reader;
use super::variable::{Entry, Kind, Preset, Section, Variable};

/// Who issues and verifies tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthKind {
    /// The platform's auth service, over gRPC.
    Grpc,
    /// This process.
    Embedded,
}

const AUTH_KIND: Kind<AuthKind> = Kind {
    name: "choice",
    expected: "grpc or embedded",
    parse: |text| match text {
        "grpc" => Ok(AuthKind::Grpc),
        "embedded" => Ok(AuthKind::Embedded),
        _ => Err(None),
    },
};

static AUTH: Variable<AuthKind> = Variable::new(
    "MG_USERS_AUTH",
    AUTH_KIND,
    Preset::Value("grpc"),
    "Who issues and verifies tokens: `grpc`, the platform's auth service, or `embedded`, this \
     process.",
)
.in_dev(Preset::Value("embedded"));

pub(super) static KEY_PATH: Variable<PathBuf> = Variable::new(
    "MG_USERS_AUTH_KEY_PATH",
    kind::PATH,
    Preset::Value("./data/auth-key.pem"),
    "The Ed25519 private key (PEM) that signs embedded tokens, made at the first start, readable \
     by its owner only. Who has it can log in as anybody. `dev --data DIR` puts it into that \
     folder.",
);

static ACCESS_TOKEN_TTL: Variable<Duration> = Variable::new(
    "MG_USERS_ACCESS_TOKEN_TTL",
    kind::LIFETIME,
    Preset::Value("1h"),
    "How long an embedded access token is valid.",
);

static REFRESH_TOKEN_TTL: Variable<Duration> = Variable::new(
    "MG_USERS_REFRESH_TOKEN_TTL",
    kind::LIFETIME,
    Preset::Value("24h"),
    "How long an embedded refresh token is valid; each refresh gives a new one.",
);

pub(super) static SECTION: Section = Section {
    title: "Tokens",
    entries: &[
        &AUTH.entry,
        &KEY_PATH.entry,
        &ACCESS_TOKEN_TTL.entry,
        &REFRESH_TOKEN_TTL.entry,
    ],
};

/// What nothing looks at where another service issues tokens.
pub(super) fn of_embedded() -> impl Iterator<Item = &'static Entry> {
    SECTION.entries.iter().copied().skip(1)
}

/// Who issues tokens, and how.
#[derive(Clone, Debug)]
pub struct AuthSettings {
    /// Who issues and verifies them.
    pub kind: AuthKind,
    /// The private key that signs embedded tokens.
    pub key_path: PathBuf,
    /// How long an embedded access token is valid; at least a second.
    pub access_token_ttl: Duration,
    /// How long an embedded refresh token is valid; at least a second.
    pub refresh_token_ttl: Duration,
}

impl AuthSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let kind = reader.required(&AUTH);
        let key_path = reader.required(&KEY_PATH);
        let access_token_ttl = reader.required(&ACCESS_TOKEN_TTL);
        let refresh_token_ttl = reader.required(&REFRESH_TOKEN_TTL);
        Some(Self {
            kind: kind?,
            key_path: key_path?,
            access_token_ttl: access_token_ttl?,
            refresh_token_ttl: refresh_token_ttl?,
        })
    }
}
