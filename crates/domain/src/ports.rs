//! What the domain needs from the world.
//!
//! The documentation of each trait is its contract; `users-testkit` checks every sentence of it on
//! every adapter. These hold for all of them:
//!
//! - Every port may be called from any tokio runtime, a current-thread one too, and from another
//!   than the one that opened the adapter.
//! - Dropping a call's future leaves the operation wholly done or wholly undone.
//! - Every wait is bounded; what is away answers `Unavailable`.
//! - An adapter logs its driver's error and keeps it out of what it returns to callers.

use std::sync::Arc;

mod clock;
mod domains;
mod entropy;
mod event_publisher;
mod mailer;
mod outbox;
mod password_hasher;
mod platform_authority;
mod platform_error;
mod platform_relations;
mod published_keys;
mod read_events;
mod refresh_token_store;
mod store_error;
mod token_issuer;
mod token_verifier;
mod user_store;
mod user_transfer;

pub use clock::Clock;
pub use domains::Domains;
pub use entropy::{Entropy, uuid_v4, uuid_v7};
pub use event_publisher::{EventPublisher, PublishError};
pub use mailer::{MailError, Mailer};
pub use outbox::{Claim, Fence, LEASE, LeaseHolder, Outbox, OutboxDepth, OutboxItem, OutboxItemId};
pub use password_hasher::{HashRefusal, HasherError, PasswordHasher, Verdict};
pub use platform_authority::PlatformAuthority;
pub use platform_error::PlatformError;
pub use platform_relations::PlatformRelations;
pub use published_keys::PublishedKeys;
pub use read_events::ReadEvents;
pub use refresh_token_store::{RefreshTokenStore, Rotation};
pub use store_error::StoreError;
pub use token_issuer::{IssueToken, ROTATION_GRACE, RefreshToken, TokenError, TokenIssuer};
pub use token_verifier::TokenVerifier;
pub use user_store::{
    Decide, DecidePurge, DecideWithCode, MAX_FOUND_AT_ONCE, MAX_LOGIN_CANDIDATES, UserStore,
};
pub use user_transfer::{ImportMode, UserImport, UserTransfer};

#[cfg(feature = "mock")]
pub use {
    clock::MockClock, domains::MockDomains, entropy::MockEntropy,
    event_publisher::MockEventPublisher, mailer::MockMailer, outbox::MockOutbox,
    password_hasher::MockPasswordHasher, platform_authority::MockPlatformAuthority,
    platform_relations::MockPlatformRelations, published_keys::MockPublishedKeys,
    read_events::MockReadEvents, refresh_token_store::MockRefreshTokenStore,
    token_issuer::MockTokenIssuer, token_verifier::MockTokenVerifier, user_store::MockUserStore,
};

/// One adapter for each port: what [`crate::Users`] is made of.
#[derive(Clone)]
pub struct Ports {
    /// Keeps accounts.
    pub users: Arc<dyn UserStore>,
    /// Gives accounts out in bulk, and takes them in.
    pub transfer: Arc<dyn UserTransfer>,
    /// Keeps what must leave the process.
    pub outbox: Arc<dyn Outbox>,
    /// Issues tokens.
    pub issuer: Arc<dyn TokenIssuer>,
    /// Verifies tokens.
    pub verifier: Arc<dyn TokenVerifier>,
    /// Hashes and verifies passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Writes to people.
    pub mailer: Arc<dyn Mailer>,
    /// Tells the platform.
    pub publisher: Arc<dyn EventPublisher>,
    /// Notes that something was looked at.
    pub read_events: Arc<dyn ReadEvents>,
    /// The platform around the service.
    pub platform: Platform,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// What there is of a platform around the service. By default nothing: then the accounts say who
/// administers, and nobody else need be told of them.
#[derive(Clone, Default)]
pub struct Platform {
    /// Keeps what other services know users as.
    pub relations: Option<Arc<dyn PlatformRelations>>,
    /// Has a say in who administers.
    pub authority: Option<Arc<dyn PlatformAuthority>>,
    /// Has domains that users are members of.
    pub domains: Option<Arc<dyn Domains>>,
}
