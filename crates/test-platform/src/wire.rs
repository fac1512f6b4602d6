//! What all stand-ins have in common: a port, TLS or none, faults, and a log of calls.

mod call;
mod door;
mod fault;
mod recorded;

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinHandle;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::codegen::http::{Request, Response};
use tonic::service::Routes;
use tonic::transport::{Certificate, Server, ServerTlsConfig};

use crate::certificates::{Authority, Identity};
use crate::runtime;
use call::CallLog;
use door::Door;
use fault::Faults;
use recorded::Recorded;

pub use call::{Answer, Call};
pub use fault::Fault;

/// Where and how a server listens.
#[derive(Debug, Clone, Default)]
pub struct Listen {
    /// The port of 127.0.0.1; 0 is any that is free.
    pub port: u16,
    /// `None` is in clear text.
    pub tls: Option<ServerTls>,
}

/// How a server uses TLS.
#[derive(Debug, Clone)]
pub struct ServerTls {
    /// What it shows.
    pub identity: Identity,
    /// Where this is given, clients must show a certificate that this authority signed.
    pub client_ca: Option<Authority>,
}

/// A server of the platform, as tests get hold of it.
///
/// Clones are the same server; it ends with the last of them.
#[derive(Clone)]
pub struct Wire(Arc<Running>);

struct Running {
    name: &'static str,
    door: Door,
    log: CallLog,
    faults: Faults,
    /// Serves the connections from opening to closing.
    serving: Mutex<JoinHandle<()>>,
    serve: Serve,
}

/// Begins to serve what comes in at a door.
type Serve = Box<dyn Fn(&Door) -> JoinHandle<()> + Send + Sync>;

impl Wire {
    /// A server of gRPC.
    pub(crate) fn grpc(name: &'static str, listen: &Listen, routes: Routes) -> io::Result<Self> {
        Self::start(name, listen, routes, true)
    }

    /// A server of plain HTTP.
    pub(crate) fn http<S>(name: &'static str, listen: &Listen, service: S) -> io::Result<Self>
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send,
    {
        Self::start(name, listen, service, false)
    }

    fn start<S>(name: &'static str, listen: &Listen, service: S, grpc: bool) -> io::Result<Self>
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send,
    {
        let (log, faults) = (CallLog::new(), Faults::default());
        let mut server = Server::builder().accept_http1(!grpc);
        if let Some(tls) = &listen.tls {
            server = server
                .tls_config(tls_config(tls))
                .map_err(io::Error::other)?;
        }
        let door = Door::open(listen.port)?;
        let recorded = Recorded {
            inner: service,
            log: log.clone(),
            faults: faults.clone(),
            grpc,
        };
        let serve = move |door: &Door| {
            let serving = server
                .clone()
                .serve_with_incoming(recorded.clone(), door.connections());
            runtime::handle().spawn(async move {
                serving
                    .await
                    .expect("a server here ends when it is told to");
            })
        };
        Ok(Self(Arc::new(Running {
            name,
            log,
            faults,
            serving: Mutex::new(serve(&door)),
            serve: Box::new(serve),
            door,
        })))
    }

    /// Address and port.
    pub fn address(&self) -> SocketAddr {
        self.0.door.address()
    }

    /// Address and port as the service's settings want them: `127.0.0.1:8181`.
    pub fn host_and_port(&self) -> String {
        self.address().to_string()
    }

    /// Goes away, as a process that dies: connections are cut, new ones are refused. Nobody else gets
    /// the port. What was being done may have been done.
    pub fn go_away(&self) {
        self.0.door.close();
        self.serving().abort();
    }

    /// Comes back at the same port, with all that it knew.
    pub fn come_back(&self) {
        if self.0.door.reopen() {
            *self.serving() = (self.0.serve)(&self.0.door);
        }
    }

    /// From now on every call meets this fault, health checks too, unless its method has one of its
    /// own.
    pub fn set_fault(&self, fault: Fault) {
        self.0.faults.set(None, Some(fault));
    }

    /// From now on every call of this method meets this fault. The method's name stands alone: `Issue`.
    pub fn set_fault_of(&self, rpc: &str, fault: Fault) {
        self.0.faults.set(Some(rpc), Some(fault));
    }

    /// From now on no call of this method meets a fault of its own.
    pub fn clear_fault_of(&self, rpc: &str) {
        self.0.faults.set(Some(rpc), None);
    }

    /// From now on everything is as it should be. Calls that hang go on hanging.
    pub fn clear_faults(&self) {
        self.0.faults.clear();
    }

    /// The calls that came over the wire, in the order in which they came; at most the last 20,000.
    pub fn calls(&self) -> Vec<Call> {
        self.0.log.calls()
    }

    /// The calls of one method: `Issue`.
    pub fn calls_of(&self, rpc: &str) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(|call| call.rpc() == rpc);
        calls
    }

    /// Forgets the calls so far.
    pub fn forget_calls(&self) {
        self.0.log.forget();
    }

    /// Waits until so many calls of a method have come, counted from the start or from when they
    /// were forgotten.
    ///
    /// # Panics
    ///
    /// They did not come within a minute.
    pub async fn wait_for_calls(&self, rpc: &str, count: usize) {
        self.0.log.wait_for(rpc, count).await;
    }

    /// Has every call told once it is answered. Replaces whom it was told before.
    pub fn on_answer(&self, observer: impl Fn(&Call) + Send + Sync + 'static) {
        self.0.log.observe(Arc::new(observer));
    }

    pub(crate) fn fault_of(&self, rpc: &str) -> Option<Fault> {
        self.0.faults.of(rpc)
    }

    pub(crate) fn is_away(&self) -> bool {
        self.0.door.is_closed()
    }

    fn serving(&self) -> std::sync::MutexGuard<'_, JoinHandle<()>> {
        self.0
            .serving
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let serving = self
            .serving
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        serving.abort();
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire")
            .field("server", &self.0.name)
            .field("address", &self.address())
            .finish_non_exhaustive()
    }
}

fn tls_config(tls: &ServerTls) -> ServerTlsConfig {
    let config = ServerTlsConfig::new().identity(tonic::transport::Identity::from_pem(
        &tls.identity.certificate_pem,
        &tls.identity.key_pem,
    ));
    match &tls.client_ca {
        Some(ca) => config.client_ca_root(Certificate::from_pem(&ca.certificate_pem)),
        None => config,
    }
}
