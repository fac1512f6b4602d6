//! How much waits to leave the process.

use prometheus::{IntGaugeVec, Opts, Registry};
use users_domain::model::{EffectKind, Timestamp};
use users_domain::ports::OutboxDepth;

/// What the outbox holds, kind by kind; the relay's tasks write it whenever they look.
#[derive(Clone, Debug)]
pub struct OutboxMetrics {
    pending: IntGaugeVec,
    parked: IntGaugeVec,
    oldest: IntGaugeVec,
}

impl OutboxMetrics {
    /// Registers the metrics; a kind shows once it has been looked at.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let gauge = |name, help| -> Result<IntGaugeVec, prometheus::Error> {
            let gauge = IntGaugeVec::new(Opts::new(name, help), &["kind"])?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        Ok(Self {
            pending: gauge(
                "users_outbox_pending",
                "Effects of committed changes that are still to be carried out.",
            )?,
            parked: gauge(
                "users_outbox_parked",
                "Effects put aside because they can never succeed.",
            )?,
            oldest: gauge(
                "users_outbox_oldest_seconds",
                "Age of the oldest effect still to be carried out; 0 if there is none.",
            )?,
        })
    }

    /// Takes note of what was seen at a moment.
    pub fn note(&self, kind: EffectKind, depth: &OutboxDepth, now: Timestamp) {
        let kind = [kind.as_str()];
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.pending
            .with_label_values(&kind)
            .set(count(depth.pending));
        self.parked
            .with_label_values(&kind)
            .set(count(depth.parked));
        let age = depth
            .oldest
            .map_or(0, |oldest| (now - oldest).whole_seconds());
        self.oldest.with_label_values(&kind).set(age.max(0));
    }
}
