//! Encrypted, and to those alone who show the right certificate.

use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::Status;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity as Pem};
use users_domain::{Settings, Users};
use users_grpc::{Identity, OpenError, ServerSettings, ServerTls, serve};
use users_proto::users::v1::users_service_client::UsersServiceClient;
use users_test_platform::{Certificates, Identity as File};
use users_testkit::{Fakes, people};

use crate::fixture::{Server, request};

fn identity(file: &File) -> Identity {
    Identity {
        certificate: file.certificate_pem.clone(),
        key: file.key_pem.clone().into(),
    }
}

async fn server(certificates: &Certificates, mutual: bool) -> Server {
    let fakes = Fakes::new();
    fakes.store.put(people::user("ada"));
    let tls = ServerTls {
        identity: identity(&certificates.server),
        client_ca: mutual.then(|| certificates.ca.certificate_pem.clone()),
    };
    Server::start(fakes.ports(), |settings| settings.tls = Some(tls)).await
}

/// What a client is answered that trusts an authority and shows a certificate.
async fn ask(server: &Server, ca: &str, shows: Option<&File>) -> Result<u64, Status> {
    let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca));
    if let Some(file) = shows {
        tls = tls.identity(Pem::from_pem(&file.certificate_pem, &file.key_pem));
    }
    let url = format!("https://localhost:{}", server.address.port());
    let endpoint = Endpoint::from_shared(url).unwrap();
    let channel = endpoint.tls_config(tls).unwrap().connect_lazy();
    let asked = request(&["id-of-ada"], 0, 0);
    let answer = UsersServiceClient::new(channel)
        .retrieve_users(asked)
        .await?;
    Ok(answer.into_inner().total)
}

#[tokio::test]
async fn with_a_certificate_it_is_spoken_to_encrypted_and_only_so() {
    let certificates = Certificates::new();
    let ca = &certificates.ca.certificate_pem;
    let server = server(&certificates, false).await;
    assert_eq!(ask(&server, ca, None).await.unwrap(), 1);
    // Whoever shows a certificate is not asked for it.
    let shown = Some(&certificates.client_of_other_ca);
    assert_eq!(ask(&server, ca, shown).await.unwrap(), 1);
    ask(&server, &certificates.other_ca.certificate_pem, None)
        .await
        .unwrap_err();
    server.retrieve(&["id-of-ada"], 0, 0).await.unwrap_err();
    assert_eq!(ask(&server, ca, None).await.unwrap(), 1);
}

#[tokio::test]
async fn with_an_authority_for_clients_the_right_certificate_is_needed() {
    let certificates = Certificates::new();
    let ca = &certificates.ca.certificate_pem;
    let server = server(&certificates, true).await;
    for wrong in [
        None,
        Some(&certificates.client_of_other_ca),
        Some(&certificates.expired_client),
        Some(&certificates.server),
    ] {
        ask(&server, ca, wrong).await.unwrap_err();
    }
    assert!(server.codes().is_empty(), "nobody of them came so far");
    let right = Some(&certificates.client);
    assert_eq!(ask(&server, ca, right).await.unwrap(), 1);
}

#[tokio::test]
async fn what_cannot_be_used_is_named() {
    let certificates = Certificates::new();
    let error = async |certificate: &str, key: &str, client_ca: Option<&str>| {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let (_ready, is_ready) = watch::channel(true);
        let mut settings = ServerSettings::new(is_ready);
        settings.tls = Some(ServerTls {
            identity: Identity {
                certificate: certificate.to_owned(),
                key: key.to_owned().into(),
            },
            client_ca: client_ca.map(str::to_owned),
        });
        let users = Users::new(Fakes::new().ports(), Settings::default());
        serve(listener, users, settings, std::future::pending())
            .await
            .unwrap_err()
    };
    let (certificate, key) = (
        certificates.server.certificate_pem.as_str(),
        certificates.server.key_pem.as_str(),
    );
    for (error, words) in [
        (error("no PEM", key, None).await, "certificate: it holds no"),
        (error(certificate, "no PEM", None).await, "key: it holds no"),
        (
            error(certificate, &certificates.client.key_pem, None).await,
            "key: it does not belong to",
        ),
        (
            error(certificate, key, Some("no PEM")).await,
            "authorities of the clients' certificates: it holds no",
        ),
    ] {
        assert!(error.to_string().contains(words), "{error}");
        assert!(!matches!(error, OpenError::Tls(_)));
    }
}
