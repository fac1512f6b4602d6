//! The ports that the service listens on.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs as _};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, anyhow};

use crate::config::{HttpSettings, Profile};

/// Sockets that are bound and listen; clients may connect before the service is ready and wait.
pub(super) struct Listeners {
    sockets: Mutex<Vec<TcpListener>>,
    url: String,
}

impl Listeners {
    /// Listens on every address of the host, `localhost` has two.
    pub(super) fn bind(settings: &HttpSettings, profile: Profile) -> Result<Self> {
        let (host, port) = (&settings.host, settings.port);
        let addresses: Vec<SocketAddr> = (host.as_str(), port)
            .to_socket_addrs()
            .with_context(|| format!("cannot listen on {host}: MG_USERS_HTTP_HOST has no address"))?
            .collect();
        let sockets = bind_all(&addresses).map_err(|error| {
            let instead = match profile {
                Profile::Dev => "--port N",
                Profile::Serve => "MG_USERS_HTTP_PORT",
            };
            let hint = match error.kind() {
                io::ErrorKind::AddrInUse => {
                    format!(
                        "; another program uses the port: stop it, or set another with {instead}"
                    )
                }
                io::ErrorKind::PermissionDenied => {
                    format!("; ports below 1024 are for administrators: set another with {instead}")
                }
                _ => String::new(),
            };
            anyhow!("cannot listen on {host}:{port}: {error}{hint}")
        })?;
        let port = sockets
            .first()
            .context("the host has no address")?
            .local_addr()?
            .port();
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host.clone()
        };
        Ok(Self {
            sockets: Mutex::new(sockets),
            url: format!("http://{host}:{port}"),
        })
    }

    /// Where clients find the service.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Copies of the sockets for one run of the server: a restart loses no client that waits.
    pub(super) fn copies(&self) -> io::Result<Vec<TcpListener>> {
        let sockets = self.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        sockets.iter().map(TcpListener::try_clone).collect()
    }

    /// New clients are refused as soon as the present run lets go of its copies.
    pub(super) fn close(&self) {
        self.sockets
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

/// How often a free port is looked for that is free on every address.
const ATTEMPTS: u32 = 20;

/// Listens on all that can be listened on, with one port for all.
fn bind_all(addresses: &[SocketAddr]) -> io::Result<Vec<TcpListener>> {
    let mut attempt = 1;
    loop {
        match bind_once(addresses) {
            // A port that the system picked as free on the first address may be taken on the next.
            Err(error)
                if error.kind() == io::ErrorKind::AddrInUse
                    && addresses.iter().all(|address| address.port() == 0)
                    && attempt < ATTEMPTS =>
            {
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

/// An address that this machine does not have is passed over as long as there is another.
fn bind_once(addresses: &[SocketAddr]) -> io::Result<Vec<TcpListener>> {
    let mut sockets: Vec<TcpListener> = Vec::new();
    let mut missing = None;
    for address in addresses {
        let mut address = *address;
        if let (0, Some(first)) = (address.port(), sockets.first()) {
            address.set_port(first.local_addr()?.port());
        }
        match TcpListener::bind(address) {
            Ok(socket) => sockets.push(socket),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported
                ) =>
            {
                missing = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    match missing {
        Some(error) if sockets.is_empty() => Err(error),
        _ => Ok(sockets),
    }
}
