//! A service that answers, refuses, or keeps silent, as it is asked.

use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use secrecy::ExposeSecret as _;
use tokio::runtime::Runtime;
use tonic::codegen::tokio_stream::Stream;
use tonic::metadata::MetadataMap;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Certificate, Identity as Pem, Server, ServerTlsConfig};
use tonic::{Request, Response, Status};
use users_grpc_client::{Call, Identity};
use users_proto::authzed::api::v1 as api;
use users_proto::authzed::api::v1::permissions_service_client::PermissionsServiceClient;
use users_proto::authzed::api::v1::permissions_service_server::{
    PermissionsService, PermissionsServiceServer,
};

/// A certificate with its key, and who signed the certificates of clients.
pub(crate) type ServerTls = (Identity, Option<String>);

/// A running service; dropping it breaks its connections.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    log: Arc<Log>,
    runtime: Option<Runtime>,
}

#[derive(Default)]
struct Log {
    calls: Mutex<Vec<MetadataMap>>,
    given_up: AtomicUsize,
}

impl Peer {
    pub(crate) fn start(tls: Option<ServerTls>) -> Self {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into(), tls)
    }

    pub(crate) fn start_at(address: SocketAddr, tls: Option<ServerTls>) -> Self {
        let runtime = super::runtime();
        let listener = bind(address);
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Log::default());
        let mut server = Server::builder();
        if let Some((identity, clients)) = tls {
            let pem = Pem::from_pem(identity.certificate, identity.key.expose_secret());
            let mut config = ServerTlsConfig::new().identity(pem);
            if let Some(clients) = clients {
                config = config.client_ca_root(Certificate::from_pem(clients));
            }
            server = server.tls_config(config).unwrap();
        }
        let service = PermissionsServiceServer::new(Answers(log.clone()));
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let serving = server.add_service(service);
            serving
                .serve_with_incoming(TcpIncoming::from(listener))
                .await
        });
        Self {
            address,
            log,
            runtime: Some(runtime),
        }
    }

    /// The headers of the calls so far.
    pub(crate) fn seen(&self) -> Vec<MetadataMap> {
        self.log.calls.lock().unwrap().clone()
    }

    /// Until so many calls have come.
    pub(crate) async fn wait_for(&self, calls: usize) {
        wait(|| self.log.calls.lock().unwrap().len() >= calls).await;
    }

    /// Until so many calls were given up by who made them.
    pub(crate) async fn wait_until_given_up(&self, calls: usize) {
        wait(|| self.log.given_up.load(Ordering::SeqCst) >= calls).await;
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Waits until its sockets are closed, which may not be done inside a runtime.
        let runtime = self.runtime.take().unwrap();
        thread::spawn(move || runtime.shutdown_timeout(super::LONG))
            .join()
            .unwrap();
    }
}

/// The port of a service that just ended may still be held by a connection that ends.
fn bind(address: SocketAddr) -> TcpListener {
    let until = Instant::now() + super::LONG;
    loop {
        match TcpListener::bind(address) {
            Ok(listener) => {
                listener.set_nonblocking(true).unwrap();
                return listener;
            }
            Err(error) => assert!(Instant::now() < until, "{error}"),
        }
        thread::sleep(Duration::from_millis(10));
    }
}

async fn wait(is_so: impl Fn() -> bool) {
    let until = Instant::now() + super::LONG;
    while !is_so() {
        assert!(Instant::now() < until, "it never happens");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Asks for `what`; the answer is the same word.
pub(crate) async fn check(call: Call, what: &'static str) -> Result<String, Status> {
    let request = call.request(api::CheckPermissionRequest {
        permission: what.to_owned(),
        ..Default::default()
    });
    let answer = PermissionsServiceClient::new(call.channel())
        .check_permission(request)
        .await?;
    let token = answer.into_inner().checked_at.unwrap_or_default();
    Ok(token.token)
}

struct Answers(Arc<Log>);

/// Notes that a call ended without an answer.
struct GivenUp(Arc<Log>);

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.given_up.fetch_add(1, Ordering::SeqCst);
    }
}

#[tonic::async_trait]
impl PermissionsService for Answers {
    type ReadRelationshipsStream =
        Pin<Box<dyn Stream<Item = Result<api::ReadRelationshipsResponse, Status>> + Send>>;

    async fn check_permission(
        &self,
        request: Request<api::CheckPermissionRequest>,
    ) -> Result<Response<api::CheckPermissionResponse>, Status> {
        let given_up = GivenUp(self.0.clone());
        let headers = request.metadata().clone();
        self.0.calls.lock().unwrap().push(headers);
        let what = request.into_inner().permission;
        match what.as_str() {
            "never" => pending::<()>().await,
            "refuse" => return Err(Status::failed_precondition("not now")),
            _ => {}
        }
        std::mem::forget(given_up);
        Ok(Response::new(api::CheckPermissionResponse {
            checked_at: Some(api::ZedToken { token: what }),
            permissionship: 0,
        }))
    }

    async fn write_relationships(
        &self,
        _: Request<api::WriteRelationshipsRequest>,
    ) -> Result<Response<api::WriteRelationshipsResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn delete_relationships(
        &self,
        _: Request<api::DeleteRelationshipsRequest>,
    ) -> Result<Response<api::DeleteRelationshipsResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn read_relationships(
        &self,
        _: Request<api::ReadRelationshipsRequest>,
    ) -> Result<Response<Self::ReadRelationshipsStream>, Status> {
        Err(Status::unimplemented("not here"))
    }
}
