//! Counts and latencies of operations under the names that the platform's dashboards know.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus::Registry;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Counter, LabelPair, Metric, MetricFamily, MetricType, Quantile, Summary};
use users_domain::authorization::Operation;

use super::latencies::Latencies;

const COUNT: &str = "users_api_request_count";
const COUNT_HELP: &str = "Requests for an operation, refused ones too.";
const LATENCY: &str = "users_api_request_latency_microseconds";
const LATENCY_HELP: &str = "Time from the head of a request for an operation to its answer.";
const QUANTILES: [f64; 3] = [0.5, 0.9, 0.99];

/// What the platform's dashboards call an operation.
const fn peer_label(operation: Operation) -> &'static str {
    match operation {
        Operation::Create => "register_user",
        Operation::IssueToken => "issue_token",
        Operation::RefreshToken => "refresh_token",
        Operation::RevokeRefreshToken => "revoke_refresh_token",
        Operation::ListRefreshTokens => "list_active_refresh_tokens",
        Operation::ViewProfile => "view_profile",
        Operation::View => "view_user",
        Operation::List => "list_users",
        Operation::Search => "search_users",
        Operation::Update => "update_user",
        Operation::UpdateUsername => "update_usernames",
        Operation::UpdateProfilePicture => "update_profile_picture",
        Operation::UpdateTags => "update_user_tags",
        Operation::UpdateEmail => "update_user_email",
        Operation::UpdateRole => "update_user_role",
        Operation::UpdateSecret => "update_user_secret",
        Operation::Enable => "enable_user",
        Operation::Disable => "disable_user",
        Operation::Delete => "delete_user",
        Operation::SendVerification => "send_verification",
        Operation::VerifyEmail => "verify_email",
        Operation::SendPasswordReset => "send_password_reset",
        Operation::ResetSecret => "reset_secret",
        // Not asked for over HTTP.
        Operation::SetSecret => "set_secret",
        Operation::Export => "export_users",
        Operation::Import => "import_users",
        Operation::Purge => "purge_users",
        Operation::Relations => "write_relations",
    }
}

/// The metrics `users_api_request_count` and `users_api_request_latency_microseconds`, both by
/// `method`, an operation; it shows once it has been used. Clones share them.
///
/// The latencies are microseconds, as the name says (Magistrala's own service writes seconds under
/// it). Sums and counts are exact; quantiles are those of the last requests.
#[derive(Clone)]
pub(super) struct OperationMetrics {
    shared: Arc<Shared>,
}

struct Shared {
    descriptions: [Desc; 2],
    operations: [(Operation, Mutex<Latencies>); Operation::ALL.len()],
}

impl OperationMetrics {
    /// Registers the metrics.
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let description = |name: &str, help: &str| {
            let labels = vec!["method".to_owned()];
            Desc::new(name.to_owned(), help.to_owned(), labels, HashMap::new())
        };
        let metrics = Self {
            shared: Arc::new(Shared {
                descriptions: [
                    description(COUNT, COUNT_HELP)?,
                    description(LATENCY, LATENCY_HELP)?,
                ],
                operations: Operation::ALL.map(|operation| (operation, Mutex::default())),
            }),
        };
        registry.register(Box::new(metrics.clone()))?;
        Ok(metrics)
    }

    /// An operation was asked for and answered.
    pub(super) fn note(&self, operation: Operation, took: Duration) {
        let mut operations = self.shared.operations.iter();
        if let Some((_, latencies)) = operations.find(|(known, _)| *known == operation) {
            latencies
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .note(took);
        }
    }
}

