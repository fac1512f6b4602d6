//! Start and end of the whole service.

mod listeners;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use prometheus::Registry;
use tracing::{error, info, warn};
use users_domain::model::EffectKind;
use users_domain::ports::uuid_v4;
use users_http::{About, Api, ApiSettings, ServerSettings};
use users_smtp::Announce;

use crate::administrator::{self, Administrator};
use crate::config::Config;
use crate::lifecycle::{Ended, Shutdown, Supervisor, TaskFailed, listen_for_signals};
use crate::tasks::{self, Traffic};
use crate::telemetry::outbox_metrics::OutboxMetrics;
use crate::telemetry::{self, LogFormat, build_info, metrics, samples};
use crate::wiring::{self, Wired};

use listeners::Listeners;

/// How long requests in flight may take to be finished after the end was asked for.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(20);
/// Connections that one process keeps open at most; more wait in the system's queue.
const MAX_CONNECTIONS: usize = 25_000;
/// Open files that are not connections of clients.
const OTHER_FILES: usize = 128;
/// Threads for what runs beside requests; requests have threads of their own.
const BACKGROUND_THREADS: usize = 2;

/// A running service.
pub struct Service {
    config: Config,
    url: String,
    administrator: Administrator,
    supervisor: Supervisor,
    close: Box<dyn FnOnce() + Send>,
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
        let service = Service::start(config, announce, shutdown).await?;
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
    pub async fn start(
        config: Config,
        announce: Arc<Announce>,
        shutdown: Shutdown,
    ) -> Result<Self> {
        // First, so that a taken port changes nothing on disk.
        let listeners = Listeners::bind(&config.http, config.profile)?;
        let url = listeners.url().to_owned();
        let own_url = url.clone();
        let (config, wired) = tokio::task::spawn_blocking(move || {
            let wired = wiring::open(&config, &own_url, announce);
            (config, wired)
        })
        .await?;
        let wired = wired?;
        let administrator =
            administrator::ensure(&wired.users, &*wired.entropy, &config.admin).await;

        let registry = Registry::new();
        metrics::register(&registry)?;
        let supervisor = Supervisor::new(shutdown);
        let close = Box::new(wired.closer());
        spawn(&supervisor, listeners, &config, wired, &registry)?;
        Ok(Self {
            config,
            url,
            administrator,
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

    /// What is known of the administrator that the settings name.
    pub fn administrator(&self) -> &Administrator {
        &self.administrator
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
        let name = match kind {
            EffectKind::Event => "relay of events",
            EffectKind::Mail => "relay of mails",
            EffectKind::EndSessions => "relay of ended sessions",
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
    let (sessions, accounts) = (wired.sessions, wired.accounts);
    supervisor.spawn("expired", move |shutdown| {
        tasks::expired(sessions.clone(), accounts.clone(), shutdown)
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
        enums: config.api.enums,
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
        write_timeout: config.http.write_timeout,
        workers: std::thread::available_parallelism().map_or(1, usize::from),
        max_connections: max_connections(),
    };
    let listeners = Arc::new(listeners);
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

/// As many connections as the system lets this process open files for, with some to spare: without,
/// a flood of clients would take the store's and the log's.
fn max_connections() -> usize {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

        let before = getrlimit(Resource::Nofile);
        // Many systems start with a low limit that every process may raise. Refused, it stays.
        let _ = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: before.maximum,
                maximum: before.maximum,
            },
        );
        let files = getrlimit(Resource::Nofile).current;
        let files = files.and_then(|files| usize::try_from(files).ok());
        files.map_or(MAX_CONNECTIONS, |files| {
            files.saturating_sub(OTHER_FILES).clamp(1, MAX_CONNECTIONS)
        })
    }
    #[cfg(not(unix))]
    MAX_CONNECTIONS
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
