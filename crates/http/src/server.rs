//! Answering on sockets.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::KeepAlive;
use actix_web::{App, HttpServer};

use crate::routes::{configure, fallback};
use crate::state::Api;

/// How the server uses its connections.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// How long the first head on a connection may take to arrive before it is answered 408; zero
    /// is no limit.
    pub read_header_timeout: Duration,
    /// How long an idle connection is kept for the next request; zero closes it after each answer.
    pub idle_timeout: Duration,
    /// Threads that answer requests; at least 1.
    pub workers: usize,
    /// Connections that are open at once; more wait in the system's queue.
    pub max_connections: usize,
}

/// How long a client that was answered before it had sent everything may go on sending. Closed at
/// once, its connection would be reset and the answer lost.
const LINGER: Duration = Duration::from_secs(2);

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
        workers,
        max_connections,
    } = settings;
    let workers = workers.max(1);
    let keep_alive = match idle_timeout {
        Duration::ZERO => KeepAlive::Disabled,
        timeout => KeepAlive::Timeout(timeout),
    };
    let app = move || {
        App::new()
            .configure(configure(&api))
            .default_service(fallback(&api))
    };
    let mut server = HttpServer::new(app)
        .workers(workers)
        // actix-web counts by worker.
        .max_connections(max_connections.div_ceil(workers).max(1))
        .client_request_timeout(read_header_timeout)
        .client_disconnect_timeout(LINGER)
        .keep_alive(keep_alive)
        .tcp_nodelay(true)
        .disable_signals();
    for listener in listeners {
        server = server.listen(listener)?;
    }
    Ok(server.run())
}
