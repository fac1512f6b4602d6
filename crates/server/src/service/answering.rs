//! Answering requests: the API on the service's ports.

use std::sync::Arc;
use std::time::Duration;

use prometheus::Registry;
use tracing::error;
use users_domain::ports::uuid_v4;
use users_http::{About, Api, ApiSettings, ServerSettings};

use super::listeners::Listeners;
use crate::config::{Config, StoreKind};
use crate::lifecycle::{Shutdown, Supervisor};
use crate::readiness::ServiceReadiness;
use crate::tasks::Traffic;
use crate::telemetry::build_info;
use crate::wiring::Wired;

/// Connections that one process keeps open at most; more wait in the system's queue.
const MAX_CONNECTIONS: usize = 25_000;
/// Open files that are not connections of clients.
const OTHER_FILES: usize = 128;

/// The API over the adapters.
pub(super) fn api(
    config: &Config,
    wired: &Wired,
    registry: &Registry,
    readiness: &ServiceReadiness,
) -> Result<Api, prometheus::Error> {
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
        wired.users.clone(),
        wired.keys.clone(),
        wired.entropy.clone(),
        settings,
        registry.clone(),
    )?;
    let api = match longest_call(config) {
        call if call > ANSWER_WITHIN => api.with_working_time(call),
        _ => api,
    };
    Ok(api
        .with_body_timeout(config.http.read_timeout)
        .with_readiness(Arc::new(readiness.clone())))
}

/// Within this time a request is answered unless the operator gives one call of the store or of the
/// auth service more.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// How long one call of the store or of the auth service may take.
pub(super) fn longest_call(config: &Config) -> Duration {
    let auth = config.platform.auth.as_ref();
    let auth = auth.map_or(Duration::ZERO, |auth| auth.grpc.timeout);
    auth.max(match config.store.kind {
        StoreKind::Postgres => {
            let postgres = &config.postgres;
            let connect = postgres.connect_timeout;
            connect.saturating_add(postgres.statement_timeout)
        }
        StoreKind::Sqlite => Duration::ZERO,
    })
}

/// Answers requests from now on, until the end is asked for and those in flight are finished.
pub(super) fn spawn(
    supervisor: &Supervisor,
    config: &Config,
    listeners: Listeners,
    api: Api,
    traffic: &Traffic,
) {
    let settings = ServerSettings {
        read_header_timeout: config.http.read_header_timeout,
        idle_timeout: config.http.idle_timeout,
        write_timeout: config.http.write_timeout,
        workers: std::thread::available_parallelism().map_or(1, usize::from),
        max_connections: max_connections(),
    };
    let listeners = Arc::new(listeners);
    let traffic = traffic.clone();
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
