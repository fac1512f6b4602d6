//! Settings of the platform's auth service.

use std::time::Duration;

use url::Url;

use crate::config::grpc_client::{self, Address, GrpcClientSettings, Variables};
use crate::config::kind;
use crate::config::pem::PEM;
use crate::config::reader::Reader;
use crate::config::variable::{Entry, Kind, Preset, Section, Variable};

/// Where the deployed auth service publishes its keys.
const DEPLOYED_JWKS_URL: &str = "http://auth:9001/keys/.well-known/jwks.json";

/// Where keys are published: an http or https URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JwksUrl(Url);

impl JwksUrl {
    fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        // A name and a password would stand in every line of the log that tells where.
        let is_plain = url.username().is_empty() && url.password().is_none();
        let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
        (is_plain && is_web).then_some(Self(url))
    }

    /// The URL.
    pub fn as_url(&self) -> &Url {
        &self.0
    }
}

const JWKS_URL_KIND: Kind<JwksUrl> = Kind {
    name: "URL",
    expected: "an http or https URL such as http://auth:9001/keys/.well-known/jwks.json",
    parse: |text| JwksUrl::parse(text).ok_or(None),
};

/// Whether the keys of tokens are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeysAlgorithm {
    /// They are secret: only who issues tokens can verify them.
    Symmetric,
    /// Anybody can verify tokens with the published ones.
    EdDsa,
}

const KEYS_ALGORITHM_KIND: Kind<KeysAlgorithm> = Kind {
    name: "choice",
    expected: "EdDSA, HS256, HS384 or HS512, as the auth service has it",
    parse: |text| match text {
        "EdDSA" => Ok(KeysAlgorithm::EdDsa),
        "HS256" | "HS384" | "HS512" => Ok(KeysAlgorithm::Symmetric),
        // The deployed services have it as their default and refuse it.
        "RS256" => Err(Some("the auth service cannot sign with RS256".to_owned())),
        _ => Err(None),
    },
};

pub(super) static URL: Variable<Address> = Variable::new(
    "MG_AUTH_GRPC_URL",
    grpc_client::ADDRESS,
    Preset::Value("localhost:8181"),
    "Host and port of the auth service's gRPC server, which issues and verifies tokens with \
     `MG_USERS_AUTH=grpc`.",
);

static TLS: Variables = Variables {
    certificate: Variable::new(
        "MG_AUTH_GRPC_CLIENT_CERT",
        PEM,
        Preset::Unset("none"),
        "The certificate that is shown to the auth service, its chain behind it: a PEM file or the \
         text itself. It needs the key, and switches TLS on.",
    ),
    key: Variable::new(
        "MG_AUTH_GRPC_CLIENT_KEY",
        PEM,
        Preset::Unset("none"),
        "That certificate's private key: a PEM file or the text itself.",
    )
    .secret(),
    authorities: Variable::new(
        "MG_AUTH_GRPC_SERVER_CA_CERTS",
        PEM,
        Preset::Unset("the system's, where TLS is on"),
        "The authorities that may have signed the auth service's certificate, which must name the \
         host: a PEM file or the text itself. It switches TLS on; without this and a certificate the \
         connection is plain.",
    ),
};

static TIMEOUT: Variable<Duration> = Variable::new(
    "MG_AUTH_GRPC_TIMEOUT",
    kind::POSITIVE_DURATION,
    Preset::Value("1s"),
    "How long a call to the auth service or to SpiceDB may take, the latter 5 s at most, and fetching \
     the published keys, 10 s at most; then the service is away, and what needs it is answered 503.",
);

static KEYS_ALGORITHM: Variable<KeysAlgorithm> = Variable::new(
    "MG_AUTH_KEYS_ALGORITHM",
    KEYS_ALGORITHM_KIND,
    Preset::Unset("`EdDSA` if `MG_AUTH_JWKS_URL` is set, else the auth service is asked"),
    "How the auth service signs tokens: with `EdDSA` they are verified in this process with its \
     published keys, with `HS256`, `HS384` or `HS512` it is asked for each. Personal access tokens \
     are always asked for.",
);

pub(super) static JWKS_URL: Variable<JwksUrl> = Variable::new(
    "MG_AUTH_JWKS_URL",
    JWKS_URL_KIND,
    Preset::Unset(
        "`http://auth:9001/keys/.well-known/jwks.json` with `MG_AUTH_KEYS_ALGORITHM=EdDSA`",
    ),
    "Where the auth service publishes the keys of its tokens. Whoever can answer there can log in as \
     anybody: outside of a network of your own, use https, for which the system's authorities hold.",
);

pub(super) static SECTION: Section = Section {
    title: "Auth service",
    entries: &[
        &URL.entry,
        &TIMEOUT.entry,
        &TLS.certificate.entry,
        &TLS.key.entry,
        &TLS.authorities.entry,
        &KEYS_ALGORITHM.entry,
        &JWKS_URL.entry,
    ],
};

/// What nothing looks at where this process issues tokens. Its time limit is SpiceDB's, too.
pub(super) fn without_effect_if_embedded(spicedb: bool) -> impl Iterator<Item = &'static Entry> {
    let entries = SECTION.entries.iter().copied();
    entries.filter(move |entry| !spicedb || entry.name != TIMEOUT.entry.name)
}

/// How the auth service is reached, and how its tokens are verified.
#[derive(Clone, Debug)]
pub struct AuthServiceSettings {
    /// Its gRPC server.
    pub grpc: GrpcClientSettings,
    /// Where it publishes the keys of its tokens; `None`: it does not, so it is asked.
    pub jwks_url: Option<JwksUrl>,
}

/// Files are looked at only if the service `is_used`.
pub(super) fn read(reader: &mut Reader, is_used: bool) -> Option<AuthServiceSettings> {
    let address = reader.required(&URL);
    let timeout = reader.required(&TIMEOUT);
    let tls = if is_used { TLS.read(reader) } else { None };
    let algorithm = reader.optional(&KEYS_ALGORITHM);
    let url = reader.optional(&JWKS_URL);
    let jwks_url = match (algorithm, url) {
        (Some(KeysAlgorithm::Symmetric), _) | (None, None) => None,
        (Some(KeysAlgorithm::EdDsa), None) => JwksUrl::parse(DEPLOYED_JWKS_URL),
        (_, Some(url)) => Some(url),
    };
    Some(AuthServiceSettings {
        grpc: GrpcClientSettings {
            address: address?,
            timeout: timeout?,
            tls,
        },
        jwks_url,
    })
}
