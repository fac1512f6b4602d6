//! Which adapter serves which port: with the stores below it, the only place here that names
//! adapters.

pub mod store;

use std::sync::Arc;

use futures::future::BoxFuture;
use users_auth_embedded::{EmbeddedAuth, EmbeddedAuthSettings, KeyError};
use users_domain::authorization::AccessPolicy;
use users_domain::model::PasswordPolicy;
use users_domain::ports::{
    Clock, Entropy, EventPublisher, Mailer, Platform, Ports, PublishedKeys, ReadEvents,
    RefreshTokenStore,
};
use users_domain::{Settings, Users};
use users_password::{BcryptHasher, HasherSettings};
use users_smtp::{Announce, FileMailer, LinkPrefix, Links, LogMailer, Renderer, Templates};
use users_system::{BoundedReadEvents, LogPublisher, SystemClock, SystemEntropy};

use crate::config::{AuthSettings, Config, MailKind, MailSettings, PasswordSettings};
use crate::telemetry::samples::Sample;

pub use store::OpenedStore;

/// Read events published in one go.
const READ_EVENTS_BATCH: usize = 100;

/// The services over their adapters, and what the rest of the program needs of these.
pub struct Wired {
    /// What the world may ask.
    pub users: Users,
    /// The public keys to show.
    pub keys: Arc<dyn PublishedKeys>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Where accounts, outbox and sessions are kept.
    pub store: OpenedStore,
    /// Publishes noted reads that wait.
    pub publish_read_events: PublishReadEvents,
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

/// Opens every adapter as the settings say.
///
/// `own_url` is where the service is reached, for the links in mails; `announce` is told of every
/// mail that lies in a file. Blocks while it reads and writes files, and waits for nothing that is
/// elsewhere: see [`store::StoreTechnology::prepare`]. Call it where a tokio runtime is at hand.
pub fn open(config: &Config, own_url: &str, announce: Arc<Announce>) -> Result<Wired, WiringError> {
    let clock = clock();
    let entropy = entropy();
    let store = store::open(config, clock.clone())?;
    let auth = auth(
        &config.auth,
        store.sessions.clone(),
        clock.clone(),
        entropy.clone(),
    )?;
    let hasher = hasher(&config.passwords)?;
    let mailer = mailer(&config.mail, own_url, announce)?;
    let publisher = publisher();
    let read_events = Arc::new(BoundedReadEvents::default());
    let mut samples = store.technology.samples();
    samples.extend(own_samples(&hasher, &read_events));
    let ports = Ports {
        users: store.users.clone(),
        transfer: store.transfer.clone(),
        outbox: store.outbox.clone(),
        issuer: auth.clone(),
        verifier: auth.clone(),
        hasher,
        mailer,
        publisher: publisher.clone(),
        read_events: read_events.clone(),
        platform: Platform::default(),
        clock: clock.clone(),
        entropy: entropy.clone(),
    };
    Ok(Wired {
        users: Users::new(ports, settings(config)?),
        keys: auth,
        clock,
        entropy,
        store,
        publish_read_events: publish_read_events(read_events, publisher),
        samples,
    })
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

fn auth(
    settings: &AuthSettings,
    sessions: Arc<dyn RefreshTokenStore>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Arc<EmbeddedAuth>, WiringError> {
    let settings = EmbeddedAuthSettings {
        access_ttl: settings.access_token_ttl,
        refresh_ttl: settings.refresh_token_ttl,
        ..EmbeddedAuthSettings::new(settings.key_path.clone())
    };
    let auth = EmbeddedAuth::open(settings, sessions, clock, entropy)?;
    Ok(Arc::new(auth))
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
