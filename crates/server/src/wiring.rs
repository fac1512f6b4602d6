//! Which adapter serves which port: with the stores below it, the only place here that names
//! adapters.

mod neighbour;
mod platform;
pub mod store;

use std::sync::Arc;

use futures::future::BoxFuture;
use users_auth_embedded::{EmbeddedAuth, EmbeddedAuthSettings, KeyError};
use users_auth_grpc::DomainsGrpc;
use users_domain::authorization::AccessPolicy;
use users_domain::model::PasswordPolicy;
use users_domain::ports::{
    Clock, Entropy, EventPublisher, Mailer, Platform, PlatformAuthority, Ports, PublishedKeys,
    ReadEvents, RefreshTokenStore, TokenIssuer, TokenVerifier,
};
use users_domain::{Settings, Users};
use users_password::{BcryptHasher, HasherSettings};
use users_smtp::{Announce, FileMailer, LinkPrefix, Links, LogMailer, Renderer, Templates};
use users_system::{BoundedReadEvents, LogPublisher, SystemClock, SystemEntropy};

use crate::config::{
    AuthSettings, Config, GrpcClientSettings, MailKind, MailSettings, PasswordSettings,
    PlatformSettings,
};
use crate::telemetry::samples::Sample;

pub use neighbour::Neighbour;
use platform::Around;
pub use store::OpenedStore;

/// Read events published in one go.
const READ_EVENTS_BATCH: usize = 100;

/// The services over their adapters, and what the rest of the program needs of these.
pub struct Wired {
    /// What the world may ask.
    pub users: Users,
    /// The public keys to show; `None`: another service issues tokens and shows its own.
    pub keys: Option<Arc<dyn PublishedKeys>>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Where accounts, outbox and sessions are kept.
    pub store: OpenedStore,
    /// Publishes noted reads that wait.
    pub publish_read_events: PublishReadEvents,
    /// The platform's other services that are asked how they are.
    pub neighbours: Vec<Neighbour>,
    /// What the adapters say about themselves, for the metrics.
    pub samples: Vec<Sample>,
}

/// Publishes some of the noted reads that wait, and says whether more may wait.
pub type PublishReadEvents = Arc<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>;

