//! The span that gives every log line of a call its id, and the line that closes it. Neither says who
//! was asked for.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tonic::Code;
use tonic::metadata::MetadataMap;
use tracing::field::Empty;
use tracing::{Span, error, error_span, info, warn};
use users_domain::trace_context::TraceContext;

/// Begins the span; attributes as in OpenTelemetry's conventions for RPC. The request's id is that of
/// the caller's trace, else a number of this process.
pub(crate) fn span(headers: &MetadataMap, method: &'static str) -> Span {
    static CALLS: AtomicU64 = AtomicU64::new(1);

    let request_id = trace_id(headers)
        .unwrap_or_else(|| format!("grpc-{}", CALLS.fetch_add(1, Ordering::Relaxed)));
    // An error span, so that lines have the id however little the operator wants to see.
    error_span!(
        "request",
        request_id,
        rpc.system = "grpc",
        rpc.service = "users.v1.UsersService",
        rpc.method = method,
        rpc.grpc.status_code = Empty,
    )
}

/// Writes the line of a call that is answered: how many were asked for, and how many are given.
pub(crate) fn answered(span: &Span, code: Code, ids: usize, users: usize, took: Duration) {
    span.record("rpc.grpc.status_code", code as i32);
    let duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    match code {
        Code::Internal | Code::Unknown => error!(ids, users, duration_us, "answered"),
        // Load and outages of others, not faults of ours; their causes have lines of their own.
        Code::Unavailable | Code::DeadlineExceeded => warn!(ids, users, duration_us, "answered"),
        _ => info!(ids, users, duration_us, "answered"),
    }
}

/// The id of the trace that the caller began, if it is one: nothing else reaches the log.
fn trace_id(headers: &MetadataMap) -> Option<String> {
    let parent = headers.get("traceparent")?.to_str().ok()?;
    Some(TraceContext::parse(parent, None)?.trace_id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_of_a_caller_is_its_id_and_nothing_else_is() {
        let of = |text: &'static str| {
            let mut headers = MetadataMap::new();
            headers.insert("traceparent", text.parse().unwrap());
            trace_id(&headers)
        };
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(of(parent).unwrap(), "4bf92f3577b34da6a3ce929d0e0e4736");
        for text in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e473X-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "somebody wrote a line of a log here: request_id=7",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
