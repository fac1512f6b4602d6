//! Counting and timing requests.

use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use prometheus::{HistogramOpts, HistogramVec, IntGauge, Registry};
use users_domain::authorization::Operation;

use super::operation_metrics::OperationMetrics;

/// Upper bounds in seconds, as OpenTelemetry's conventions for HTTP servers advise.
const BUCKETS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// The metrics of all requests. Names and labels follow OpenTelemetry's conventions; beside them
/// stand the platform's older ones, see [`OperationMetrics`].
pub(crate) struct RequestMetrics {
    duration: HistogramVec,
    active: IntGauge,
    operations: OperationMetrics,
}

impl RequestMetrics {
    /// Registers the metrics.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let duration = HistogramVec::new(
            HistogramOpts::new(
                "http_server_request_duration_seconds",
                "Time from the head of a request to its answer.",
            )
            .buckets(BUCKETS.to_vec()),
            &[
                "http_request_method",
                "http_route",
                "http_response_status_code",
            ],
        )?;
        let active = IntGauge::new(
            "http_server_active_requests",
            "Requests that are being answered.",
        )?;
        registry.register(Box::new(duration.clone()))?;
        registry.register(Box::new(active.clone()))?;
        Ok(Self {
            duration,
            active,
            operations: OperationMetrics::register(registry)?,
        })
    }

    /// A request has come; it counts as active until what this gives is dropped.
    pub(super) fn begin(&self) -> ActiveRequest {
        self.active.inc();
        ActiveRequest(self.active.clone())
    }

    /// A request is answered.
    pub(super) fn answered(
        &self,
        pattern: &'static str,
        method: &Method,
        operation: Option<Operation>,
        status: StatusCode,
        took: Duration,
    ) {
        self.duration
            .with_label_values(&[method_label(method), pattern, status.as_str()])
            .observe(took.as_secs_f64());
        if let Some(operation) = operation {
            self.operations.note(operation, took);
        }
    }
}

/// A request that is being answered.
pub(super) struct ActiveRequest(IntGauge);

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Methods that anybody makes up share one label.
pub(super) fn method_label(method: &Method) -> &str {
    match *method {
        Method::GET
        | Method::HEAD
        | Method::POST
        | Method::PUT
        | Method::DELETE
        | Method::CONNECT
        | Method::OPTIONS
        | Method::TRACE
        | Method::PATCH => method.as_str(),
        _ => "_OTHER",
    }
}
