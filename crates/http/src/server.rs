//! Answering on sockets.

mod alarm;
mod client_socket;
mod long_names;
mod request;
mod turn;

use std::convert::Infallible;
use std::future::ready;
use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_http::HttpService;
use actix_service::{ServiceFactoryExt as _, apply_fn_factory, fn_service, map_config};
use actix_web::App;
use actix_web::dev::{AppConfig, Server};
use actix_web::http::KeepAlive;
use tokio::net::TcpStream;

use crate::routes::{configure, fallback};
use crate::state::Api;

use client_socket::{ClientSocket, Limits};

pub(crate) use turn::Turn;

/// How the server uses its connections.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// How long the head of a request may take to arrive; zero is no limit. The first on a
    /// connection is then answered 408; with a later one the connection ends.
    pub read_header_timeout: Duration,
    /// How long an idle connection is kept for the next request; zero closes it after each answer.
    pub idle_timeout: Duration,
    /// How long a client that does not keep up may need for 64 KiB of its answer before the
    /// connection ends.
    pub write_timeout: Duration,
    /// Threads that answer requests; at least 1, at most 512.
    pub workers: usize,
    /// Connections that are open at once; more wait in the system's queue.
    pub max_connections: usize,
}

/// How long a client that was answered before it had sent everything may go on sending. Closed at
/// once, its connection would be reset and the answer lost.
const LINGER: Duration = Duration::from_secs(2);

/// More make actix-server panic.
const MAX_WORKERS: usize = 512;

/// Answers on sockets that are bound and listen already.
///
/// The server begins when it is first polled, within a tokio runtime, and ends when its handle says
/// so; signals are the caller's business.
#[expect(
    clippy::needless_pass_by_value,
    reason = "settings are made for one server"
)]
pub fn serve(
    listeners: Vec<TcpListener>,
    api: Api,
    settings: ServerSettings,
) -> io::Result<Server> {
    let ServerSettings {
        read_header_timeout,
        idle_timeout,
        write_timeout,
        workers,
        max_connections,
    } = settings;
    let workers = workers.clamp(1, MAX_WORKERS);
    let keep_alive = match idle_timeout {
        Duration::ZERO => KeepAlive::Disabled,
        timeout => KeepAlive::Timeout(timeout),
    };
    let limits = Limits {
        head: read_header_timeout,
        // actix-web ends idle connections itself; what it takes for busy ends here.
        idle: idle_timeout.max(LINGER),
        write: write_timeout,
    };
    let mut server = Server::build()
        .workers(workers)
        // actix-web counts by worker.
        .max_concurrent_connections(max_connections.div_ceil(workers).max(1))
        .disable_signals();
    let stopping = server.graceful_shutdown_signal();
    // What `HttpServer` of actix-web does, but on sockets of our own.
    let service = move || {
        let app = App::new()
            .configure(configure(&api))
            .default_service(fallback(&api));
        let app = map_config(app, |()| AppConfig::default());
        let app = apply_fn_factory(app, request::answer);
        let stopping = stopping.clone();
        let http = HttpService::build()
            .keep_alive(keep_alive)
            .client_request_timeout(read_header_timeout)
            .client_disconnect_timeout(LINGER)
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .on_connect_ext(|socket: &ClientSocket<TcpStream>, data| {
                data.insert(socket.turn().clone());
            })
            .h1(app);
        fn_service(move |stream: TcpStream| {
            // Answers are written whole. A connection that ended already says so when it is read.
            let _ = stream.set_nodelay(true);
            let address = stream.peer_addr().ok();
            ready(Ok::<_, Infallible>((
                ClientSocket::new(stream, limits),
                address,
            )))
        })
        .map_err(|never| match never {})
        .and_then(http)
    };
    for listener in listeners {
        server = server.listen("http", listener, service.clone())?;
    }
    Ok(server.run())
}
