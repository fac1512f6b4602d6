//! The auth service: who issues tokens, who verifies them, who has a say in who administers.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::runtime::Handle;
use users_auth_grpc::{AuthGrpc, JwksSettings, JwksVerifier, PlatformVerifier};
use users_domain::ports::{Clock, Entropy, TokenVerifier};

use super::{Around, grpc, samples_of_calls};
use crate::config::{AuthServiceSettings, JwksUrl};
use crate::readiness::Absence;
use crate::telemetry::samples::Sample;
use crate::wiring::{Neighbour, Tokens, WiringError};

/// Tokens of the platform's auth service.
pub(in crate::wiring) fn tokens(
    settings: &AuthServiceSettings,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    around: &mut Around,
) -> Result<Tokens, WiringError> {
    let service = AuthGrpc::open(
        &grpc(&settings.grpc),
        Handle::current(),
        entropy,
        clock.clone(),
    );
    let service = Arc::new(service.map_err(WiringError::AuthService)?);
    let counted = service.clone();
    around.samples.extend(samples_of_calls(
        [
            (
                "users_auth_answered_total",
                "Calls that the auth service answered, with whatever status.",
            ),
            (
                "users_auth_unreachable_total",
                "Calls that did not reach the auth service, or whose connection broke.",
            ),
            (
                "users_auth_timed_out_total",
                "Calls that the auth service did not answer in time.",
            ),
        ],
        move || counted.stats(),
    ));
    let checked = service.clone();
    around.neighbours.push(Neighbour {
        component: "auth",
        task: "watch of the auth service",
        place: settings.grpc.address.to_string(),
        absence: match settings.jwks_url {
            Some(_) => Absence::Tolerable("not available: nobody logs in or administers"),
            None => Absence::Fatal("not available: no token can be verified"),
        },
        timeout: settings.grpc.timeout,
        check: Arc::new(move || {
            let service = checked.clone();
            let why = "no good answer; `cannot connect` tells more where there is no connection";
            let asked = async move { service.check().await.map_err(|_| why.to_owned()) };
            asked.boxed()
        }),
    });
    let verifier: Arc<dyn TokenVerifier> = match &settings.jwks_url {
        None => service.clone(),
        Some(url) => {
            let by_keys = verifier_by_keys(url, settings.grpc.timeout, clock, around)?;
            Arc::new(PlatformVerifier::new(by_keys, service.clone()))
        }
    };
    Ok(Tokens {
        issuer: service.clone(),
        verifier,
        authority: Some(service),
        keys: None,
    })
}

/// Verifies tokens by the keys that the auth service publishes.
fn verifier_by_keys(
    url: &JwksUrl,
    timeout: Duration,
    clock: Arc<dyn Clock>,
    around: &mut Around,
) -> Result<Arc<JwksVerifier>, WiringError> {
    let settings = JwksSettings {
        timeout,
        ..JwksSettings::new(url.as_url().clone())
    };
    let verifier = JwksVerifier::open(&settings, clock, Handle::current());
    let verifier = Arc::new(verifier.map_err(WiringError::Jwks)?);
    around.samples.extend(samples_of_keys(&verifier));
    let checked = verifier.clone();
    around.neighbours.push(Neighbour {
        component: "jwks",
        task: "watch of the auth service's keys",
        place: settings.place(),
        absence: Absence::Fatal("no key is known: no token can be verified"),
        timeout,
        check: Arc::new(move || {
            let verifier = checked.clone();
            let asked = async move { verifier.prefetch().await.map_err(|error| error.to_string()) };
            asked.boxed()
        }),
    });
    Ok(verifier)
}

fn samples_of_keys(verifier: &Arc<JwksVerifier>) -> [Sample; 5] {
    let of_keys = |read: fn(users_auth_grpc::JwksStats) -> u64| {
        let verifier = verifier.clone();
        move || read(verifier.stats())
    };
    [
        Sample::counter(
            "users_jwks_fetches_total",
            "How often the published keys were fetched.",
            of_keys(|stats| stats.fetches),
        ),
        Sample::counter(
            "users_jwks_failures_total",
            "How many of these fetches failed.",
            of_keys(|stats| stats.failures),
        ),
        Sample::gauge(
            "users_jwks_keys",
            "Published keys that verify tokens now.",
            of_keys(|stats| stats.keys as u64),
        ),
        Sample::gauge(
            "users_jwks_remembered_tokens",
            "Verified tokens that are remembered.",
            of_keys(|stats| stats.remembered as u64),
        ),
        Sample::counter(
            "users_jwks_remembered_hits_total",
            "Tokens that were remembered when they came.",
            of_keys(|stats| stats.hits),
        ),
    ]
}