/// Why the adapters could not be brought up.
#[derive(Debug, thiserror::Error)]
pub enum WiringError {
    /// The SQLite file.
    #[error(transparent)]
    Sqlite(#[from] users_sqlite::OpenError),
    /// The Postgres database.
    #[error(transparent)]
    Postgres(#[from] users_postgres::OpenError),
    /// The key that signs tokens.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The settings of the auth service's gRPC server.
    #[error("MG_AUTH_GRPC_*: {0}")]
    AuthService(#[source] users_auth_grpc::OpenError),
    /// The address of the auth service's keys.
    #[error("MG_AUTH_JWKS_URL: {0}")]
    Jwks(#[source] users_auth_grpc::JwksSettingsError),
    /// The settings of the domains service's gRPC server.
    #[error("MG_DOMAINS_GRPC_*: {0}")]
    Domains(#[source] users_auth_grpc::OpenError),
    /// The settings of SpiceDB.
    #[error(transparent)]
    SpiceDb(users_spicedb::OpenError),
    /// The hasher's threads.
    #[error("cannot start the threads that hash passwords: {0}")]
    Hasher(#[source] std::io::Error),
    /// A template of mails.
    #[error(transparent)]
    Template(#[from] users_smtp::TemplateError),
    /// The folder of mails.
    #[error(transparent)]
    MailFolder(#[from] users_smtp::OpenError),
    /// The service's own address, as links would begin with it.
    #[error(
        "no link can begin with this service's own address {url}: {reason}; set \
             MG_VERIFICATION_URL_PREFIX and MG_PASSWORD_RESET_URL_PREFIX"
    )]
    OwnAddress {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The pattern of passwords.
    #[error("MG_USERS_PASS_REGEX cannot be used: {0}")]
    PasswordPattern(String),
}

/// Says once for the whole process who does the cryptography of TLS.
fn cryptography() {
    // Refused where somebody in the process was first: then there is one, as is wanted.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// Opens every adapter as the settings say.
///
/// `own_url` is where the service is reached, for the links in mails; `announce` is told of every
/// mail that lies in a file. Blocks while it reads and writes files, and waits for nothing that is
/// elsewhere: see [`store::StoreTechnology::prepare`]. Call it where a tokio runtime is at hand.
pub fn open(config: &Config, own_url: &str, announce: Arc<Announce>) -> Result<Wired, WiringError> {
    cryptography();
    let clock = clock();
    let entropy = entropy();
    let store = store::open(config, clock.clone())?;
    let mut around = Around::default();
    let tokens = match &config.platform.auth {
        Some(service) => platform::tokens(service, clock.clone(), entropy.clone(), &mut around)?,
        None => embedded(
            &config.auth,
            store.sessions.clone(),
            clock.clone(),
            entropy.clone(),
        )?,
    };
    let around_us = platform(
        &config.platform,
        tokens.authority,
        entropy.clone(),
        &mut around,
    )?;
    let hasher = hasher(&config.passwords)?;
    let mailer = mailer(&config.mail, own_url, announce)?;
    let publisher = publisher();
    let read_events = Arc::new(BoundedReadEvents::default());
    let mut samples = store.technology.samples();
    samples.extend(own_samples(&hasher, &read_events));
    samples.extend(around.samples);
    let ports = Ports {
        users: store.users.clone(),
        transfer: store.transfer.clone(),
        outbox: store.outbox.clone(),
        issuer: tokens.issuer,
        verifier: tokens.verifier,
        hasher,
        mailer,
        publisher: publisher.clone(),
        read_events: read_events.clone(),
        platform: around_us,
        clock: clock.clone(),
        entropy: entropy.clone(),
    };
    Ok(Wired {
        users: Users::new(ports, settings(config)?),
        keys: tokens.keys,
        clock,
        entropy,
        store,
        publish_read_events: publish_read_events(read_events, publisher),
        neighbours: around.neighbours,
        samples,
    })
}

/// The platform's other services that can be asked how they are. Asks none of them. Call it where a
/// tokio runtime is at hand.
pub fn neighbours(config: &Config) -> Result<Vec<Neighbour>, WiringError> {
    cryptography();
    let (clock, entropy) = (clock(), entropy());
    let mut around = Around::default();
    if let Some(service) = &config.platform.auth {
        platform::tokens(service, clock, entropy.clone(), &mut around)?;
    }
    platform(&config.platform, None, entropy, &mut around)?;
    Ok(around.neighbours)
}

/// The domains service by itself, to see whether it answers. Calls nothing. Call it where a tokio
/// runtime is at hand.
pub fn domains_to_look_at(settings: &GrpcClientSettings) -> Result<Arc<DomainsGrpc>, WiringError> {
    cryptography();
    platform::domains(settings, entropy(), &mut Around::default())
}

/// Whether the key that signs tokens is there; an error if it cannot be used. Changes nothing.
pub fn check_signing_key(settings: &AuthSettings) -> Result<bool, WiringError> {
    Ok(users_auth_embedded::check_key(&settings.key_path)?)
}

/// Whether the templates of mails can be read and used. Changes nothing.
pub fn check_mail_templates(settings: &MailSettings) -> Result<(), WiringError> {
    templates(settings).map(drop)
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

fn entropy() -> Arc<dyn Entropy> {
    Arc::new(SystemEntropy::new())
}

/// Who issues tokens, who verifies them, who has a say in who administers, and the keys to show.
struct Tokens {
    issuer: Arc<dyn TokenIssuer>,
    verifier: Arc<dyn TokenVerifier>,
    authority: Option<Arc<dyn PlatformAuthority>>,
    keys: Option<Arc<dyn PublishedKeys>>,
}

/// Tokens of this process.
fn embedded(
    settings: &AuthSettings,
    sessions: Arc<dyn RefreshTokenStore>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Tokens, WiringError> {
    let settings = EmbeddedAuthSettings {
        access_ttl: settings.access_token_ttl,
        refresh_ttl: settings.refresh_token_ttl,
        ..EmbeddedAuthSettings::new(settings.key_path.clone())
    };
    let auth = EmbeddedAuth::open(settings, sessions, clock, entropy)?;
    let auth = Arc::new(auth);
    Ok(Tokens {
        issuer: auth.clone(),
        verifier: auth.clone(),
        authority: None,
        keys: Some(auth),
    })
}

fn platform(
    settings: &PlatformSettings,
    authority: Option<Arc<dyn PlatformAuthority>>,
    entropy: Arc<dyn Entropy>,
    around: &mut Around,
) -> Result<Platform, WiringError> {
    let mut platform = Platform {
        authority,
        ..Platform::default()
    };
    if let Some(settings) = &settings.spicedb {
        platform.relations = Some(platform::relations(settings, around)?);
    }
    if let Some(settings) = &settings.domains {
        platform.domains = Some(platform::domains(settings, entropy, around)?);
    }
    Ok(platform)
}

fn hasher(settings: &PasswordSettings) -> Result<Arc<BcryptHasher>, WiringError> {
    let settings = HasherSettings::with_threads(settings.hash_threads.get());
    let hasher = BcryptHasher::start(settings).map_err(WiringError::Hasher)?;
    Ok(Arc::new(hasher))
}

fn mailer(
    settings: &MailSettings,
    own_url: &str,
    announce: Arc<Announce>,
) -> Result<Arc<dyn Mailer>, WiringError> {
    // A broken template stops the start, whatever becomes of the mails.
    let templates = templates(settings)?;
    let own_page = |path: &str| {
        let url = format!("{own_url}{path}");
        LinkPrefix::parse(&url).map_err(|error| WiringError::OwnAddress {
            url,
            reason: error.to_string(),
        })
    };
    let or_own_page = |prefix: &Option<LinkPrefix>, path| match prefix {
        Some(prefix) => Ok(prefix.clone()),
        None => own_page(path),
    };
    let links = Links {
        verification: or_own_page(&settings.verification_url_prefix, "/verify-email")?,
        reset: or_own_page(&settings.reset_url_prefix, "/password/reset")?,
    };
    let renderer = Renderer::new(settings.sender.clone(), links, templates);
    Ok(match settings.kind {
        // `MailSettings::check_supported` keeps the first from getting here.
        MailKind::Smtp | MailKind::Log => Arc::new(LogMailer),
        MailKind::File => Arc::new(FileMailer::open(&settings.folder, renderer, announce)?),
    })
}

fn templates(settings: &MailSettings) -> Result<Templates, WiringError> {
    let verification = settings.verification_template.as_deref();
    let reset = settings.reset_template.as_deref();
    Ok(Templates::load(verification, reset)?)
}

fn publisher() -> Arc<dyn EventPublisher> {
    Arc::new(LogPublisher)
}

fn publish_read_events(
    notes: Arc<BoundedReadEvents>,
    publisher: Arc<dyn EventPublisher>,
) -> PublishReadEvents {
    Arc::new(move || {
        let (notes, publisher) = (notes.clone(), publisher.clone());
        Box::pin(async move {
            let count = notes.publish_due(&*publisher, READ_EVENTS_BATCH).await;
            count == READ_EVENTS_BATCH
        })
    })
}

fn settings(config: &Config) -> Result<Settings, WiringError> {
    let password_policy = PasswordPolicy::parse(&config.passwords.pattern)
        .map_err(|error| WiringError::PasswordPattern(error.to_string()))?;
    Ok(Settings {
        access: AccessPolicy {
            self_registration: config.accounts.allow_self_register,
            unverified_users: config.accounts.allow_unverified_user,
        },
        password_policy,
        verification_code_ttl: config.mail.verification_code_ttl,
        reset_code_ttl: config.mail.reset_code_ttl,
        delete_after: config.accounts.delete_after,
    })
}

fn own_samples(hasher: &Arc<BcryptHasher>, read_events: &Arc<BoundedReadEvents>) -> Vec<Sample> {
    let of_hasher = |read: fn(users_password::HasherStats) -> u64| {
        let hasher = hasher.clone();
        move || read(hasher.stats())
    };
    let dropped = {
        let read_events = read_events.clone();
        move || read_events.dropped()
    };
    vec![
        Sample::gauge(
            "users_password_queue_depth",
            "Passwords that wait to be hashed or compared.",
            of_hasher(|stats| stats.queue_depth as u64),
        ),
        Sample::counter(
            "users_password_refused_total",
            "Passwords that were refused because too many waited.",
            of_hasher(|stats| stats.refused),
        ),
        Sample::counter(
            "users_read_events_dropped_total",
            "Notes of reads and failed logins that were dropped because too many waited.",
            dropped,
        ),
    ]
}
