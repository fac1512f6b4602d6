//! Servers with TLS.

use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Error, Identity};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use users_test_platform::{Certificates, Identity as Files, Wire};

use crate::fixture::Fixture;

fn platform(certificates: &Certificates, mutual: bool) -> Fixture {
    Fixture::with(|options| {
        options.certificates = Some(certificates.clone());
        options.mutual = mutual;
    })
}

async fn connected(
    server: &Wire,
    certificates: &Certificates,
    client: Option<&Files>,
) -> Result<Channel, Error> {
    let ca = Certificate::from_pem(&certificates.ca.certificate_pem);
    let mut tls = ClientTlsConfig::new().ca_certificate(ca);
    if let Some(client) = client {
        tls = tls.identity(Identity::from_pem(&client.certificate_pem, &client.key_pem));
    }
    let url = format!("https://{}", server.host_and_port());
    let endpoint = Endpoint::from_shared(url)?.tls_config(tls)?;
    endpoint.connect().await
}

/// Whether the server serves somebody who shows this. A refused certificate is told after the
/// client has taken the connection for open.
async fn serves(server: &Wire, certificates: &Certificates, client: Option<&Files>) -> bool {
    let Ok(channel) = connected(server, certificates, client).await else {
        return false;
    };
    let request = HealthCheckRequest {
        service: String::new(),
    };
    HealthClient::new(channel).check(request).await.is_ok()
}

#[tokio::test]
async fn with_tls_the_server_shows_its_certificate() {
    let certificates = Certificates::new();
    let fixture = platform(&certificates, false);
    assert!(serves(&fixture.platform.auth, &certificates, None).await);
    let others = Certificates::new();
    assert!(!serves(&fixture.platform.auth, &others, None).await);
    let environment = fixture.platform.environment();
    let names: Vec<_> = environment.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"MG_AUTH_GRPC_SERVER_CA_CERTS"), "{names:?}");
    assert!(!names.contains(&"MG_AUTH_GRPC_CLIENT_CERT"), "{names:?}");
}

#[tokio::test]
async fn with_mutual_tls_the_client_shows_his_too() {
    let certificates = Certificates::new();
    let fixture = platform(&certificates, true);
    let auth = &fixture.platform.auth;
    assert!(serves(auth, &certificates, Some(&certificates.client)).await);
    for wrong in [
        None,
        Some(&certificates.expired_client),
        Some(&certificates.client_of_other_ca),
    ] {
        assert!(!serves(auth, &certificates, wrong).await, "{wrong:?}");
    }
}

#[tokio::test]
async fn wrong_certificates_of_servers_are_refused_by_clients() {
    let mut certificates = Certificates::new();
    for wrong in [
        certificates.expired_server.clone(),
        certificates.server_elsewhere.clone(),
        certificates.server_of_other_ca.clone(),
    ] {
        certificates.server = wrong;
        let fixture = platform(&certificates, false);
        assert!(!serves(&fixture.platform.auth, &certificates, None).await);
    }
}
