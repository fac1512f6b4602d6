//! `sslmode` and its files, against real servers: who gets in, and what the operator is told.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::path::{Path, PathBuf};

use users_postgres::{SslMode, SslSettings};
use users_test_postgres::{
    Binaries, Certificates, Database, Demand, Identity, Server, ServerOptions, Tls,
};

#[allow(dead_code, reason = "every suite takes what it needs of it")]
#[path = "fixture/store.rs"]
mod fixture;

use fixture::{ask, settings};

const VERIFYING: [SslMode; 2] = [SslMode::VerifyCa, SslMode::VerifyFull];

fn server(tls: Option<Tls>) -> Server {
    let binaries = Binaries::find().unwrap();
    let options = ServerOptions {
        tls,
        ..ServerOptions::default()
    };
    Server::start(&binaries, &options)
}

/// A server that shows `identity`.
fn encrypting(certificates: &Certificates, identity: &Identity, demand: Demand) -> Server {
    server(Some(Tls {
        identity: identity.clone(),
        client_ca: certificates.ca.clone(),
        demand,
    }))
}

fn ssl(mode: SslMode, root: Option<&Path>) -> SslSettings {
    SslSettings {
        mode,
        root_certificate: root.map(PathBuf::from),
        ..SslSettings::default()
    }
}

fn with_client(ssl: SslSettings, client: &Identity) -> SslSettings {
    SslSettings {
        certificate: Some(client.certificate.clone()),
        key: Some(client.key.clone()),
        ..ssl
    }
}

/// Connects to `localhost`; the refusal is as the operator reads it.
async fn connect(database: &Database, ssl: SslSettings) -> Result<(), String> {
    connect_to("localhost", database, ssl).await
}

async fn connect_to(host: &str, database: &Database, ssl: SslSettings) -> Result<(), String> {
    let mut settings = settings(&database.connection().plain());
    host.clone_into(&mut settings.host);
    settings.ssl = ssl;
    ask(settings).await
}

/// A refusal has to say all of this.
#[track_caller]
fn assert_refused(outcome: Result<(), String>, words: &[&str]) {
    let told = outcome.unwrap_err();
    for word in words {
        assert!(told.contains(word), "{word:?} is not in: {told}");
    }
}

#[tokio::test]
async fn the_right_authority_and_name_are_taken_by_every_mode() {
    let certificates = Certificates::new();
    let server = encrypting(&certificates, &certificates.localhost, Demand::Tls);
    let database = server.create_database();
    for mode in [SslMode::Require, SslMode::VerifyCa, SslMode::VerifyFull] {
        let outcome = connect(&database, ssl(mode, Some(&certificates.ca))).await;
        assert_eq!(outcome, Ok(()), "{mode:?}");
    }
    assert_eq!(
        connect(&database, ssl(SslMode::Require, None)).await,
        Ok(())
    );
    // Without encryption nobody gets in here, so that the others were encrypted.
    let plain = connect(&database, ssl(SslMode::Disable, None)).await;
    assert_refused(plain, &["no encryption"]);
}

