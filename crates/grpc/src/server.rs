//! The server: what it serves, within which limits, and how it ends.

use std::error::Error;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tonic::transport::{Certificate, Identity as Pem, Server, ServerTlsConfig};
use tonic_health::ServingStatus;
use tonic_health::server::{HealthReporter, health_reporter};
use tonic_reflection::server::Builder as Reflection;
use users_domain::Users;
use users_proto::users::v1::DESCRIPTOR;
use users_proto::users::v1::users_service_server::UsersServiceServer;

use crate::incoming::incoming;
use crate::service::{Service, Start};
use crate::{ANSWER_LIMIT, OpenError, REQUEST_LIMIT, ServerSettings, ServerTls};

/// Calls of one connection that are worked on at once; further ones wait.
const CALLS_AT_ONCE: usize = 64;
/// How much longer than it is worked on a call may take: until all of it has come.
const SAYING: Duration = Duration::from_secs(1);
/// Calls of one connection that may be open at once.
const OPEN_CALLS: u32 = 256;
/// Most bytes of a call's headers.
const HEADER_LIMIT: u32 = 16 * 1024;
/// After how much silence a connection is asked for a sign of life, and how long that may take.
const QUIET: Duration = Duration::from_mins(1);
const SIGN_OF_LIFE: Duration = Duration::from_secs(20);
/// When a connection is ended in peace, so that clients find other replicas; what is under way has
/// so long.
const OLDEST_CONNECTION: Duration = Duration::from_hours(1);
const OLDEST_CONNECTION_GRACE: Duration = Duration::from_mins(1);

/// The names under which the health service knows this one.
const HEALTH_NAMES: [&str; 2] = ["", "users"];

/// Serves until `shutdown` is over and the calls under way have ended, or had the time that the
/// settings give them.
///
/// An error is for the settings to be mended; once it serves, there is none.
pub async fn serve(
    listener: TcpListener,
    users: Users,
    settings: ServerSettings,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), OpenError> {
    let mut server = Server::builder()
        .concurrency_limit_per_connection(CALLS_AT_ONCE)
        .max_concurrent_streams(OPEN_CALLS)
        .timeout(settings.request_timeout.saturating_add(SAYING))
        .http2_max_header_list_size(HEADER_LIMIT)
        .http2_keepalive_interval(Some(QUIET))
        .http2_keepalive_timeout(Some(SIGN_OF_LIFE))
        .max_connection_age(OLDEST_CONNECTION)
        .max_connection_age_grace(OLDEST_CONNECTION_GRACE);
    if let Some(tls) = &settings.tls {
        server = server
            .tls_config(tls_config(tls, settings.handshake_timeout)?)
            .map_err(|error| OpenError::Tls(chain(&error)))?;
    }
    let described =
        |error: tonic_reflection::server::Error| OpenError::Reflection(error.to_string());
    let reflection_v1 = reflection().build_v1().map_err(described)?;
    let reflection_alpha = reflection().build_v1alpha().map_err(described)?;
    let service = UsersServiceServer::new(Service {
        room: settings.room,
        users,
        timeout: settings.request_timeout,
        on_outcome: settings.on_outcome,
        start: Start::of(settings.ready.clone()),
    })
    .max_decoding_message_size(REQUEST_LIMIT)
    .max_encoding_message_size(ANSWER_LIMIT);
    let (reporter, health) = health_reporter();
    let router = server
        .add_service(service)
        .add_service(health)
        .add_service(reflection_v1)
        .add_service(reflection_alpha);

    // Connections live on in tasks of their own; with this gone, they are cut.
    let (_alive, is_alive) = watch::channel(());
    let connections = incoming(
        listener,
        settings.max_connections,
        settings.handshake_timeout,
        is_alive,
    );
    let (ending, ended) = oneshot::channel::<()>();
    let mut serving = pin!(router.serve_with_incoming_shutdown(connections, async {
        // A sender that is gone says the same.
        let _ = ended.await;
    }));
    let mut telling = pin!(tell(reporter.clone(), settings.ready));
    let mut shutdown = pin!(shutdown);
    tokio::select! {
        // Whoever asks for the health first is told the truth.
        biased;
        () = &mut shutdown => {}
        never = &mut telling => match never {},
        end = &mut serving => return end.map_err(|error| OpenError::Tls(chain(&error))),
    }
    // Balancers look elsewhere while what is under way ends.
    report(&reporter, false).await;
    let _ = ending.send(());
    if tokio::time::timeout(settings.shutdown_grace, serving)
        .await
        .is_err()
    {
        tracing::warn!("gRPC calls or connections did not end in time and are cut");
    }
    Ok(())
}

/// All that is served is described, reflection included, whichever version of it is asked.
fn reflection() -> Reflection<'static> {
    Reflection::configure()
        .include_reflection_service(false)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(DESCRIPTOR)
}

/// Has the health service tell what the watch says, for ever.
async fn tell(
    reporter: HealthReporter,
    mut ready: watch::Receiver<bool>,
) -> std::convert::Infallible {
    loop {
        let is_ready = *ready.borrow_and_update();
        report(&reporter, is_ready).await;
        if ready.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}

async fn report(reporter: &HealthReporter, ready: bool) {
    let status = if ready {
        ServingStatus::Serving
    } else {
        ServingStatus::NotServing
    };
    for name in HEALTH_NAMES {
        reporter.set_service_status(name, status).await;
    }
}

fn tls_config(tls: &ServerTls, handshake: Duration) -> Result<ServerTlsConfig, OpenError> {
    tls.check()?;
    let pem = Pem::from_pem(&tls.identity.certificate, tls.identity.key.expose_secret());
    let mut config = ServerTlsConfig::new().identity(pem).timeout(handshake);
    if let Some(authorities) = &tls.client_ca {
        config = config.client_ca_root(Certificate::from_pem(authorities));
    }
    Ok(config)
}

/// An error with what caused it.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
