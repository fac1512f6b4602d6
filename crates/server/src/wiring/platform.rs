//! The platform's other services: who issues tokens and who administers, where relations are kept,
//! where users are members of domains.

mod auth_service;

use std::sync::Arc;

use futures::FutureExt as _;
use tokio::runtime::Handle;
use users_auth_grpc::{ConnectionStats, DomainsGrpc, Identity, Tls};
use users_domain::ports::Entropy;
use users_spicedb::SpiceDb;

use super::{Neighbour, WiringError};
use crate::config::{GrpcClientSettings, SpiceDbSettings};
use crate::readiness::Absence;
use crate::telemetry::samples::Sample;

pub(super) use auth_service::tokens;

/// What one service of the platform adds to the ports that it serves.
#[derive(Default)]
pub(super) struct Around {
    pub(super) neighbours: Vec<Neighbour>,
    pub(super) samples: Vec<Sample>,
}

/// Relations of users in SpiceDB.
pub(super) fn relations(
    settings: &SpiceDbSettings,
    around: &mut Around,
) -> Result<Arc<SpiceDb>, WiringError> {
    let address = &settings.address;
    let timeout = settings.timeout;
    let settings = users_spicedb::SpiceDbSettings {
        host: address.host.clone(),
        port: address.port,
        key: settings.key.clone().into(),
        timeout: settings.timeout,
    };
    let relations = SpiceDb::open(&settings, Handle::current()).map_err(WiringError::SpiceDb)?;
    let relations = Arc::new(relations);
    let counted = relations.clone();
    around.samples.extend(samples_of_calls(
        [
            (
                "users_spicedb_answered_total",
                "Calls that SpiceDB answered, with whatever status.",
            ),
            (
                "users_spicedb_unreachable_total",
                "Calls that did not reach SpiceDB, or whose connection broke.",
            ),
            (
                "users_spicedb_timed_out_total",
                "Calls that SpiceDB did not answer in time.",
            ),
        ],
        move || counted.stats(),
    ));
    let checked = relations.clone();
    around.neighbours.push(Neighbour {
        component: "spicedb",
        task: "watch of SpiceDB",
        place: address.to_string(),
        absence: Absence::Tolerable("not available: relations are written later"),
        timeout,
        check: Arc::new(move || {
            let relations = checked.clone();
            let asked = async move { relations.check().await.map_err(|error| error.to_string()) };
            asked.boxed()
        }),
    });
    Ok(relations)
}

/// Domains of users.
pub(super) fn domains(
    settings: &GrpcClientSettings,
    entropy: Arc<dyn Entropy>,
    around: &mut Around,
) -> Result<Arc<DomainsGrpc>, WiringError> {
    let domains = DomainsGrpc::open(&grpc(settings), Handle::current(), entropy);
    let domains = Arc::new(domains.map_err(WiringError::Domains)?);
    let counted = domains.clone();
    around.samples.extend(samples_of_calls(
        [
            (
                "users_domains_answered_total",
                "Calls that the domains service answered, with whatever status.",
            ),
            (
                "users_domains_unreachable_total",
                "Calls that did not reach the domains service, or whose connection broke.",
            ),
            (
                "users_domains_timed_out_total",
                "Calls that the domains service did not answer in time.",
            ),
        ],
        move || counted.stats(),
    ));
    Ok(domains)
}

fn grpc(settings: &GrpcClientSettings) -> users_auth_grpc::PeerSettings {
    users_auth_grpc::PeerSettings {
        address: settings.address.to_string(),
        timeout: settings.timeout,
        tls: settings.tls.as_ref().map(|tls| Tls {
            server_ca: tls.authorities.as_ref().map(|pem| pem.text().to_owned()),
            identity: tls.identity.as_ref().map(|(certificate, key)| Identity {
                certificate: certificate.text().to_owned(),
                key: key.text().into(),
            }),
        }),
    }
}

/// What came of the calls to a service: name and meaning of those that were answered, of those that
/// did not get there, of those that took too long.
fn samples_of_calls(
    [answered, unreachable, timed_out]: [(&'static str, &'static str); 3],
    stats: impl Fn() -> ConnectionStats + Clone + Send + Sync + 'static,
) -> [Sample; 3] {
    let sample = |(name, help), read: fn(ConnectionStats) -> u64| {
        let stats = stats.clone();
        Sample::counter(name, help, move || read(stats()))
    };
    [
        sample(answered, |stats| stats.answered),
        sample(unreachable, |stats| stats.unreachable),
        sample(timed_out, |stats| stats.timed_out),
    ]
}