#[tokio::test]
async fn an_address_is_a_name_too() {
    let certificates = Certificates::new();
    let server = encrypting(&certificates, &certificates.address, Demand::Tls);
    let database = server.create_database();
    let full = ssl(SslMode::VerifyFull, Some(&certificates.ca));
    let by_address = connect_to("127.0.0.1", &database, full.clone()).await;
    assert_eq!(by_address, Ok(()));
    assert_refused(connect(&database, full).await, &["localhost"]);
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused_wherever_authorities_count() {
    let certificates = Certificates::new();
    let server = encrypting(&certificates, &certificates.localhost, Demand::Tls);
    let database = server.create_database();
    for mode in [SslMode::Require, SslMode::VerifyCa, SslMode::VerifyFull] {
        let outcome = connect(&database, ssl(mode, Some(&certificates.other_ca))).await;
        assert_refused(outcome, &["UnknownIssuer", "MG_USERS_DB_SSL_ROOT_CERT"]);
    }
    // None of those that the system trusts has signed it either.
    let outcome = connect(&database, ssl(SslMode::VerifyFull, None)).await;
    assert_refused(outcome, &["MG_USERS_DB_SSL_ROOT_CERT"]);
}

#[tokio::test]
async fn a_self_signed_certificate_is_taken_where_it_is_named_itself() {
    let certificates = Certificates::new();
    let server = encrypting(&certificates, &certificates.self_signed, Demand::Tls);
    let database = server.create_database();
    let named = |mode, identity: &Identity| ssl(mode, Some(&identity.certificate));
    for mode in [SslMode::Require, SslMode::VerifyCa, SslMode::VerifyFull] {
        let right = connect(&database, named(mode, &certificates.self_signed)).await;
        assert_eq!(right, Ok(()), "{mode:?}");
        // To have its name is not to be it.
        let other = named(mode, &certificates.other_self_signed);
        assert!(connect(&database, other).await.is_err(), "{mode:?}");
    }
    // It must still name the host where names count.
    let by_address = |mode| named(mode, &certificates.self_signed);
    let any_name = connect_to("127.0.0.1", &database, by_address(SslMode::VerifyCa)).await;
    assert_eq!(any_name, Ok(()));
    let full = connect_to("127.0.0.1", &database, by_address(SslMode::VerifyFull)).await;
    assert_refused(full, &["localhost", "MG_USERS_DB_HOST"]);
}

#[tokio::test]
async fn a_named_certificate_whose_time_is_over_is_refused() {
    let certificates = Certificates::new();
    let expired = &certificates.expired_self_signed;
    let server = encrypting(&certificates, expired, Demand::Tls);
    let database = server.create_database();
    for mode in VERIFYING {
        let outcome = connect(&database, ssl(mode, Some(&expired.certificate))).await;
        assert_refused(outcome, &["expired"]);
    }
}

#[tokio::test]
async fn verify_ca_without_an_authority_is_refused_before_anything_is_sent() {
    let database = Server::shared().create_database();
    let mut settings = settings(database.connection());
    settings.ssl = ssl(SslMode::VerifyCa, None);
    let words = [
        "verify-ca needs",
        "MG_USERS_DB_SSL_ROOT_CERT",
        "verify-full",
    ];
    assert_refused(ask(settings).await, &words);
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused_by_verify_full_alone() {
    let certificates = Certificates::new();
    let server = encrypting(&certificates, &certificates.elsewhere, Demand::Tls);
    let database = server.create_database();
    for mode in [SslMode::Require, SslMode::VerifyCa] {
        let outcome = connect(&database, ssl(mode, Some(&certificates.ca))).await;
        assert_eq!(outcome, Ok(()), "{mode:?}");
    }
    let outcome = connect(&database, ssl(SslMode::VerifyFull, Some(&certificates.ca))).await;
    assert_refused(
        outcome,
        &["db.example.org", "MG_USERS_DB_HOST", "verify-ca"],
    );
}

#[tokio::test]
async fn a_client_shows_its_certificate() {
    let certificates = Certificates::new();
    let demand = Demand::CertificateOfRole;
    let server = encrypting(&certificates, &certificates.localhost, demand);
    let database = server.create_database();
    let full = || ssl(SslMode::VerifyFull, Some(&certificates.ca));
    let right = connect(&database, with_client(full(), &certificates.client)).await;
    assert_eq!(right, Ok(()));
    let missing = connect(&database, full()).await;
    assert_refused(missing, &["valid client certificate"]);
    let strangers = connect(&database, with_client(full(), &certificates.stranger)).await;
    assert_refused(strangers, &["certificate authentication failed"]);
    let of_other_ca = with_client(full(), &certificates.client_of_other_ca);
    let of_other_ca = connect(&database, of_other_ca).await;
    assert_refused(of_other_ca, &["alert", "MG_USERS_DB_SSL_CERT"]);
}

#[tokio::test]
async fn a_server_without_tls_is_not_talked_to_in_the_clear() {
    let server = server(None);
    let database = server.create_database();
    let outcome = connect(&database, ssl(SslMode::Require, None)).await;
    assert_refused(
        outcome,
        &["does not support TLS", "MG_USERS_DB_SSL_MODE=disable"],
    );
    let plain = connect(&database, ssl(SslMode::Disable, None)).await;
    assert_eq!(plain, Ok(()));
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named() {
    let certificates = Certificates::new();
    let server = server(None);
    let database = server.create_database();
    let folder = certificates.folder();
    let absent = folder.join("absent.crt");
    let (client, stranger) = (&certificates.client, &certificates.stranger);
    let mixed = Identity {
        certificate: client.certificate.clone(),
        key: stranger.key.clone(),
    };
    let swapped = Identity {
        certificate: client.key.clone(),
        key: client.certificate.clone(),
    };
    let key_is_certificate = Identity {
        certificate: client.certificate.clone(),
        key: client.certificate.clone(),
    };
    let require = || ssl(SslMode::Require, None);
    for (ssl, words) in [
        (
            ssl(SslMode::VerifyFull, Some(&absent)),
            ["absent.crt", "No such file", "MG_USERS_DB_SSL_ROOT_CERT"],
        ),
        (
            ssl(SslMode::VerifyCa, Some(&client.key)),
            ["client.key", "no certificate", "MG_USERS_DB_SSL_ROOT_CERT"],
        ),
        (
            with_client(require(), &mixed),
            ["stranger.key", "not the key", "MG_USERS_DB_SSL_KEY"],
        ),
        (
            with_client(require(), &swapped),
            ["client.key", "no certificate", "MG_USERS_DB_SSL_CERT"],
        ),
        (
            with_client(require(), &key_is_certificate),
            ["client.crt", "no private key", "MG_USERS_DB_SSL_KEY"],
        ),
        (
            SslSettings {
                key: None,
                ..with_client(require(), client)
            },
            [
                "no client key",
                "MG_USERS_DB_SSL_CERT",
                "MG_USERS_DB_SSL_KEY",
            ],
        ),
        (
            SslSettings {
                certificate: None,
                ..with_client(require(), client)
            },
            [
                "no client certificate",
                "MG_USERS_DB_SSL_CERT",
                "MG_USERS_DB_SSL_KEY",
            ],
        ),
    ] {
        let told = connect(&database, ssl).await;
        let secret = std::fs::read_to_string(&client.key).unwrap();
        let secret = secret.lines().nth(1).unwrap();
        assert!(!told.as_ref().unwrap_err().contains(secret));
        assert_refused(told, &words);
    }
}
