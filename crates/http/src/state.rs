//! What handlers may reach.

use std::sync::Arc;
use std::time::Duration;

use prometheus::Registry;
use users_domain::Users;
use users_domain::ports::{Entropy, PublishedKeys};

use crate::byte_budget::ByteBudget;
use crate::enums::EnumFormat;
use crate::middleware::RequestMetrics;
use crate::readiness::Readiness;

/// How long a body may take to arrive unless [`Api::with_body_timeout`] says otherwise.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a request may be worked on unless [`Api::with_working_time`] says otherwise: so that the
/// client has its answer within ten seconds.
const WORKING_TIME: Duration = Duration::from_millis(9_500);
/// How much all bodies together may hold unless [`Api::with_body_budget`] says otherwise.
const BODY_BUDGET: usize = 64 * 1024 * 1024;
/// How much all answers together may hold unless [`Api::with_answer_budget`] says otherwise.
const ANSWER_BUDGET: usize = 64 * 1024 * 1024;

/// The whole API: services, keys, settings and metrics. Clones share them.
#[derive(Clone)]
pub struct Api {
    shared: Arc<Shared>,
    body_timeout: Duration,
    working_time: Duration,
    body_budget: ByteBudget,
    answer_budget: ByteBudget,
    readiness: Option<Arc<dyn Readiness>>,
}

/// What the operator decides about the API.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// How `role` and `status` are written; both ways are always read.
    pub enums: EnumFormat,
    /// What the program says about itself at `/health`.
    pub about: About,
}

/// What a program says about itself.
#[derive(Debug, Clone)]
pub struct About {
    /// Its version.
    pub version: String,
    /// The commit it was built from.
    pub commit: String,
    /// When it was built.
    pub build_time: String,
    /// What tells this process from its replicas.
    pub instance_id: String,
}

struct Shared {
    users: Users,
    keys: Option<Arc<dyn PublishedKeys>>,
    entropy: Arc<dyn Entropy>,
    settings: ApiSettings,
    registry: Registry,
    metrics: RequestMetrics,
}

impl Api {
    /// Brings services and settings together and registers the API's metrics; `/metrics` shows all
    /// that the registry gathers. Without `keys`, tokens are issued elsewhere and so are their keys.
    ///
    /// It fails if the registry has metrics of the same names already.
    pub fn new(
        users: Users,
        keys: Option<Arc<dyn PublishedKeys>>,
        entropy: Arc<dyn Entropy>,
        settings: ApiSettings,
        registry: Registry,
    ) -> Result<Self, prometheus::Error> {
        let metrics = RequestMetrics::register(&registry)?;
        Ok(Self {
            shared: Arc::new(Shared {
                users,
                keys,
                entropy,
                settings,
                registry,
                metrics,
            }),
            body_timeout: BODY_TIMEOUT,
            working_time: WORKING_TIME,
            body_budget: ByteBudget::new(BODY_BUDGET),
            answer_budget: ByteBudget::new(ANSWER_BUDGET),
            readiness: None,
        })
    }

    /// The same API with another limit to how long a body may take to arrive; then the answer
    /// is 408.
    #[must_use]
    pub fn with_body_timeout(self, body_timeout: Duration) -> Self {
        Self {
            body_timeout,
            ..self
        }
    }

    /// The same API with another limit to how long a request may be worked on, the arrival of its
    /// body aside; 9.5 s by default. Then the answer is 503. What was begun is finished all the
    /// same.
    #[must_use]
    pub fn with_working_time(self, working_time: Duration) -> Self {
        Self {
            working_time,
            ..self
        }
    }

    /// The same API with another limit, in bytes, to what all bodies that are being read may hold
    /// together, the first 16 KiB of each aside; 64 MiB by default. A body for which nothing is
    /// left is answered 503.
    #[must_use]
    pub fn with_body_budget(self, bytes: usize) -> Self {
        Self {
            body_budget: ByteBudget::new(bytes),
            ..self
        }
    }

    /// The same API with another limit, in bytes, to what all answers that are being sent may hold
    /// together, the first 16 KiB of each aside; 64 MiB by default. A GET whose answer finds nothing
    /// left is answered 503. The answer to a change is not refused, for the change is made; it shows
    /// one account at most.
    #[must_use]
    pub fn with_answer_budget(self, bytes: usize) -> Self {
        Self {
            answer_budget: ByteBudget::new(bytes),
            ..self
        }
    }

    /// The same API, whose `/readyz` says what this knows, and which carries nothing out before
    /// [`Readiness::has_started`]; without, the service is ready as soon as it answers.
    #[must_use]
    pub fn with_readiness(self, readiness: Arc<dyn Readiness>) -> Self {
        Self {
            readiness: Some(readiness),
            ..self
        }
    }

    pub(crate) fn has_started(&self) -> bool {
        self.readiness().is_none_or(Readiness::has_started)
    }

    pub(crate) fn readiness(&self) -> Option<&dyn Readiness> {
        self.readiness.as_deref()
    }

    pub(crate) fn body_budget(&self) -> &ByteBudget {
        &self.body_budget
    }

    pub(crate) fn answer_budget(&self) -> &ByteBudget {
        &self.answer_budget
    }

    pub(crate) fn body_timeout(&self) -> Duration {
        self.body_timeout
    }

    pub(crate) fn working_time(&self) -> Duration {
        self.working_time
    }

    pub(crate) fn users(&self) -> &Users {
        &self.shared.users
    }

    pub(crate) fn keys(&self) -> Option<&dyn PublishedKeys> {
        self.shared.keys.as_deref()
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        &*self.shared.entropy
    }

    pub(crate) fn settings(&self) -> &ApiSettings {
        &self.shared.settings
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    pub(crate) fn metrics(&self) -> &RequestMetrics {
        &self.shared.metrics
    }
}
