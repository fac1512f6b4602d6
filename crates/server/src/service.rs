//! Start and end of the whole service.

mod listeners;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use prometheus::Registry;
use tracing::{error, info, warn};
use users_domain::model::{EffectKind, Password};
use users_domain::ports::uuid_v4;
use users_http::{About, Api, ApiSettings, ServerSettings};

use crate::administrator;
use crate::config::{Config, EnumFormat};
use crate::lifecycle::{Ended, Shutdown, Supervisor, TaskFailed, listen_for_signals};
use crate::tasks::{self, Traffic};
use crate::telemetry::outbox_metrics::OutboxMetrics;
use crate::telemetry::{self, LogFormat, build_info, metrics, samples};
use crate::wiring::{self, Wired};

use listeners::Listeners;

/// How long requests in flight may take to be finished after the end was asked for.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(20);
/// Connections that one process keeps open; more wait in the system's queue.
const MAX_CONNECTIONS: usize = 25_000;
/// Threads for what runs beside requests; requests have threads of their own.
const BACKGROUND_THREADS: usize = 2;

/// A running service.
pub struct Service {
    config: Config,
    url: String,
    made_up_password: Option<Password>,
    supervisor: Supervisor,
    close: Box<dyn FnOnce() + Send>,
}

/// Sets up log and runtime, starts the service, tells `started`, and runs until a signal ends it.
///
/// The exit code says whether everything came to its own end.
pub fn run(config: Config, started: impl FnOnce(&Service)) -> Result<ExitCode> {
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
        let service = Service::start(config, shutdown).await?;
        started(&service);
        let ended = service.run().await?;
        info!("{ended}");
        Ok(match ended {
            Ended::Cleanly => ExitCode::SUCCESS,
            Ended::Forced { .. } => ExitCode::FAILURE,
        })
    })
}

impl Service {
    /// Opens ports and adapters, makes the first administrator, and answers requests from then on,
    /// until `shutdown` says otherwise. Call it within a tokio runtime.
    pub async fn start(config: Config, shutdown: Shutdown) -> Result<Self> {
        // First, so that a taken port changes nothing on disk.
        let listeners = Listeners::bind(&config.http, config.profile)?;
        let (config, wired) = tokio::task::spawn_blocking(move || {
            let wired = wiring::open(&config);
            (config, wired)
        })
        .await?;
        let wired = wired?;
        let made_up_password =
            administrator::ensure(&wired.users, &*wired.entropy, &config.admin).await;

        let registry = Registry::new();
        metrics::register(&registry)?;
        let supervisor = Supervisor::new(shutdown);
        let close = Box::new(wired.closer());
        let url = listeners.url().to_owned();
        spawn(&supervisor, listeners, &config, wired, &registry)?;
        Ok(Self {
            config,
            url,
            made_up_password,
            supervisor,
            close,
        })
    }

    /// Where it answers, e.g. `http://localhost:9002`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The settings it runs with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The password that was made up for the administrator, if he was made at this start and nobody
    /// had set one.
    pub fn made_up_password(&self) -> Option<&Password> {
        self.made_up_password.as_ref()
    }

    /// Runs until the end is asked for, or a task fails again and again; then ends everything and
    /// closes the store.
    pub async fn run(self) -> Result<Ended, TaskFailed> {
        let ended = self.supervisor.run(SHUTDOWN_GRACE).await;
        if !matches!(ended, Ok(Ended::Forced { .. })) {
            // It fails only if closing panics; then the process ends all the same, and the store
            // recovers from its log.
            let _ = tokio::task::spawn_blocking(self.close).await;
        }
        ended
    }
}

fn spawn(
    supervisor: &Supervisor,
    listeners: Listeners,
    config: &Config,
    wired: Wired,
    registry: &Registry,
) -> Result<()> {
    let traffic = Traffic::default();
    let outbox_metrics = OutboxMetrics::register(registry)?;
    for kind in EffectKind::ALL {
        let (users, clock) = (wired.users.clone(), wired.clock.clone());
        let (traffic, outbox_metrics) = (traffic.clone(), outbox_metrics.clone());
        supervisor.spawn("relay", move |shutdown| {
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
    let sessions = wired.sessions;
    supervisor.spawn("expired sessions", move |shutdown| {
        tasks::expired_sessions(sessions.clone(), shutdown)
    });

    samples::register(registry, wired.samples)?;
    let about = About {
        version: build_info::VERSION.to_owned(),
        commit: build_info::COMMIT.to_owned(),
        build_time: build_info::BUILD_TIME.to_owned(),
        instance_id: config
            .telemetry
            .instance_id
            .clone()
            .unwrap_or_else(|| uuid_v4(&*wired.entropy).to_string()),
    };
    let settings = ApiSettings {
        enums: match config.api.enums {
            EnumFormat::Numbers => users_http::EnumFormat::Numbers,
            EnumFormat::Names => users_http::EnumFormat::Names,
        },
        about,
    };
    let api = Api::new(
        wired.users,
        wired.keys,
        wired.entropy,
        settings,
        registry.clone(),
    )?
    .with_body_timeout(config.http.read_timeout);
    let settings = ServerSettings {
        read_header_timeout: config.http.read_header_timeout,
        idle_timeout: config.http.idle_timeout,
        workers: std::thread::available_parallelism().map_or(1, usize::from),
        max_connections: MAX_CONNECTIONS,
    };
    let listeners = std::sync::Arc::new(listeners);
    supervisor.spawn("http", move |shutdown| {
        let (listeners, api) = (listeners.clone(), api.clone());
        let (settings, traffic) = (settings.clone(), traffic.clone());
        async move {
            let _traffic = traffic.begin();
            if let Err(error) = answer(&listeners, api, settings, shutdown).await {
                error!(%error, "requests cannot be answered");
            }
        }
    });
    Ok(())
}

/// Answers requests until the end is asked for and those in flight are finished.
async fn answer(
    listeners: &Listeners,
    api: Api,
    settings: ServerSettings,
    shutdown: Shutdown,
) -> std::io::Result<()> {
    let server = users_http::serve(listeners.copies()?, api, settings)?;
    let handle = server.handle();
    let mut server = std::pin::pin!(server);
    tokio::select! {
        ended = &mut server => return ended,
        () = shutdown.requested() => {}
    }
    listeners.close();
    let stop = handle.stop(true);
    tokio::select! {
        ended = server => ended,
        () = stop => Ok(()),
        () = shutdown.forced() => Ok(()),
    }
}
