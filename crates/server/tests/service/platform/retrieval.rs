//! What the platform's other services are told over gRPC.

use tokio::runtime::Runtime;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Status};
use users_proto::users::v1::users_service_client::UsersServiceClient;
use users_proto::users::v1::{RetrieveUsersReq, RetrieveUsersRes};
use users_test_platform::Certificates;

use super::{Mode, serve};
use crate::program::{Home, PATIENCE};

/// Another service of the platform.
pub(super) struct Caller {
    runtime: Runtime,
    endpoint: Endpoint,
}

impl Caller {
    pub(super) fn plain(port: u16) -> Self {
        Self::at(&format!("http://127.0.0.1:{port}"), None)
    }

    fn at(url: &str, tls: Option<ClientTlsConfig>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        let endpoint = Endpoint::from_shared(url.to_owned()).unwrap();
        let mut endpoint = endpoint.timeout(PATIENCE).connect_timeout(PATIENCE);
        if let Some(tls) = tls {
            endpoint = endpoint.tls_config(tls).unwrap();
        }
        Self { runtime, endpoint }
    }

    pub(super) fn retrieve(&self, ids: &[&str]) -> Result<RetrieveUsersRes, Status> {
        let request = RetrieveUsersReq {
            ids: ids.iter().map(|&id| id.to_owned()).collect(),
            offset: 0,
            limit: 0,
        };
        self.runtime.block_on(async {
            let channel: Channel = self
                .endpoint
                .connect()
                .await
                .map_err(|error| Status::new(Code::Unavailable, format!("{error:?}")))?;
            let mut client = UsersServiceClient::new(channel);
            client
                .retrieve_users(request)
                .await
                .map(tonic::Response::into_inner)
        })
    }
}

#[test]
fn with_authorities_for_clients_only_who_shows_their_certificate_is_answered() {
    let certificates = Certificates::new();
    let platform = Mode::Plain.start();
    let home = Home::with_postgres();
    let path = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let certificate = path(&certificates.server.certificate);
    let key = path(&certificates.server.key);
    let ca = path(&certificates.ca.certificate);
    let (program, port) = serve(
        &home,
        &platform,
        &[
            ("MG_AUTH_GRPC_TIMEOUT", "20s"),
            ("MG_USERS_GRPC_SERVER_CERT", &certificate),
            ("MG_USERS_GRPC_SERVER_KEY", &key),
            ("MG_USERS_GRPC_CLIENT_CA_CERTS", &ca),
        ],
    );
    let registered = program.register("ada").expect(201);
    let ada = registered["id"].as_str().unwrap();
    let url = format!("https://localhost:{port}");
    let trusting = || {
        let ca = Certificate::from_pem(&certificates.ca.certificate_pem);
        ClientTlsConfig::new().ca_certificate(ca)
    };
    let showing = |identity: &users_test_platform::Identity| {
        trusting().identity(Identity::from_pem(
            &identity.certificate_pem,
            &identity.key_pem,
        ))
    };
    let ours = Caller::at(&url, Some(showing(&certificates.client)));
    assert_eq!(ours.retrieve(&[ada]).unwrap().users[0].username, "ada");
    for (why, stranger) in [
        ("none", Caller::at(&url, Some(trusting()))),
        (
            "another authority's",
            Caller::at(&url, Some(showing(&certificates.client_of_other_ca))),
        ),
        (
            "an old one",
            Caller::at(&url, Some(showing(&certificates.expired_client))),
        ),
        ("no TLS", Caller::plain(port)),
    ] {
        let refused = stranger.retrieve(&[ada]).unwrap_err();
        // The connection's end, not an answer of the service's.
        assert!(
            std::error::Error::source(&refused).is_some() || refused.code() == Code::Unavailable,
            "{why}: {refused:?}"
        );
    }
    // Nobody of them came as far as a call.
    let metrics = program.get("/metrics").text;
    let calls = metrics.lines();
    let calls: Vec<_> = calls
        .filter(|line| line.starts_with("users_grpc_calls_total"))
        .collect();
    let ours = "users_grpc_calls_total{code=\"Ok\",method=\"RetrieveUsers\"} 1";
    assert_eq!(calls, [ours]);
    program.terminate();
}

#[test]
fn calls_are_counted_and_refused_once_the_service_has_ended() {
    let world = super::World::start(Mode::Plain);
    let ada = world.register("ada");
    let caller = Caller::plain(world.grpc_port);
    assert_eq!(caller.retrieve(&[&ada]).unwrap().total, 1);
    let metrics = world.program.get("/metrics").text;
    let counted = "users_grpc_calls_total{code=\"Ok\",method=\"RetrieveUsers\"} 1";
    assert!(metrics.contains(counted), "{metrics}");
    world.program.terminate();
    let refused = caller.retrieve(&[&ada]).unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
}
