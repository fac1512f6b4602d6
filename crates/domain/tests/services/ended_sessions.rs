//! Telling the issuer which sessions are over.

use std::sync::Arc;
use std::time::Duration;

use users_domain::model::{Effect, EffectKind, Session, Status, Timestamp, TokenId, User};
use users_domain::ports::{Clock, Outbox, Ports, TokenError, UserStore};
use users_domain::services::Relay;
use users_domain::{Settings, Users};
use users_testkit::faults::{Fault, FaultPlan, Faulty};
use users_testkit::mocks::MockTokenIssuer;
use users_testkit::{Fakes, people};

use crate::{administrator, context, deliver, fakes_with, signed_in};

const END_SESSIONS: EffectKind = EffectKind::EndSessions;

async fn ask_for_the_end(fakes: &Fakes) {
    let ended = Effect::EndSessions {
        user: people::ada().id,
    };
    fakes.store.add(vec![ended]).await.unwrap();
}

/// Fakes in which Ada's sessions shall be ended at the issuer: one of before, one of after.
async fn fakes_with_an_old_and_a_new_session() -> Fakes {
    let fakes = fakes_with([people::ada(), people::grace()]);
    signed_in(&fakes, "ada").await;
    signed_in(&fakes, "grace").await;
    fakes.clock.advance(Duration::from_secs(1));
    let now = people::ada().created_at.unwrap() + Duration::from_secs(1);
    fakes.store.put(User {
        sessions_valid_from: Some(now.unix_timestamp()),
        ..people::ada()
    });
    ask_for_the_end(&fakes).await;
    signed_in(&fakes, "ada").await;
    fakes
}

fn sessions_of(fakes: &Fakes, name: &str) -> usize {
    let mut sessions = fakes.store.sessions();
    sessions.retain(|session| session.user == people::id_of(name));
    sessions.len()
}

#[tokio::test]
async fn what_is_over_is_ended_and_what_began_since_goes_on() {
    let fakes = fakes_with_an_old_and_a_new_session().await;
    assert_eq!(deliver(&fakes, END_SESSIONS).await.delivered, 1);
    assert_eq!(
        (sessions_of(&fakes, "ada"), sessions_of(&fakes, "grace")),
        (1, 1)
    );
    // Again changes nothing.
    ask_for_the_end(&fakes).await;
    assert_eq!(deliver(&fakes, END_SESSIONS).await.delivered, 1);
    assert_eq!(sessions_of(&fakes, "ada"), 1);
}

#[tokio::test]
async fn of_an_account_that_was_suspended_what_began_before_is_ended() {
    let fakes = fakes_with([people::ada(), people::an_admin("root")]);
    signed_in(&fakes, "ada").await;
    let administration = fakes.users().administration;
    let (context, root, ada) = (context(), administrator(), people::ada().id);
    administration
        .disable(&context, &root, &ada, None)
        .await
        .unwrap();
    administration
        .enable(&context, &root, &ada, None)
        .await
        .unwrap();
    signed_in(&fakes, "ada").await;
    assert_eq!(deliver(&fakes, END_SESSIONS).await.delivered, 1);
    assert_eq!(sessions_of(&fakes, "ada"), 1);
}

#[tokio::test]
async fn of_an_account_that_is_gone_all_are_ended() {
    let mut issuer = MockTokenIssuer::new();
    issuer
        .expect_revoke_all()
        .withf(|user| *user == people::ada().id)
        .times(1)
        .return_once(|_| Ok(()));
    let gone = Fakes::new();
    ask_for_the_end(&gone).await;
    let step = relay_with_issuer(&gone, issuer)
        .deliver_due(END_SESSIONS, 1)
        .await;
    assert_eq!(step.unwrap().delivered, 1);
}

fn relay_with_issuer(fakes: &Fakes, issuer: MockTokenIssuer) -> Relay {
    let ports = Ports {
        issuer: Arc::new(issuer),
        ..fakes.ports()
    };
    Users::new(ports, Settings::default()).relay
}

/// A session of Ada's as an issuer lists it that knows its begin, or does not.
fn listed(id: &str, created_at: Option<Timestamp>) -> Session {
    Session {
        id: TokenId::new(id.to_owned()),
        user: people::ada().id,
        description: None,
        created_at,
        expires_at: None,
    }
}

/// Which of a session of unknown begin, an old one and a new one are ended.
async fn ended_of(fakes: &Fakes, expected: &'static [&str]) {
    let now = fakes.clock.now();
    let mut issuer = MockTokenIssuer::new();
    let sessions = vec![
        listed("unknown", None),
        listed("old", Some(now - Duration::from_secs(1))),
        listed("new", Some(now)),
    ];
    issuer.expect_sessions().return_once(|_| Ok(sessions));
    issuer
        .expect_revoke_some()
        .withf(move |user, ended| {
            let ended: Vec<_> = ended.iter().map(TokenId::as_str).collect();
            *user == people::ada().id && ended == expected
        })
        .times(1)
        .return_once(|_, _| Ok(()));
    let step = relay_with_issuer(fakes, issuer)
        .deliver_due(END_SESSIONS, 1)
        .await;
    assert_eq!(step.unwrap().delivered, 1);
}

