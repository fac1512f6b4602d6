//! What the issuer does beside its contract.

use std::time::{Duration, Instant};

use prost::Message as _;
use serde_json::json;
use tokio::time::{sleep, timeout};
use users_domain::model::{Role, Timestamp, TokenId};
use users_domain::ports::{
    Clock as _, IssueToken, LEASE, RefreshToken, TokenError, TokenIssuer as _,
};
use users_proto::token::v1::{ListUserRefreshTokensRes, RefreshToken as ListedToken};
use users_test_platform::{AuthServer, Fault};
use users_testkit::fakes::FixedClock;

use crate::fixture::{
    AMPLE, Fixture, ada, claims, continuation, grace, open, open_at, request, settings, token, with,
};

/// Lets time go on once a number of calls of a method have been answered.
fn goes_on_after(fixture: &Fixture, rpc: &'static str, count: usize, by: Duration) {
    let (clock, server) = (fixture.clock.clone(), fixture.server.clone());
    fixture.server.on_answer(move |call| {
        if call.rpc() == rpc && server.calls_of(rpc).len() == count {
            clock.advance(by);
        }
    });
}

#[tokio::test]
async fn a_pair_that_is_a_second_too_early_is_waited_for_and_the_first_session_ended() {
    let fixture = Fixture::start();
    let next = fixture.clock.now().unix_timestamp() + 1;
    goes_on_after(&fixture, "Issue", 1, Duration::from_secs(1));
    let login = IssueToken {
        not_before: Some(next),
        ..request()
    };
    let pair = fixture.auth.issue(login).await.unwrap();
    // The first one may be ended while time goes on, or after.
    let mut called = fixture.called();
    called.sort();
    assert_eq!(called, ["Issue", "Issue", "Revoke"]);
    let sessions = fixture.auth.sessions(&ada()).await.unwrap();
    let begins = Timestamp::from_unix_timestamp(next).ok();
    assert_eq!((sessions.len(), sessions[0].created_at), (1, begins));
    fixture.refresh(&pair.refresh).await.unwrap();
}

#[tokio::test]
async fn a_pair_that_stays_too_early_is_kept_back_and_leaves_no_session() {
    for (ahead, called) in [
        (1, vec!["Issue", "Revoke", "Issue", "Revoke"]),
        (3, vec!["Issue", "Revoke"]),
    ] {
        let fixture = Fixture::start();
        let login = IssueToken {
            not_before: Some(fixture.clock.now().unix_timestamp() + ahead),
            ..request()
        };
        let answer = fixture.auth.issue(login).await;
        assert_eq!(answer.err(), Some(TokenError::Unavailable));
        assert_eq!(fixture.called(), called);
        assert_eq!(fixture.auth.sessions(&ada()).await, Ok(Vec::new()));
    }
}

