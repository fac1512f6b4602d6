//! Start and end of the whole service.

mod answering;
pub(crate) mod grpc;
mod listeners;
mod preparation;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use prometheus::Registry;
use tracing::{info, warn};
use users_domain::model::EffectKind;
use users_smtp::Announce;

use crate::administrator::{self, Administrator};
use crate::config::Config;
use crate::lifecycle::{Ended, Shutdown, Supervisor, TaskFailed, listen_for_signals};
use crate::readiness::ServiceReadiness;
use crate::tasks::{self, Traffic};
use crate::telemetry::outbox_metrics::OutboxMetrics;
use crate::telemetry::{self, LogFormat, metrics, samples};
use crate::wiring::{self, Neighbour, OpenedStore, Wired};

use grpc::GrpcMetrics;
use listeners::Listeners;

/// How long requests in flight may take to be finished after the end was asked for.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(20);
/// Threads for what runs beside requests; requests have threads of their own.
const BACKGROUND_THREADS: usize = 2;

/// A service that is ready.
pub struct Service {
    config: Config,
    url: String,
    grpc_address: Option<String>,
    administrator: Administrator,
    supervisor: Supervisor,
    store: OpenedStore,
}

/// What came of a start.
pub enum Start {
    /// The service is ready.
    Ready(Box<Service>),
    /// The end was asked for before it was; everything has ended.
    Stopped(Ended),
}

/// Sets up log and runtime, starts the service, tells `started`, and runs until a signal ends it.
///
/// The exit code says whether everything came to its own end.
///
/// `announce` is told of every mail that lies in a file.
pub fn run(
    config: Config,
    announce: Arc<Announce>,
    started: impl FnOnce(&Service),
) -> Result<ExitCode> {
    telemetry::init(&config.telemetry, LogFormat::from(config.profile))?;
    for notice in config.notices() {
        warn!("{notice}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(BACKGROUND_THREADS)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(async {
        let shutdown = Shutdown::new();
        let _signals = listen_for_signals(&shutdown).context("cannot listen for signals")?;
        let ended = match Service::start(config, announce, shutdown).await? {
            Start::Ready(service) => {
                started(&service);
                service.run().await?
            }
            Start::Stopped(ended) => ended,
        };
        info!("{ended}");
        Ok(match ended {
            Ended::Cleanly => ExitCode::SUCCESS,
            Ended::Forced { .. } => ExitCode::FAILURE,
        })
    })
}

impl Service {
    /// Opens ports and adapters and answers at once, though `/livez`, `/readyz` and the like only,
    /// and over gRPC that it does not serve yet; waits for the store and makes it ready, makes the first administrator, and carries out requests
    /// from then on, until `shutdown` says otherwise. Call it within a tokio runtime.
    pub async fn start(
        config: Config,
        announce: Arc<Announce>,
        shutdown: Shutdown,
    ) -> Result<Start> {
        // First, so that a taken port changes nothing on disk.
        let listeners = Listeners::http(&config.http, config.profile)?;
        let grpc = config.grpc.as_ref().map(grpc::Prepared::prepare);
        let grpc = grpc.transpose()?;
        let own_url = listeners.url();
        let (config, wired) = tokio::task::spawn_blocking(move || {
            let wired = wiring::open(&config, &own_url, announce);
            (config, wired)
        })
        .await?;
        Self::start_with(config, listeners, grpc, wired?, shutdown).await
    }

    async fn start_with(
        config: Config,
        listeners: Listeners,
        grpc: Option<grpc::Prepared>,
        mut wired: Wired,
        shutdown: Shutdown,
    ) -> Result<Start> {
        let url = listeners.url();
        let registry = Registry::new();
        metrics::register(&registry)?;
        samples::register(&registry, std::mem::take(&mut wired.samples))?;
        let outbox_metrics = OutboxMetrics::register(&registry)?;
        let grpc_metrics = GrpcMetrics::register(&registry)?;
        let neighbours: Vec<_> = wired.neighbours.iter().map(Neighbour::known).collect();
        let readiness = ServiceReadiness::new(shutdown.clone(), &neighbours);
        let api = answering::api(&config, &wired, &registry, &readiness)?;

        let supervisor = Supervisor::new(shutdown.clone());
        let (store, traffic) = (wired.store.clone(), Traffic::default());
        answering::spawn(&supervisor, &config, listeners, api, &traffic);
        watch_neighbours(
            &supervisor,
            std::mem::take(&mut wired.neighbours),
            &readiness,
        );
        let grpc_address = grpc.as_ref().map(|grpc| grpc.address().to_owned());
        if let Some(grpc) = grpc {
            let (users, call) = (&wired.users, answering::longest_store_call(&config));
            grpc::spawn(&supervisor, grpc, users, call, &grpc_metrics, &readiness);
        }
        let prepared = tokio::select! {
            biased;
            () = shutdown.requested() => None,
            _ = supervisor.failed() => None,
            prepared = prepare(&config, &wired, &readiness) => Some(prepared),
        };
        match prepared {
            Some(Ok(administrator)) => {
                let interval = config.accounts.delete_interval;
                spawn_tasks(
                    &supervisor,
                    wired,
                    &readiness,
                    &outbox_metrics,
                    &traffic,
                    interval,
                );
                readiness.start_is_done();
                Ok(Start::Ready(Box::new(Self {
                    config,
                    url,
                    grpc_address,
                    administrator,
                    supervisor,
                    store,
                })))
            }
            Some(Err(error)) => {
                shutdown.request();
                // Whatever else fails on the way out follows from the cause.
                let _ = end(supervisor, &store).await;
                Err(error)
            }
            None => Ok(Start::Stopped(end(supervisor, &store).await?)),
        }
    }