#[tokio::test]
async fn after_a_change_of_the_own_password_a_session_of_unknown_begin_goes_on() {
    let fakes = fakes_with_an_old_and_a_new_session().await;
    ended_of(&fakes, &["old"]).await;
    // A reset of long ago changes nothing about that.
    let fakes = fakes_with_an_old_and_a_new_session().await;
    let now = fakes.clock.now().unix_timestamp();
    fakes.store.put(User {
        tokens_valid_from: Some(now - 1),
        sessions_valid_from: Some(now),
        ..people::ada()
    });
    ended_of(&fakes, &["old"]).await;
}

#[tokio::test]
async fn where_all_tokens_were_ended_a_session_of_unknown_begin_is() {
    let fakes = fakes_with_an_old_and_a_new_session().await;
    let now = fakes.clock.now().unix_timestamp();
    fakes.store.put(User {
        tokens_valid_from: Some(now),
        sessions_valid_from: Some(now),
        ..people::ada()
    });
    ended_of(&fakes, &["unknown", "old"]).await;
}

#[tokio::test]
async fn of_an_account_that_is_suspended_those_are_ended_that_began_before() {
    let fakes = fakes_with_an_old_and_a_new_session().await;
    let now = fakes.clock.now().unix_timestamp();
    fakes.store.put(User {
        status: Status::Disabled,
        tokens_valid_from: Some(now),
        ..people::ada()
    });
    // Who is enabled again while this is carried out may have signed in again, too.
    ended_of(&fakes, &["unknown", "old"]).await;
}

#[tokio::test]
async fn sessions_that_cannot_all_be_ended_in_time_are_gone_on_with_later() {
    let fakes = fakes_with_an_old_and_a_new_session().await;
    let old = listed("old", Some(fakes.clock.now() - Duration::from_secs(1)));
    let mut issuer = MockTokenIssuer::new();
    issuer.expect_sessions().return_once(|_| Ok(vec![old]));
    issuer
        .expect_revoke_some()
        .return_once(|_, _| Err(TokenError::Unavailable));
    let relay = relay_with_issuer(&fakes, issuer);
    let step = relay.deliver_due(END_SESSIONS, 1).await.unwrap();
    assert_eq!((step.delivered, step.retried), (0, 1));
}

#[tokio::test]
async fn where_no_sessions_were_ended_one_of_unknown_begin_goes_on() {
    let fakes = fakes_with([people::ada()]);
    ask_for_the_end(&fakes).await;
    let mut issuer = MockTokenIssuer::new();
    issuer
        .expect_sessions()
        .return_once(|_| Ok(vec![listed("unknown", None)]));
    let step = relay_with_issuer(&fakes, issuer)
        .deliver_due(END_SESSIONS, 1)
        .await;
    assert_eq!(step.unwrap().delivered, 1);
}

#[tokio::test]
async fn an_issuer_that_is_away_is_told_later() {
    let fakes = fakes_with_an_old_and_a_new_session().await;
    let mut issuer = MockTokenIssuer::new();
    issuer
        .expect_sessions()
        .return_once(|_| Err(TokenError::Unavailable));
    let relay = relay_with_issuer(&fakes, issuer);
    let step = relay.deliver_due(END_SESSIONS, 1).await.unwrap();
    assert_eq!((step.delivered, step.retried), (0, 1));
    relay.release(END_SESSIONS).await.unwrap();
    fakes.clock.advance(Duration::from_secs(1));
    assert_eq!(deliver(&fakes, END_SESSIONS).await.delivered, 1);
    assert_eq!(sessions_of(&fakes, "ada"), 1);
}

#[tokio::test]
async fn a_store_that_is_away_is_asked_later() {
    let fakes = fakes_with_an_old_and_a_new_session().await;
    let store: Arc<dyn UserStore> = Arc::new(fakes.store.clone());
    let ports = Ports {
        users: Arc::new(Faulty::new(store, FaultPlan::once(Fault::Away))),
        ..fakes.ports()
    };
    let relay = Users::new(ports, Settings::default()).relay;
    let step = relay.deliver_due(END_SESSIONS, 1).await.unwrap();
    assert_eq!((step.delivered, step.retried), (0, 1));
    assert_eq!(sessions_of(&fakes, "ada"), 2);
}

#[tokio::test]
async fn an_issuer_that_refuses_is_not_asked_again() {
    let fakes = fakes_with_an_old_and_a_new_session().await;
    let mut issuer = MockTokenIssuer::new();
    issuer
        .expect_sessions()
        .return_once(|_| Err(TokenError::Refused));
    let relay = relay_with_issuer(&fakes, issuer);
    let step = relay.deliver_due(END_SESSIONS, 1).await.unwrap();
    assert_eq!(step.parked, 1);
    assert_eq!(fakes.store.parked(END_SESSIONS).len(), 1);
}