impl Collector for OperationMetrics {
    fn desc(&self) -> Vec<&Desc> {
        self.shared.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let used: Vec<(Operation, Latencies)> = self
            .shared
            .operations
            .iter()
            .map(|(operation, latencies)| {
                let latencies = latencies.lock().unwrap_or_else(PoisonError::into_inner);
                (*operation, latencies.clone())
            })
            .filter(|(_, latencies)| latencies.count() > 0)
            .collect();
        // A family without members is left out, for the encoder takes it for an error.
        if used.is_empty() {
            return Vec::new();
        }
        let family = |name: &str, help: &str, kind, shown: fn(&Latencies) -> Metric| {
            let metrics = used.iter().map(|(operation, latencies)| {
                let mut metric = shown(latencies);
                let mut label = LabelPair::default();
                label.set_name("method".to_owned());
                label.set_value(peer_label(*operation).to_owned());
                metric.set_label(vec![label]);
                metric
            });
            let mut family = MetricFamily::default();
            family.set_name(name.to_owned());
            family.set_help(help.to_owned());
            family.set_field_type(kind);
            family.set_metric(metrics.collect());
            family
        };
        vec![
            family(COUNT, COUNT_HELP, MetricType::COUNTER, counter),
            family(LATENCY, LATENCY_HELP, MetricType::SUMMARY, summary),
        ]
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "Prometheus knows doubles only; counts are exact up to 2^53"
)]
fn counter(latencies: &Latencies) -> Metric {
    let mut counter = Counter::default();
    counter.set_value(latencies.count() as f64);
    let mut metric = Metric::default();
    metric.set_counter(counter);
    metric
}

fn summary(latencies: &Latencies) -> Metric {
    let quantiles = latencies.quantiles(QUANTILES);
    let quantiles = QUANTILES.iter().zip(quantiles).map(|(share, value)| {
        let mut quantile = Quantile::default();
        quantile.set_quantile(*share);
        quantile.set_value(microseconds(value));
        quantile
    });
    let mut summary = Summary::default();
    summary.set_sample_count(latencies.count());
    summary.set_sample_sum(microseconds(latencies.sum()));
    summary.set_quantile(quantiles.collect());
    let mut metric = Metric::default();
    metric.set_summary(summary);
    metric
}

fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

#[cfg(test)]
mod tests {
    use prometheus::TextEncoder;

    use super::*;

    fn scrape(registry: &Registry) -> String {
        TextEncoder::new()
            .encode_to_string(&registry.gather())
            .unwrap()
    }

    #[test]
    fn dashboards_find_the_names_that_they_know() {
        let mut labels = Operation::ALL.map(peer_label);
        labels.sort_unstable();
        assert_eq!(
            labels,
            [
                "delete_user",
                "disable_user",
                "enable_user",
                "export_users",
                "import_users",
                "issue_token",
                "list_active_refresh_tokens",
                "list_users",
                "purge_users",
                "refresh_token",
                "register_user",
                "reset_secret",
                "revoke_refresh_token",
                "search_users",
                "send_password_reset",
                "send_verification",
                "set_secret",
                "update_profile_picture",
                "update_user",
                "update_user_email",
                "update_user_role",
                "update_user_secret",
                "update_user_tags",
                "update_usernames",
                "verify_email",
                "view_profile",
                "view_user",
                "write_relations",
            ]
        );
    }

    #[test]
    fn operations_show_once_used_and_in_microseconds() {
        let registry = Registry::new();
        let metrics = OperationMetrics::register(&registry).unwrap();
        assert_eq!(scrape(&registry), "");
        for milliseconds in [1, 2, 3, 4] {
            metrics.note(Operation::List, Duration::from_millis(milliseconds));
        }
        assert_eq!(
            scrape(&registry),
            "# HELP users_api_request_count Requests for an operation, refused ones too.\n\
             # TYPE users_api_request_count counter\n\
             users_api_request_count{method=\"list_users\"} 4\n\
             # HELP users_api_request_latency_microseconds Time from the head of a request for an \
             operation to its answer.\n\
             # TYPE users_api_request_latency_microseconds summary\n\
             users_api_request_latency_microseconds{method=\"list_users\",quantile=\"0.5\"} 2000\n\
             users_api_request_latency_microseconds{method=\"list_users\",quantile=\"0.9\"} 4000\n\
             users_api_request_latency_microseconds{method=\"list_users\",quantile=\"0.99\"} 4000\n\
             users_api_request_latency_microseconds_sum{method=\"list_users\"} 10000\n\
             users_api_request_latency_microseconds_count{method=\"list_users\"} 4\n"
        );
    }

    #[test]
    fn registering_twice_is_an_error() {
        let registry = Registry::new();
        OperationMetrics::register(&registry).unwrap();
        assert!(OperationMetrics::register(&registry).is_err());
    }
}
