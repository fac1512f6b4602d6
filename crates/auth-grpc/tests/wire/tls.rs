//! Encryption: who is trusted, and who is not.

use users_auth_grpc::{AuthGrpc, Identity, OpenError, PeerSettings, Tls};
use users_domain::ports::{PlatformError, TokenIssuer as _};
use users_test_platform::{
    AuthOptions, AuthServer, Authority, Certificates, Identity as Shown, Listen, ServerTls,
};

use crate::fixture::{AMPLE, open, request, settings};

fn server(identity: &Shown, client_ca: Option<&Authority>) -> AuthServer {
    let tls = Some(ServerTls {
        identity: identity.clone(),
        client_ca: client_ca.cloned(),
    });
    let options = AuthOptions {
        listen: Listen { port: 0, tls },
        ..AuthOptions::default()
    };
    AuthServer::start(options).unwrap()
}

fn tls(ca: &Authority, identity: Option<&Shown>) -> Tls {
    Tls {
        server_ca: Some(ca.certificate_pem.clone()),
        identity: identity.map(|shown| Identity {
            certificate: shown.certificate_pem.clone(),
            key: shown.key_pem.clone().into(),
        }),
    }
}

fn client(server: &AuthServer, tls: Option<Tls>) -> AuthGrpc {
    open(&PeerSettings {
        tls,
        ..settings(server.host_and_port(), AMPLE)
    })
}

#[tokio::test]
async fn a_service_whose_authority_is_named_is_spoken_to_by_address_and_by_name() {
    let certificates = Certificates::new();
    let server = server(&certificates.server, None);
    let by_address = client(&server, Some(tls(&certificates.ca, None)));
    by_address.issue(request()).await.unwrap();
    let by_name = open(&PeerSettings {
        tls: Some(tls(&certificates.ca, None)),
        ..settings(format!("localhost:{}", server.address().port()), AMPLE)
    });
    by_name.check().await.unwrap();
}

#[tokio::test]
async fn a_service_that_wants_to_know_who_calls_is_told() {
    let certificates = Certificates::new();
    let server = server(&certificates.server, Some(&certificates.ca));
    let known = client(
        &server,
        Some(tls(&certificates.ca, Some(&certificates.client))),
    );
    known.issue(request()).await.unwrap();
    for stranger in [
        None,
        Some(&certificates.expired_client),
        Some(&certificates.client_of_other_ca),
    ] {
        let stranger = client(&server, Some(tls(&certificates.ca, stranger)));
        assert_eq!(stranger.check().await, Err(PlatformError::Unavailable));
    }
}

#[tokio::test]
async fn a_service_with_a_certificate_that_does_not_do_is_away() {
    let certificates = Certificates::new();
    for wrong in [
        &certificates.expired_server,
        &certificates.server_elsewhere,
        &certificates.server_of_other_ca,
        // A client's is no server's.
        &certificates.client,
    ] {
        let server = server(wrong, None);
        let auth = client(&server, Some(tls(&certificates.ca, None)));
        for _ in 0..2 {
            assert_eq!(auth.check().await, Err(PlatformError::Unavailable));
        }
        assert!(server.calls().is_empty(), "nothing was said to it");
    }
}

#[tokio::test]
async fn without_a_named_authority_only_those_of_the_system_are_trusted() {
    let certificates = Certificates::new();
    let server = server(&certificates.server, None);
    let tls = Tls {
        server_ca: None,
        identity: None,
    };
    let settings = PeerSettings {
        tls: Some(tls),
        ..settings(server.host_and_port(), AMPLE)
    };
    let entropy = std::sync::Arc::new(users_testkit::fakes::SeededEntropy::new(7));
    let clock = std::sync::Arc::new(users_testkit::fakes::FixedClock::new());
    match AuthGrpc::open(&settings, tokio::runtime::Handle::current(), entropy, clock) {
        Ok(auth) => assert_eq!(auth.check().await, Err(PlatformError::Unavailable)),
        // A system without any says so at once.
        Err(error) => assert!(matches!(error, OpenError::NoSystemRoots), "{error}"),
    }
    assert!(server.calls().is_empty());
}

#[tokio::test]
async fn clear_text_and_encryption_are_never_mixed_up() {
    let certificates = Certificates::new();
    let encrypted = server(&certificates.server, None);
    let plain = AuthServer::start(AuthOptions::default()).unwrap();
    for auth in [
        client(&encrypted, None),
        client(&plain, Some(tls(&certificates.ca, None))),
    ] {
        assert_eq!(auth.check().await, Err(PlatformError::Unavailable));
    }
    assert!(encrypted.calls().is_empty());
    assert!(plain.calls().is_empty());
}
