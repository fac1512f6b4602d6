//! The ports that the service listens on.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs as _};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, anyhow};

use crate::config::{GrpcSettings, HttpSettings, Profile};

/// Sockets that are bound and listen; clients may connect before the service is ready and wait.
pub(super) struct Listeners {
    sockets: Mutex<Vec<TcpListener>>,
    authority: String,
}

/// What somebody does who wants another host or port: a setting or a flag.
pub(super) struct Instead {
    pub(super) host: &'static str,
    pub(super) port: &'static str,
}

impl Listeners {
    /// For HTTP.
    pub(super) fn http(settings: &HttpSettings, profile: Profile) -> Result<Self> {
        let instead = Instead {
            host: "MG_USERS_HTTP_HOST",
            port: match profile {
                Profile::Dev => "--port N",
                Profile::Serve => "MG_USERS_HTTP_PORT",
            },
        };
        Self::bind(&settings.host, settings.port, &instead)
    }

    /// For gRPC.
    pub(super) fn grpc(settings: &GrpcSettings) -> Result<Self> {
        let instead = Instead {
            host: "MG_USERS_GRPC_HOST",
            port: "MG_USERS_GRPC_PORT",
        };
        Self::bind(&settings.host, settings.port, &instead)
    }

    /// Listens on every address of the host, `localhost` has two.
    fn bind(host: &str, port: u16, instead: &Instead) -> Result<Self> {
        let addresses: Vec<SocketAddr> = (host, port)
            .to_socket_addrs()
            .with_context(|| {
                let setting = instead.host;
                format!("cannot listen on {host}: {setting} has no address")
            })?
            .collect();
        let sockets = bind_all(&addresses).map_err(|error| {
            let setting = instead.port;
            let hint = match error.kind() {
                io::ErrorKind::AddrInUse => {
                    format!(
                        "; another program uses the port: stop it, or set another with {setting}"
                    )
                }
                io::ErrorKind::PermissionDenied => {
                    format!("; ports below 1024 are for administrators: set another with {setting}")
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
        let authority = if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        };
        Ok(Self {
            sockets: Mutex::new(sockets),
            authority,
        })
    }

    /// Where clients find the service: host and port.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// The same as an `http` URL.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.authority)
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
