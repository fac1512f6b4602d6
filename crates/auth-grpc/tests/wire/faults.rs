//! Faults of the auth service: each ends in time, as a service that is away, and passes by itself.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use tonic::Code;
use users_domain::model::{BearerToken, TokenId};
use users_domain::ports::{
    PlatformAuthority as _, PlatformError, TokenError, TokenIssuer as _, TokenVerifier as _,
};
use users_test_platform::Fault;

use crate::fixture::{Fixture, SHORT, ada, continuation, request, token};

/// What is not over by then hangs.
const HANGS: Duration = Duration::from_mins(1);

const AWAY: Option<TokenError> = Some(TokenError::Unavailable);

/// Every call that there is finds the service away, and none hangs.
async fn everything_is_away(fixture: &Fixture, access: &BearerToken, refresh: &BearerToken) {
    let auth = &fixture.auth;
    let personal = token("pat_anything");
    let id = TokenId::new("session".to_owned());
    let all = async {
        assert_eq!(auth.issue(request()).await.err(), AWAY);
        assert_eq!(auth.refresh(continuation(refresh)).await.err(), AWAY);
        assert_eq!(auth.sessions(&ada()).await.err(), AWAY);
        assert_eq!(auth.revoke(&ada(), &id).await.err(), AWAY);
        let some = auth.revoke_some(&ada(), &[id]).await;
        assert_eq!(some.err(), AWAY);
        assert_eq!(auth.revoke_all(&ada()).await.err(), AWAY);
        assert_eq!(auth.verify(access).await.err(), AWAY);
        assert_eq!(auth.verify(&personal).await.err(), AWAY);
        let away = Err(PlatformError::Unavailable);
        assert_eq!(auth.is_administrator(&ada()).await, away);
        assert_eq!(auth.check().await, Err(PlatformError::Unavailable));
    };
    timeout(HANGS, all).await.unwrap();
}

/// The service is found again, without anything being done about it.
async fn it_comes_back(fixture: &Fixture) {
    let back = async {
        while let Err(error) = fixture.auth.issue(request()).await {
            assert_eq!(error, TokenError::Unavailable);
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(HANGS, back).await.unwrap();
}

#[tokio::test]
async fn whatever_the_service_does_instead_of_answering_it_is_away() {
    let fixture = Fixture::start();
    let pair = fixture.issue().await;
    let status = |code| Fault::Status(code, "the driver's own words".to_owned());
    for fault in [
        Fault::garbage(),
        // More than is taken, even of a list.
        Fault::longer_than(17 * 1024 * 1024),
        Fault::LoseAnswer,
        Fault::Http(302),
        Fault::Http(400),
        Fault::Http(401),
        Fault::Http(403),
        Fault::Http(404),
        Fault::Http(500),
        Fault::Http(502),
        Fault::Http(503),
        Fault::BareHttp(400),
        Fault::BareHttp(401),
        Fault::BareHttp(403),
        Fault::BareHttp(404),
        status(Code::Cancelled),
        status(Code::Unknown),
        status(Code::DeadlineExceeded),
        status(Code::AlreadyExists),
        status(Code::PermissionDenied),
        status(Code::ResourceExhausted),
        status(Code::FailedPrecondition),
        status(Code::Aborted),
        status(Code::OutOfRange),
        status(Code::Unimplemented),
        status(Code::Internal),
        status(Code::Unavailable),
        status(Code::DataLoss),
    ] {
        fixture.server.set_fault(fault);
        everything_is_away(&fixture, &pair.access, &pair.refresh).await;
        fixture.server.clear_faults();
        it_comes_back(&fixture).await;
    }
}

#[tokio::test]
async fn a_service_that_is_too_slow_is_away_in_time_and_used_again_when_it_is_not() {
    let fixture = Fixture::with(SHORT, |_| {});
    it_comes_back(&fixture).await;
    let pair = fixture.sample();
    fixture.server.set_fault(Fault::Hang);
    everything_is_away(&fixture, &pair.access, &pair.refresh).await;
    fixture.server.clear_faults();
    it_comes_back(&fixture).await;
}

#[tokio::test]
async fn a_service_that_is_down_is_away_at_once_and_found_when_it_is_up() {
    let fixture = Fixture::start();
    let pair = fixture.issue().await;
    for _ in 0..2 {
        fixture.server.go_away();
        everything_is_away(&fixture, &pair.access, &pair.refresh).await;
        fixture.server.come_back();
        it_comes_back(&fixture).await;
    }
    // What it gave out before works on.
    fixture.auth.verify(&pair.access).await.unwrap();
    fixture.refresh(&pair.refresh).await.unwrap();
}

#[tokio::test]
async fn a_service_that_starts_later_is_found() {
    let fixture = Fixture::start();
    fixture.server.go_away();
    let late = crate::fixture::open(&crate::fixture::settings(
        fixture.server.host_and_port(),
        HANGS,
    ));
    assert_eq!(late.issue(request()).await.err(), AWAY);
    fixture.server.come_back();
    it_comes_back(&fixture).await;
    while late.check().await.is_err() {
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_call_under_way_when_the_service_dies_is_away_at_once() {
    let fixture = Fixture::start();
    fixture.server.set_fault(Fault::Hang);
    let auth = fixture.auth.clone();
    let under_way = tokio::spawn(async move { auth.issue(request()).await.err() });
    fixture.server.wait_for_calls("Issue", 1).await;
    fixture.server.go_away();
    let answer = timeout(HANGS, under_way).await.unwrap().unwrap();
    assert_eq!(answer, AWAY);
    fixture.server.clear_faults();
    fixture.server.come_back();
    it_comes_back(&fixture).await;
}

#[tokio::test]
async fn an_answer_that_comes_within_the_time_is_taken() {
    let fixture = Fixture::start();
    fixture.server.set_fault(Fault::Delay(SHORT));
    fixture.issue().await;
    fixture.auth.check().await.unwrap();
}

#[tokio::test]
async fn only_what_the_service_refuses_tokens_with_refuses_one() {
    let fixture = Fixture::start();
    let pair = fixture.issue().await;
    for (code, refused) in [
        (Code::Unauthenticated, Some(TokenError::Refused)),
        (Code::NotFound, AWAY),
        (Code::InvalidArgument, AWAY),
        (Code::PermissionDenied, AWAY),
    ] {
        fixture
            .server
            .set_fault(Fault::Status(code, "words".to_owned()));
        assert_eq!(fixture.auth.verify(&pair.access).await.err(), refused);
        assert_eq!(fixture.refresh(&pair.refresh).await.err(), refused);
        // Whose password was right is not refused for what the service lacks.
        assert_eq!(fixture.auth.issue(request()).await.err(), AWAY);
        assert_eq!(fixture.auth.sessions(&ada()).await.err(), AWAY);
    }
    let stats = fixture.auth.stats();
    assert_eq!(
        (stats.unreachable, stats.timed_out, stats.in_flight),
        (0, 0, 0)
    );
}
