//! What is sent, to the byte where it matters.

use std::time::Duration;

use users_domain::model::{RequestId, Role, SessionDescription};
use users_domain::ports::{IssueToken, PlatformAuthority as _, RefreshToken, TokenIssuer as _};
use users_domain::trace_context::{TraceContext, scope};
use users_proto::auth::v1::{AuthNReq, AuthZReq, PolicyReq};
use users_proto::token::v1::{IssueReq, ListUserRefreshTokensReq, RefreshReq, RevokeReq};

use crate::fixture::{Fixture, ada, continuation, request};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[tokio::test]
async fn a_login_asks_for_the_role_counted_from_one() {
    for (role, number) in [(Role::User, 1), (Role::Admin, 2)] {
        for verified in [false, true] {
            let fixture = Fixture::start();
            let login = IssueToken {
                role,
                verified,
                description: Some(SessionDescription::parse("laptop").unwrap()),
                ..request()
            };
            fixture.auth.issue(login).await.unwrap();
            let sent: IssueReq = fixture.server.calls()[0].decode();
            let expected = IssueReq {
                user_id: ada().as_str().to_owned(),
                user_role: number,
                r#type: 0,
                verified,
                description: "laptop".to_owned(),
            };
            assert_eq!(
                (fixture.called(), sent),
                (vec!["Issue".to_owned()], expected)
            );
        }
    }
}

#[tokio::test]
async fn what_is_nothing_is_not_on_the_wire() {
    let fixture = Fixture::start();
    let login = IssueToken {
        verified: false,
        ..request()
    };
    fixture.auth.issue(login).await.unwrap();
    // Field 1 with 36 bytes; field 2, a varint: 1.
    let expected = [b"\x0a\x24", ada().as_str().as_bytes(), b"\x10\x01"].concat();
    assert_eq!(fixture.server.calls()[0].message, expected);
}

#[tokio::test]
async fn a_refresh_sends_the_token_and_whether_the_address_is_verified_now() {
    let fixture = Fixture::start();
    let pair = fixture.issue().await;
    for verified in [false, true] {
        fixture.server.forget_calls();
        let asked = RefreshToken {
            verified,
            ..continuation(&pair.refresh)
        };
        fixture.auth.refresh(asked).await.unwrap();
        let sent: RefreshReq = fixture.server.calls()[0].decode();
        let refresh_token = pair.refresh.expose().to_owned();
        let expected = RefreshReq {
            refresh_token,
            verified,
        };
        assert_eq!(sent, expected);
    }
}

#[tokio::test]
async fn a_session_is_looked_up_before_it_is_ended() {
    let fixture = Fixture::start();
    fixture.issue().await;
    let id = fixture.auth.sessions(&ada()).await.unwrap().remove(0).id;
    fixture.server.forget_calls();
    fixture.auth.revoke(&ada(), &id).await.unwrap();
    assert_eq!(fixture.called(), ["ListUserRefreshTokens", "Revoke"]);
    let user_id = ada().as_str().to_owned();
    let calls = fixture.server.calls();
    let listed: ListUserRefreshTokensReq = calls[0].decode();
    assert_eq!(
        listed,
        ListUserRefreshTokensReq {
            user_id: user_id.clone()
        }
    );
    let revoked: RevokeReq = calls[1].decode();
    let token_id = id.as_str().to_owned();
    assert_eq!(revoked, RevokeReq { token_id, user_id });
    // What is not his is not touched.
    fixture.server.forget_calls();
    fixture.auth.revoke(&ada(), &id).await.unwrap();
    assert_eq!(fixture.called(), ["ListUserRefreshTokens"]);
}

#[tokio::test]
async fn the_platform_is_asked_for_the_permission_admin() {
    let fixture = Fixture::start();
    fixture.auth.is_administrator(&ada()).await.unwrap();
    let sent: AuthZReq = fixture.server.calls()[0].decode();
    let policy = PolicyReq {
        subject_type: "user".to_owned(),
        subject: ada().as_str().to_owned(),
        permission: "admin".to_owned(),
        object_type: "platform".to_owned(),
        object: "magistrala".to_owned(),
        ..PolicyReq::default()
    };
    let expected = AuthZReq {
        policy_req: Some(policy),
        pat_req: None,
    };
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn a_bearer_is_sent_as_it_came() {
    use users_domain::ports::TokenVerifier as _;

    let fixture = Fixture::start();
    let pair = fixture.issue().await;
    fixture.server.forget_calls();
    fixture.auth.verify(&pair.access).await.unwrap();
    let sent: AuthNReq = fixture.server.calls()[0].decode();
    let token = pair.access.expose().to_owned();
    assert_eq!(sent, AuthNReq { token });
}

#[tokio::test]
async fn every_call_has_a_deadline_our_name_and_no_more() {
    let fixture = Fixture::with(Duration::from_secs(50), |_| {});
    fixture.issue().await;
    fixture.auth.check().await.unwrap();
    for call in fixture.server.calls() {
        let timeout = call.metadata("grpc-timeout").unwrap();
        let micros: u64 = timeout.strip_suffix('u').unwrap().parse().unwrap();
        assert!((1..=50_000_000).contains(&micros), "{micros}");
        assert_eq!(call.metadata("te"), Some("trailers"));
        assert_eq!(call.metadata("content-type"), Some("application/grpc"));
        let agent = call.metadata("user-agent").unwrap();
        assert!(agent.starts_with("magistrala-users/"), "{agent}");
        for absent in ["baggage", "tracestate", "authorization", "grpc-encoding"] {
            assert_eq!(call.metadata(absent), None);
        }
    }
}

#[tokio::test]
async fn a_call_goes_on_in_the_trace_of_whoever_asked() {
    let fixture = Fixture::start();
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let callers = TraceContext::parse(&parent, Some("vendor=1")).unwrap();
    for _ in 0..2 {
        scope(callers.clone(), Box::pin(fixture.auth.issue(request())))
            .await
            .unwrap();
    }
    let calls = fixture.server.calls();
    let parents: Vec<_> = calls
        .iter()
        .map(|call| call.metadata("traceparent").unwrap())
        .collect();
    for sent in &parents {
        assert!(sent.starts_with(&format!("00-{TRACE}-")), "{sent}");
        assert!(sent.ends_with("-01"), "{sent}");
        assert_ne!(sent[36..52], parent[36..52], "our own span");
    }
    assert_ne!(parents[0], parents[1], "a span for each call");
    assert_eq!(calls[0].metadata("tracestate"), Some("vendor=1"));
}

#[tokio::test]
async fn without_a_trace_of_the_callers_the_requests_id_is_one_and_else_chance() {
    let fixture = Fixture::start();
    let id = RequestId::parse("4bf92f35-77b3-4da6-a3ce-929d0e0e4736").unwrap();
    let trace = TraceContext::of_request(&id);
    scope(trace, Box::pin(fixture.auth.issue(request())))
        .await
        .unwrap();
    fixture.issue().await;
    fixture.issue().await;
    let calls = fixture.server.calls();
    let trace_of = |number: usize| {
        let parent = calls[number].metadata("traceparent").unwrap();
        assert_eq!((parent.len(), &parent[52..]), (55, "-00"));
        &parent[3..35]
    };
    assert_eq!(trace_of(0), TRACE);
    assert_ne!(trace_of(1), trace_of(2));
}
