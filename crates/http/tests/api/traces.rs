//! What is called for a request is called in its trace.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use users_domain::model::{BearerToken, TokenClaims};
use users_domain::ports::{Ports, TokenError, TokenVerifier};
use users_domain::trace_context::{TraceContext, current};
use users_testkit::fakes::SeededEntropy;
use users_testkit::people;

use super::client::Request;
use super::service::Setup;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// A verifier that notes in which trace it is called.
struct Noting {
    good: Arc<dyn TokenVerifier>,
    seen: Arc<Mutex<Vec<Option<TraceContext>>>>,
}

#[async_trait]
impl TokenVerifier for Noting {
    async fn verify(&self, token: &BearerToken) -> Result<TokenClaims, TokenError> {
        self.seen.lock().unwrap().push(current());
        self.good.verify(token).await
    }
}

#[test]
fn what_is_called_for_a_request_is_called_in_its_trace() {
    let setup = Setup::new();
    let seen: Arc<Mutex<Vec<_>>> = Arc::default();
    let verifier = Noting {
        good: setup.ports.verifier.clone(),
        seen: seen.clone(),
    };
    let service = Setup {
        ports: Ports {
            verifier: Arc::new(verifier),
            ..setup.ports
        },
        ..setup
    }
    .start();
    let token = service.token_of(people::ada());
    let asked = || Request::get("/users/profile").bearer(&token);
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    for request in [
        asked()
            .header("traceparent", &parent)
            .header("tracestate", "vendor=1")
            .header("baggage", "who=ada"),
        asked().header("x-request-id", "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"),
        asked(),
    ] {
        service.send(&request).expect(200);
    }
    let seen = seen.lock().unwrap();
    let entropy = SeededEntropy::new(1);
    let sent: Vec<_> = seen
        .iter()
        .map(|trace| trace.as_ref().unwrap().traceparent(&entropy))
        .collect();
    assert!(sent[0].starts_with(&format!("00-{TRACE}-")) && sent[0].ends_with("-01"));
    assert!(sent[1].starts_with(&format!("00-{TRACE}-")) && sent[1].ends_with("-00"));
    assert!(!sent[2].contains(TRACE), "{}", sent[2]);
    let states: Vec<_> = seen
        .iter()
        .map(|trace| trace.as_ref().unwrap().tracestate())
        .collect();
    assert_eq!(states, [Some("vendor=1"), None, None]);
}
