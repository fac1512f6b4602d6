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
    let api = match longest_work(config) {
        work if work > ANSWER_WITHIN => api.with_working_time(work),
        _ => api,
    };
    Ok(api
        .with_body_timeout(config.http.read_timeout)
        .with_readiness(Arc::new(readiness.clone())))
}

/// Within this time a request is answered unless the operator gives the calls of the store and of the
/// platform's services more.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Most calls of the platform's services that one request waits for: who asks, whether he
/// administers, and what he asks for.
const CALLS_OF_A_REQUEST: u32 = 3;

/// How long a request may be worked on without any of its calls being over its own limit: whoever is
/// slow is then told by the adapter that knows who it was.
fn longest_work(config: &Config) -> Duration {
    let platform = &config.platform;
    let auth = platform.auth.as_ref().map(|auth| auth.grpc.timeout);
    let spicedb = platform.spicedb.as_ref().map(|spicedb| spicedb.timeout);
    let call = auth.max(spicedb).unwrap_or_default();
    longest_store_call(config).saturating_add(call.saturating_mul(CALLS_OF_A_REQUEST))
}

/// How long one call of the store may take.
pub(super) fn longest_store_call(config: &Config) -> Duration {
    match config.store.kind {
        StoreKind::Postgres => {
            let postgres = &config.postgres;
            let connect = postgres.connect_timeout;
            connect.saturating_add(postgres.statement_timeout)
        }
        StoreKind::Sqlite => Duration::ZERO,
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{CommandLine, Profile};

    fn config(variables: &[(&str, &str)]) -> Config {
        let variables = variables.iter();
        let variables = variables
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect::<std::collections::BTreeMap<_, _>>();
        Config::load(Profile::Serve, &variables, &CommandLine::default()).unwrap()
    }

    #[test]
    fn a_request_has_the_time_of_the_store_and_of_all_its_calls() {
        let postgres = [
            ("MG_USERS_STORE", "postgres"),
            ("MG_USERS_DB_CONNECT_TIMEOUT", "2s"),
            ("MG_USERS_DB_STATEMENT_TIMEOUT", "4s"),
        ];
        let auth = [("MG_AUTH_GRPC_TIMEOUT", "20s")];
        let sqlite = [("MG_USERS_STORE", "sqlite")];
        let alone = [("MG_USERS_AUTH", "embedded")];
        for (settings, work, of_store) in [
            ([&postgres[..], &auth].concat(), 66, 6),
            ([&postgres[..], &alone].concat(), 6, 6),
            ([&sqlite[..], &auth].concat(), 60, 0),
        ] {
            let config = config(&settings);
            assert_eq!(longest_work(&config), Duration::from_secs(work));
            assert_eq!(longest_store_call(&config), Duration::from_secs(of_store));
        }
    }
}
