//! Servers go away and come back.

use tonic::Code;
use users_proto::token::v1::ListUserRefreshTokensReq;

use crate::fixture::{ADA, Fixture};

fn list() -> ListUserRefreshTokensReq {
    ListUserRefreshTokensReq {
        user_id: ADA.to_owned(),
    }
}

#[tokio::test]
async fn a_server_that_is_away_refuses_and_comes_back_at_the_same_port() {
    let fixture = Fixture::new();
    let auth = &fixture.platform.auth;
    let address = auth.address();
    let mut tokens = fixture.tokens();
    tokens.list_user_refresh_tokens(list()).await.unwrap();
    for _ in 0..3 {
        auth.go_away();
        auth.go_away();
        // UNKNOWN where the client had not yet seen that its connection was cut.
        let answer = tokens.list_user_refresh_tokens(list()).await;
        let code = answer.unwrap_err().code();
        assert!(matches!(code, Code::Unavailable | Code::Unknown), "{code}");
        let refused = std::net::TcpStream::connect(address).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        auth.come_back();
        auth.come_back();
        tokens.list_user_refresh_tokens(list()).await.unwrap();
    }
    assert_eq!(auth.address(), address);
    assert_eq!(auth.calls_of("ListUserRefreshTokens").len(), 4);
}

#[tokio::test]
async fn going_away_cuts_what_is_being_asked() {
    let fixture = Fixture::new();
    let auth = &fixture.platform.auth;
    auth.set_fault(users_test_platform::Fault::Hang);
    let mut tokens = fixture.tokens();
    let asking = tokio::spawn(async move { tokens.list_user_refresh_tokens(list()).await });
    auth.wait_for_calls("ListUserRefreshTokens", 1).await;
    auth.go_away();
    let answer = asking.await.unwrap();
    assert_ne!(answer.unwrap_err().code(), Code::Ok);
    assert_eq!(auth.calls()[0].answer, None);
}

#[test]
fn a_server_ends_with_its_last_clone() {
    let fixture = Fixture::new();
    let address = fixture.platform.domains.address();
    let clone = fixture.platform.domains.clone();
    drop(fixture);
    std::net::TcpStream::connect(address).unwrap();
    drop(clone);
    assert!(std::net::TcpStream::connect(address).is_err());
}
