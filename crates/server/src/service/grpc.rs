//! Answering the platform's other services: users by id, over gRPC.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use futures::future::try_join_all;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};
use tracing::error;
use users_domain::Users;
use users_grpc::{Identity, OnOutcome, Outcome, ServerSettings, ServerTls};

use super::listeners::Listeners;
use crate::config::{self, GrpcServerTls};
use crate::lifecycle::{Shutdown, Supervisor};
use crate::readiness::ServiceReadiness;

/// What there is before the first call.
pub(super) struct Prepared {
    listeners: Listeners,
    tls: Option<ServerTls>,
}

impl Prepared {
    /// Takes the ports; fails where they, the certificates or the key cannot be used.
    pub(super) fn prepare(settings: &config::GrpcSettings) -> Result<Self> {
        Ok(Self {
            tls: tls(settings.tls.as_ref())?,
            listeners: Listeners::grpc(settings)?,
        })
    }

    /// Where clients find it: host and port.
    pub(super) fn address(&self) -> &str {
        self.listeners.authority()
    }
}

/// TLS as the settings say, if certificates and key can be used.
pub(crate) fn tls(settings: Option<&GrpcServerTls>) -> Result<Option<ServerTls>> {
    let Some(settings) = settings else {
        return Ok(None);
    };
    let client_authorities = settings.client_authorities.as_ref();
    let tls = ServerTls {
        identity: Identity {
            certificate: settings.certificate.text().to_owned(),
            key: settings.key.text().to_owned().into(),
        },
        client_ca: client_authorities.map(|pem| pem.text().to_owned()),
    };
    tls.check()
        .context("MG_USERS_GRPC_SERVER_CERT, _SERVER_KEY, _CLIENT_CA_CERTS")?;
    Ok(Some(tls))
}

/// Numbers of the calls.
#[derive(Clone)]
pub(super) struct GrpcMetrics {
    calls: IntCounterVec,
    seconds: HistogramVec,
}

impl GrpcMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let calls = IntCounterVec::new(
            Opts::new(
                "users_grpc_calls_total",
                "Calls of the platform's other services, by method and status.",
            ),
            &["method", "code"],
        )?;
        let seconds = HistogramVec::new(
            HistogramOpts::new("users_grpc_call_seconds", "How long these calls took."),
            &["method"],
        )?;
        registry.register(Box::new(calls.clone()))?;
        registry.register(Box::new(seconds.clone()))?;
        Ok(Self { calls, seconds })
    }

    fn note(&self, outcome: &Outcome) {
        // As gRPC's own lists have it: `NotFound`, `Ok`.
        let code = format!("{:?}", outcome.code);
        let labels = [outcome.method, code.as_str()];
        self.calls.with_label_values(&labels).inc();
        let seconds = self.seconds.with_label_values(&[outcome.method]);
        seconds.observe(outcome.took.as_secs_f64());
    }
}

/// Answers calls from now on (before the service is ready: that it is not), until the end is asked for and those under way are finished.
pub(super) fn spawn(
    supervisor: &Supervisor,
    prepared: Prepared,
    users: &Users,
    longest_store_call: Duration,
    metrics: &GrpcMetrics,
    readiness: &ServiceReadiness,
) {
    let listeners = Arc::new(prepared.listeners);
    let noted = metrics.clone();
    let on_outcome: OnOutcome = Arc::new(move |outcome| noted.note(outcome));
    let mut settings = ServerSettings {
        tls: prepared.tls,
        on_outcome: Some(on_outcome),
        ..ServerSettings::new(readiness.is_serving())
    };
    settings.request_timeout = settings.request_timeout.max(longest_store_call);
    let users = users.clone();
    supervisor.spawn("grpc", move |shutdown| {
        let (listeners, users) = (listeners.clone(), users.clone());
        let settings = settings.clone();
        async move {
            if let Err(error) = answer(&listeners, &users, &settings, shutdown).await {
                error!(
                    error = format!("{error:#}"),
                    "gRPC calls cannot be answered"
                );
            }
        }
    });
}

async fn answer(
    listeners: &Listeners,
    users: &Users,
    settings: &ServerSettings,
    shutdown: Shutdown,
) -> Result<()> {
    let sockets = listeners.copies()?.into_iter().map(listening);
    let sockets = sockets.collect::<std::io::Result<Vec<_>>>()?;
    let serving = sockets.into_iter().map(|socket| {
        let shutdown = shutdown.clone();
        let ended = async move {
            shutdown.requested().await;
            // Whoever comes now is refused, and goes to another replica.
            listeners.close();
        };
        users_grpc::serve(socket, users.clone(), settings.clone(), ended)
    });
    try_join_all(serving).await?;
    Ok(())
}

/// The socket as the runtime wants it.
fn listening(socket: TcpListener) -> std::io::Result<tokio::net::TcpListener> {
    socket.set_nonblocking(true)?;
    tokio::net::TcpListener::from_std(socket)
}
