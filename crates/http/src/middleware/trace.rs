//! The trace that a request belongs to: services that are called for it see it go on.

use actix_web::http::header::{HeaderMap, HeaderName};
use users_domain::model::RequestId;
use users_domain::trace_context::TraceContext;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// The caller's trace, if he began one; else one that is found by the request's id.
pub(super) fn of(headers: &HeaderMap, id: &RequestId) -> TraceContext {
    callers(headers).unwrap_or_else(|| TraceContext::of_request(id))
}

fn callers(headers: &HeaderMap) -> Option<TraceContext> {
    let mut parents = headers.get_all(TRACEPARENT);
    // Which of several is meant cannot be told.
    let (Some(parent), None) = (parents.next(), parents.next()) else {
        return None;
    };
    let states: Option<Vec<_>> = headers
        .get_all(TRACESTATE)
        .map(|value| value.to_str().ok())
        .collect();
    // Several headers are one list (RFC 9110, section 5.3).
    let state = states.map(|states| states.join(","));
    TraceContext::parse(parent.to_str().ok()?, state.as_deref())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use users_domain::ports::Entropy;

    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    struct Ones;

    impl Entropy for Ones {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(1);
        }
    }

    fn sent_on(headers: &[(&str, &str)]) -> (String, Option<String>) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.append(name, HeaderValue::from_str(value).unwrap());
        }
        let id = RequestId::parse("0123456789abcdef0123456789abcdef").unwrap();
        let trace = of(&map, &id);
        let state = trace.tracestate().map(str::to_owned);
        (trace.traceparent(&Ones), state)
    }

    fn callers_trace(state: Option<&str>) -> (String, Option<String>) {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-0101010101010101-01";
        (parent.to_owned(), state.map(str::to_owned))
    }

    fn own_trace() -> (String, Option<String>) {
        let parent = "00-0123456789abcdef0123456789abcdef-0101010101010101-00";
        (parent.to_owned(), None)
    }

    #[test]
    fn the_callers_trace_goes_on() {
        assert_eq!(sent_on(&[("traceparent", PARENT)]), callers_trace(None));
        let with_state = sent_on(&[
            ("TraceParent", PARENT),
            ("tracestate", "a=1"),
            ("tracestate", "b=2,c=3"),
        ]);
        assert_eq!(with_state, callers_trace(Some("a=1,b=2,c=3")));
    }

    #[test]
    fn a_state_that_is_none_is_left_out() {
        let sent = sent_on(&[("traceparent", PARENT), ("tracestate", "none")]);
        assert_eq!(sent, callers_trace(None));
    }

    #[test]
    fn without_a_trace_of_the_callers_the_requests_id_is_one() {
        for headers in [
            &[][..],
            &[("traceparent", "none")],
            &[("traceparent", PARENT), ("traceparent", PARENT)],
            &[("tracestate", "a=1")],
        ] {
            assert_eq!(sent_on(headers), own_trace(), "{headers:?}");
        }
    }
}