#[tokio::test]
async fn a_refresh_that_is_a_second_too_early_goes_on_in_the_same_session() {
    for rotates in [true, false] {
        let fixture = Fixture::with(AMPLE, |options| options.rotates = rotates);
        let pair = fixture.issue().await;
        let next = fixture.clock.now().unix_timestamp() + 1;
        goes_on_after(&fixture, "Refresh", 1, Duration::from_secs(1));
        let asked = RefreshToken {
            not_before: Some(next),
            ..continuation(&pair.refresh)
        };
        let pair = fixture.auth.refresh(asked).await.unwrap();
        assert_eq!(fixture.called(), ["Issue", "Refresh", "Refresh"]);
        fixture.refresh(&pair.refresh).await.unwrap();
        assert_eq!(fixture.auth.sessions(&ada()).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn what_is_no_refresh_token_of_the_user_is_refused_without_a_call() {
    let fixture = Fixture::start();
    let pair = fixture.issue().await;
    let of_grace = IssueToken {
        user: grace(),
        ..request()
    };
    let of_grace = fixture.auth.issue(of_grace).await.unwrap();
    fixture.server.forget_calls();
    for other in [
        pair.access,
        of_grace.refresh,
        token(""),
        token("x"),
        token("a.b.c"),
        token(fixture.server.add_pat(&ada(), fixture.clock.now())),
    ] {
        let answer = fixture.refresh(&other).await;
        assert_eq!(answer.err(), Some(TokenError::Refused));
    }
    assert!(fixture.called().is_empty());
}

#[tokio::test]
async fn a_refresh_token_that_does_not_rotate_works_until_its_session_ends() {
    let fixture = Fixture::with(AMPLE, |options| options.rotates = false);
    let pair = fixture.issue().await;
    for _ in 0..3 {
        fixture.refresh(&pair.refresh).await.unwrap();
    }
    fixture.auth.revoke_all(&ada()).await.unwrap();
    let answer = fixture.refresh(&pair.refresh).await;
    assert_eq!(answer.err(), Some(TokenError::Refused));
}

#[tokio::test]
async fn the_times_of_a_session_are_those_that_this_process_knows() {
    let fixture = Fixture::start();
    fixture.issue().await;
    let another_process = open(&settings(fixture.server.host_and_port(), AMPLE));
    let unknown = another_process.sessions(&ada()).await.unwrap();
    assert_eq!((unknown[0].created_at, unknown[0].expires_at), (None, None));
    // A session of unknown age comes before one that is known.
    fixture.clock.advance(Duration::from_secs(1));
    another_process.issue(request()).await.unwrap();
    let sessions = another_process.sessions(&ada()).await.unwrap();
    let begins: Vec<_> = sessions.iter().map(|session| session.created_at).collect();
    assert_eq!(begins, [None, Some(fixture.clock.now())]);
}

#[tokio::test]
async fn many_sessions_are_all_ended() {
    let fixture = Fixture::start();
    for _ in 0..30 {
        fixture.issue().await;
    }
    fixture.auth.revoke_all(&ada()).await.unwrap();
    assert_eq!(fixture.auth.sessions(&ada()).await, Ok(Vec::new()));
    assert_eq!(fixture.server.calls_of("Revoke").len(), 30);
}

#[tokio::test]
async fn many_sessions_of_many_are_ended_by_one_look_at_all() {
    let fixture = Fixture::start();
    for _ in 0..30 {
        fixture.issue().await;
    }
    let sessions = fixture.auth.sessions(&ada()).await.unwrap();
    let over: Vec<_> = sessions[..25].iter().map(|it| it.id.clone()).collect();
    fixture.server.forget_calls();
    fixture.auth.revoke_some(&ada(), &over).await.unwrap();
    assert_eq!(fixture.server.calls_of("ListUserRefreshTokens").len(), 1);
    assert_eq!(fixture.server.calls_of("Revoke").len(), 25);
    let left = fixture.auth.sessions(&ada()).await.unwrap();
    assert_eq!(left, sessions[25..]);
}

#[tokio::test]
async fn who_has_more_sessions_than_fit_a_message_can_end_them_all_the_same() {
    let fixture = Fixture::start();
    let id = fixture.issue().await;
    let mine = fixture.auth.sessions(&ada()).await.unwrap()[0].id.clone();
    // Three megabytes of names.
    let listed = |number: usize| ListedToken {
        id: format!("{number}-{}", "x".repeat(1000)),
        description: String::new(),
    };
    let mut list: Vec<_> = (0..3000).map(listed).collect();
    list.push(ListedToken {
        id: mine.as_str().to_owned(),
        description: String::new(),
    });
    let answer = ListUserRefreshTokensRes {
        refresh_tokens: list,
    };
    let answer = Fault::Answer(answer.encode_to_vec());
    fixture.server.set_fault_of("ListUserRefreshTokens", answer);
    assert_eq!(fixture.auth.sessions(&ada()).await.unwrap().len(), 3001);
    fixture.auth.revoke(&ada(), &mine).await.unwrap();
    let answer = fixture.refresh(&id.refresh).await;
    assert_eq!(answer.err(), Some(TokenError::Refused));
}

#[tokio::test]
async fn ending_sessions_that_takes_longer_than_half_a_lease_is_given_up() {
    let fixture = Fixture::start();
    for _ in 0..3 {
        fixture.issue().await;
    }
    let all: Vec<_> = fixture.auth.sessions(&ada()).await.unwrap();
    let all: Vec<_> = all.into_iter().map(|session| session.id).collect();
    fixture.server.set_fault_of("Revoke", Fault::Hang);
    let began = Instant::now();
    let ada = ada();
    let some = fixture.auth.revoke_some(&ada, &all);
    let (some, every) = tokio::join!(some, fixture.auth.revoke_all(&ada));
    // A call of its own would last ten times as long.
    assert!(began.elapsed() < AMPLE, "no call was given up");
    assert!(began.elapsed() >= LEASE / 2);
    let away = Some(TokenError::Unavailable);
    assert_eq!((some.err(), every.err()), (away, away));
    fixture.server.clear_faults();
    fixture.auth.revoke_some(&ada, &all).await.unwrap();
    assert_eq!(fixture.auth.sessions(&ada).await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_session_of_a_role_that_the_account_has_no_more_is_ended_when_it_should_go_on() {
    for rotates in [true, false] {
        let fixture = Fixture::with(AMPLE, |options| options.rotates = rotates);
        let login = IssueToken {
            role: Role::Admin,
            ..request()
        };
        let pair = fixture.auth.issue(login).await.unwrap();
        // The service would copy the role.
        let answer = fixture.refresh(&pair.refresh).await;
        assert_eq!(answer.err(), Some(TokenError::Refused));
        assert_eq!(fixture.auth.sessions(&ada()).await, Ok(Vec::new()));
        // Nor does it come back with the role.
        let again = RefreshToken {
            role: Role::Admin,
            ..continuation(&pair.refresh)
        };
        let answer = fixture.auth.refresh(again).await;
        assert_eq!(answer.err(), Some(TokenError::Refused));
    }
}

#[tokio::test]
async fn the_session_of_a_pair_that_is_kept_back_is_ended_also_when_nobody_waits() {
    let fixture = Fixture::start();
    let slowly = Fault::Delay(Duration::from_millis(300));
    fixture.server.set_fault_of("Revoke", slowly);
    let login = IssueToken {
        not_before: Some(fixture.clock.now().unix_timestamp() + 2),
        ..request()
    };
    let auth = fixture.auth.clone();
    let waiting = tokio::spawn(async move { auth.issue(login).await });
    let is_over = async {
        while fixture.server.calls_of("Revoke").is_empty() {
            sleep(Duration::from_millis(5)).await;
        }
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        while fixture.auth.sessions(&ada()).await != Ok(Vec::new()) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(AMPLE, is_over).await.unwrap();
}

#[tokio::test]
async fn a_pair_of_a_time_to_come_is_kept_back_until_our_clock_is_there() {
    let fixture = Fixture::start();
    let ours = FixedClock::new();
    let auth = open_at(
        &settings(fixture.server.host_and_port(), AMPLE),
        ours.clone(),
    );
    fixture.clock.advance(Duration::from_secs(1));
    let began = Instant::now();
    let pair = auth.issue(request()).await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1));
    let began = Instant::now();
    auth.refresh(continuation(&pair.refresh)).await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_clock_that_is_far_ahead_issues_nothing_that_could_not_be_ended() {
    let fixture = Fixture::start();
    let pair = fixture.issue().await;
    let ours = FixedClock::new();
    let auth = open_at(&settings(fixture.server.host_and_port(), AMPLE), ours);
    fixture.clock.advance(Duration::from_secs(6));
    let away = Some(TokenError::Unavailable);
    assert_eq!(auth.issue(request()).await.err(), away);
    let refreshed = auth.refresh(continuation(&pair.refresh)).await;
    assert_eq!(refreshed.err(), away);
    assert_eq!(auth.sessions(&ada()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_id_that_is_none_is_no_session_of_anybody() {
    let fixture = Fixture::start();
    let empty = TokenId::new(String::new());
    fixture.auth.revoke(&ada(), &empty).await.unwrap();
    assert!(fixture.server.calls_of("Revoke").is_empty());
}

#[tokio::test]
async fn a_service_that_misses_the_users_relation_is_away_and_nobody_is_refused() {
    let fixture = Fixture::start();
    let text = "failed to issue new login key : failed to authorize user role";
    let fault = Fault::Status(tonic::Code::Internal, text.to_owned());
    fixture.server.set_fault_of("Issue", fault);
    let answer = fixture.auth.issue(request()).await;
    assert_eq!(answer.err(), Some(TokenError::Unavailable));
}

/// Answers every login with these two tokens.
fn answers(server: &AuthServer, access: &str, refresh: Option<&str>) {
    let field = |number: u8, text: &str| {
        let length = text.len();
        let low = u8::try_from(length & 0x7f).unwrap() | 0x80;
        let high = u8::try_from(length >> 7).unwrap();
        [&[number << 3 | 2, low, high], text.as_bytes()].concat()
    };
    let mut message = field(1, access);
    if let Some(refresh) = refresh {
        message.extend(field(2, refresh));
    }
    for rpc in ["Issue", "Refresh"] {
        server.set_fault_of(rpc, Fault::Answer(message.clone()));
    }
}

#[tokio::test]
async fn an_answer_without_the_tokens_that_were_asked_for_is_none() {
    let fixture = Fixture::start();
    let begun = fixture.issue().await;
    let now = fixture.clock.now().unix_timestamp();
    let sign = |claims: serde_json::Value| fixture.server.sign(&claims.to_string());
    let access = claims(now);
    let refresh = with(&with(&access, "type", json!(1)), "jti", json!("session"));
    let (good_access, good_refresh) = (sign(access.clone()), sign(refresh.clone()));
    let hers = json!(grace().as_str());
    let pairs = [
        (good_access.clone(), None),
        (good_access.clone(), Some(String::new())),
        (String::new(), Some(good_refresh.clone())),
        ("none".to_owned(), Some(good_refresh.clone())),
        (good_access.clone(), Some("none".to_owned())),
        (good_access.clone(), Some(good_access.clone())),
        (good_refresh.clone(), Some(good_refresh.clone())),
        (
            sign(with(&access, "sub", hers.clone())),
            Some(good_refresh.clone()),
        ),
        (good_access.clone(), Some(sign(with(&refresh, "sub", hers)))),
        (good_access.clone(), Some(sign(with(&refresh, "jti", None)))),
        (sign(with(&access, "iat", None)), Some(good_refresh.clone())),
        (
            sign(with(&access, "type", json!(2))),
            Some(good_refresh.clone()),
        ),
    ];
    for (number, (access, refresh)) in pairs.iter().enumerate() {
        answers(&fixture.server, access, refresh.as_deref());
        let issued = fixture.auth.issue(request()).await;
        assert_eq!(issued.err(), Some(TokenError::Unavailable), "pair {number}");
        let refreshed = fixture.refresh(&begun.refresh).await;
        assert_eq!(
            refreshed.err(),
            Some(TokenError::Unavailable),
            "pair {number}"
        );
    }
    answers(&fixture.server, &good_access, Some(&good_refresh));
    let pair = fixture.issue().await;
    assert_eq!(pair.access.expose(), good_access);
    assert_eq!(pair.refresh.expose(), good_refresh);
}