    /// Where it answers, e.g. `http://localhost:9002`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it answers the platform's other services over gRPC: host and port.
    pub fn grpc_address(&self) -> Option<&str> {
        self.grpc_address.as_deref()
    }

    /// The settings it runs with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What is known of the administrator that the settings name.
    pub fn administrator(&self) -> &Administrator {
        &self.administrator
    }

    /// Runs until the end is asked for, or a task fails again and again; then ends everything and
    /// closes the store.
    pub async fn run(self) -> Result<Ended, TaskFailed> {
        end(self.supervisor, &self.store).await
    }
}

/// All that stands before the first request.
async fn prepare(
    config: &Config,
    wired: &Wired,
    readiness: &ServiceReadiness,
) -> Result<Administrator> {
    let OpenedStore {
        technology, place, ..
    } = &wired.store;
    preparation::prepare(&**technology, place, readiness).await?;
    if technology.is_adopted().await {
        for difference in config.differs_from_deployed() {
            warn!("{difference}");
        }
    }
    Ok(administrator::ensure(&wired.users, &*wired.entropy, &config.admin).await)
}

/// Waits for the end, ends everything and closes the store.
async fn end(supervisor: Supervisor, store: &OpenedStore) -> Result<Ended, TaskFailed> {
    let ended = supervisor.run(SHUTDOWN_GRACE).await;
    if !matches!(ended, Ok(Ended::Forced { .. })) {
        store.technology.close().await;
    }
    ended
}

/// Starts to look after the platform's other services. None of them need be there.
fn watch_neighbours(
    supervisor: &Supervisor,
    neighbours: Vec<Neighbour>,
    readiness: &ServiceReadiness,
) {
    for neighbour in neighbours {
        let readiness = readiness.clone();
        supervisor.spawn(neighbour.task, move |shutdown| {
            tasks::neighbour_watch(neighbour.clone(), readiness.clone(), shutdown)
        });
    }
}

/// Starts what runs beside requests.
fn spawn_tasks(
    supervisor: &Supervisor,
    wired: Wired,
    readiness: &ServiceReadiness,
    outbox_metrics: &OutboxMetrics,
    traffic: &Traffic,
    delete_interval: Duration,
) {
    let (watched, readiness) = (wired.store.technology.clone(), readiness.clone());
    supervisor.spawn("watch of the store", move |shutdown| {
        tasks::store_watch(watched.clone(), readiness.clone(), shutdown)
    });
    let tended = wired.store.technology.clone();
    supervisor.spawn("tending of the store", move |shutdown| {
        tasks::tend_store(tended.clone(), shutdown)
    });
    for kind in EffectKind::ALL {
        let (users, clock) = (wired.users.clone(), wired.clock.clone());
        let (traffic, outbox_metrics) = (traffic.clone(), outbox_metrics.clone());
        let name = match kind {
            EffectKind::Event => "relay of events",
            EffectKind::Mail => "relay of mails",
            EffectKind::EndSessions => "relay of ended sessions",
            EffectKind::Relation => "relay of relations",
            EffectKind::Purge => "relay of purges",
        };
        supervisor.spawn(name, move |shutdown| {
            tasks::relay(
                users.clone(),
                kind,
                clock.clone(),
                outbox_metrics.clone(),
                traffic.clone(),
                shutdown,
            )
        });
    }
    supervisor.spawn("read events", {
        let (publish, traffic) = (wired.publish_read_events.clone(), traffic.clone());
        move |shutdown| tasks::read_events(publish.clone(), traffic.clone(), shutdown)
    });
    let users = wired.users;
    supervisor.spawn("purge", move |shutdown| {
        tasks::purge(users.clone(), delete_interval, shutdown)
    });
    let store = wired.store;
    supervisor.spawn("expired", move |shutdown| {
        tasks::expired(store.clone(), shutdown)
    });
}

#[cfg(test)]
mod tests;
