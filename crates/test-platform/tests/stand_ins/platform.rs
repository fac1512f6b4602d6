//! All of it in one piece.

use users_proto::auth::v1::auth_service_client::AuthServiceClient;
use users_proto::auth::v1::{AuthZReq, PolicyReq};
use users_proto::token::v1::IssueReq;
use users_proto::token::v1::token_service_client::TokenServiceClient;
use users_test_platform::{AuthOptions, AuthServer, Certificates, Platform, PlatformOptions};

use crate::fixture::{ADA, Fixture, ROOT, channel, user};

#[test]
fn the_settings_name_every_part_and_files_that_are_there() {
    let certificates = Certificates::new();
    let platform = Platform::start(PlatformOptions {
        certificates: Some(certificates),
        mutual: true,
        preshared_key: "another".to_owned(),
        ..PlatformOptions::default()
    })
    .unwrap();
    let settings = platform.environment();
    let value = |wanted: &str| {
        let setting = settings.iter().find(|(name, _)| name == wanted);
        setting.unwrap().1.clone()
    };
    assert_eq!(value("MG_AUTH_GRPC_URL"), platform.auth.host_and_port());
    assert_eq!(value("MG_AUTH_JWKS_URL"), platform.auth.keys.url());
    assert_eq!(
        value("MG_DOMAINS_GRPC_URL"),
        platform.domains.host_and_port()
    );
    let spicedb = format!("{}:{}", value("MG_SPICEDB_HOST"), value("MG_SPICEDB_PORT"));
    assert_eq!(spicedb, platform.spicedb.host_and_port());
    assert_eq!(value("MG_SPICEDB_PRE_SHARED_KEY"), "another");
    for service in ["AUTH", "DOMAINS"] {
        for file in ["SERVER_CA_CERTS", "CLIENT_CERT", "CLIENT_KEY"] {
            let file = value(&format!("MG_{service}_GRPC_{file}"));
            assert!(
                std::fs::read_to_string(file)
                    .unwrap()
                    .contains("-----BEGIN")
            );
        }
    }
}

#[test]
fn a_port_that_is_taken_is_an_error() {
    let fixture = Fixture::new();
    let taken = PlatformOptions {
        domains_port: fixture.platform.spicedb.address().port(),
        ..PlatformOptions::default()
    };
    let error = Platform::start(taken).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn without_spicedb_everybody_is_a_member_and_some_are_administrators() {
    let auth = AuthServer::start(AuthOptions::default()).unwrap();
    let issued = TokenServiceClient::new(channel(&auth))
        .issue(IssueReq {
            user_id: ADA.to_owned(),
            user_role: 2,
            ..IssueReq::default()
        })
        .await;
    assert!(issued.is_ok());
    let is_admin = async |subject: &str| {
        let policy = PolicyReq {
            subject_type: "user".to_owned(),
            subject: subject.to_owned(),
            permission: "admin".to_owned(),
            object: "magistrala".to_owned(),
            object_type: "platform".to_owned(),
            ..PolicyReq::default()
        };
        let request = AuthZReq {
            policy_req: Some(policy),
            pat_req: None,
        };
        AuthServiceClient::new(channel(&auth))
            .authorize(request)
            .await
            .is_ok()
    };
    auth.set_administrator(&user(ROOT), true);
    assert!(is_admin(ROOT).await);
    assert!(!is_admin(ADA).await);
    auth.set_administrator(&user(ROOT), false);
    assert!(!is_admin(ROOT).await);
}
