//! The span that gives every log line of a request its id, and the line that closes it.
//!
//! The path stands in neither but as the route's pattern, a method of somebody's own as `_OTHER`, and
//! the query not at all: each may hold what belongs to people.

use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use tracing::field::Empty;
use tracing::{Span, debug, error, error_span, info, warn};
use users_domain::authorization::Operation;
use users_domain::model::{Caller, RequestId};

use super::request_metrics::method_label;
use crate::readiness;

/// Begins the span; attributes as in OpenTelemetry's conventions for HTTP servers.
pub(super) fn span(id: &RequestId, method: &Method, pattern: &'static str) -> Span {
    // An error span, so that lines have the id however little the operator wants to see.
    error_span!(
        "request",
        request_id = %id,
        http.request.method = method_label(method),
        http.route = pattern,
        http.response.status_code = Empty,
        user.id = Empty,
    )
}

/// Says in the span of a request whose it is.
pub(crate) fn identified(span: &Span, caller: &Caller) {
    if let Some(principal) = caller.principal() {
        span.record("user.id", principal.account.id.as_str());
    }
}

/// Writes the line of a request that is answered. Probes are told at debug level only: they come
/// every few seconds and say nothing; whoever watches what is away tells when that changes.
pub(super) fn answered(
    span: &Span,
    pattern: &'static str,
    operation: Option<Operation>,
    status: StatusCode,
    took: Duration,
) {
    span.record("http.response.status_code", status.as_u16());
    let operation_name = operation.map(Operation::as_str);
    let duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    match status {
        _ if pattern == readiness::PATH && status == StatusCode::SERVICE_UNAVAILABLE => {
            debug!(duration_us, "answered");
        }
        // Load and outages of others, not faults of ours; their causes have lines of their own.
        StatusCode::SERVICE_UNAVAILABLE => {
            warn!(operation = operation_name, duration_us, "answered");
        }
        _ if status.is_server_error() => {
            error!(operation = operation_name, duration_us, "answered");
        }
        _ if operation.is_none() && status.is_success() => debug!(duration_us, "answered"),
        _ => info!(operation = operation_name, duration_us, "answered"),
    }
}
