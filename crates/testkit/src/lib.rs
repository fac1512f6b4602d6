//! What tests of anything around users need: a fake and a contract suite for every port, mocks,
//! faults and people.
//!
//! - [`fakes`] keep the contracts, in memory, and let a test look inside; [`Fakes`] is a whole
//!   [`Users`] on them.
//! - [`people`] are accounts and callers that a sentence can name: `ada()`, `an_admin("root")`.
//! - [`mocks`] say "never called" and check arguments.
//! - [`faults`] make a port slow, failing, or lose its answers, as a seed decides.
//! - [`contract`] is the real definition of each port, to be run on every adapter.
//!
//! State belongs to fakes, failures to faults, "never" to mocks.

use std::sync::Arc;

use users_domain::ports::{Clock, Platform, Ports};
use users_domain::{Settings, Users};

pub mod contract;
pub mod fakes;
pub mod faults;
pub mod people;

use fakes::{
    FakeTokens, FixedClock, MemoryStore, PlainHasher, RecordingMailer, RecordingPublisher,
    RecordingReadEvents, SeededEntropy,
};

/// Mocks of the ports; their expectations are checked when they are dropped.
pub mod mocks {
    pub use users_domain::ports::{
        MockDomains, MockEventPublisher, MockMailer, MockOutbox, MockPasswordHasher,
        MockPlatformAuthority, MockPlatformRelations, MockPublishedKeys, MockReadEvents,
        MockRefreshTokenStore, MockTokenIssuer, MockTokenVerifier, MockUserStore,
    };
}

/// One fake for each port, all of them on one clock, one seed and one store.
///
/// ```
/// use users_domain::model::{Caller, RequestContext};
/// use users_testkit::{Fakes, people};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let fakes = Fakes::new();
/// let context = RequestContext::default();
/// let made = fakes
///     .users()
///     .registration
///     .create(&context, &Caller::Anonymous, people::new_user("ada"))
///     .await
///     .unwrap();
/// assert_eq!(fakes.store.users(), [made]);
/// # });
/// ```
#[derive(Clone)]
pub struct Fakes {
    /// Tells the time that a test sets.
    pub clock: FixedClock,
    /// The same chance in every run.
    pub entropy: SeededEntropy,
    /// Accounts, codes, outbox and sessions.
    pub store: MemoryStore,
    /// Issues and verifies readable tokens.
    pub tokens: FakeTokens,
    /// Keeps passwords readable and counts comparisons.
    pub hasher: PlainHasher,
    /// Keeps what was mailed.
    pub mailer: RecordingMailer,
    /// Keeps what was published.
    pub publisher: RecordingPublisher,
    /// Keeps what was noted.
    pub read_events: RecordingReadEvents,
}

impl Fakes {
    /// Fakes of the first seed.
    pub fn new() -> Self {
        Self::seeded(1)
    }

    /// Fakes whose ids and tokens follow from a seed.
    pub fn seeded(seed: u64) -> Self {
        let clock = FixedClock::new();
        let entropy = SeededEntropy::new(seed);
        let shared_clock: Arc<dyn Clock> = Arc::new(clock.clone());
        let store = MemoryStore::new(shared_clock.clone());
        let tokens = FakeTokens::new(
            Arc::new(store.clone()),
            shared_clock,
            Arc::new(entropy.clone()),
        );
        Self {
            clock,
            entropy,
            store,
            tokens,
            hasher: PlainHasher::new(),
            mailer: RecordingMailer::new(),
            publisher: RecordingPublisher::new(),
            read_events: RecordingReadEvents::new(),
        }
    }

    /// The fakes as ports; a test replaces single ones by mocks or faulty ones.
    pub fn ports(&self) -> Ports {
        Ports {
            users: Arc::new(self.store.clone()),
            transfer: Arc::new(self.store.clone()),
            outbox: Arc::new(self.store.clone()),
            issuer: Arc::new(self.tokens.clone()),
            verifier: Arc::new(self.tokens.clone()),
            hasher: Arc::new(self.hasher.clone()),
            mailer: Arc::new(self.mailer.clone()),
            publisher: Arc::new(self.publisher.clone()),
            read_events: Arc::new(self.read_events.clone()),
            platform: Platform::default(),
            clock: Arc::new(self.clock.clone()),
            entropy: Arc::new(self.entropy.clone()),
        }
    }

    /// The services as an operator who sets nothing gets them.
    pub fn users(&self) -> Users {
        self.users_with(Settings::default())
    }

    /// The services as an operator sets them.
    pub fn users_with(&self, settings: Settings) -> Users {
        Users::new(self.ports(), settings)
    }
}

impl Default for Fakes {
    fn default() -> Self {
        Self::new()
    }
}
