//! Sending mails: what is found out only then, and where a code may be seen.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use users_domain::model::{
    CodePurpose, Effect, EffectKind, Mail, MailContent, MailRequest, Notice, RequestContext, User,
};
use users_domain::ports::{MailError, Mailer, Outbox, Ports, UserStore};
use users_domain::services::Relay;
use users_domain::{Settings, Users};
use users_testkit::faults::{Fault, FaultPlan, Faulty, crash_after};
use users_testkit::mocks::MockMailer;
use users_testkit::{Fakes, people};

use crate::{
    ask_for_reset, ask_for_verification, assert_said, deliver, fakes_with, holder, mailed_code,
    reset, verify, waiting, waiting_mails,
};

const MAIL: EffectKind = EffectKind::Mail;
const VERIFY: CodePurpose = CodePurpose::VerifyEmail;
const RESET: CodePurpose = CodePurpose::ResetSecret;

/// Fakes in which Ada, who is not verified, asked for both mails.
async fn fakes_with_both_requests() -> Fakes {
    let fakes = fakes_with([people::an_unverified_user("ada")]);
    let caller = holder(&fakes, "ada");
    ask_for_verification(&fakes, &caller).await.unwrap();
    ask_for_reset(&fakes, "ada@example.com").await.unwrap();
    fakes
}

fn relay_with_mailer(fakes: &Fakes, mailer: impl Mailer + 'static) -> Relay {
    let ports = Ports {
        mailer: Arc::new(mailer),
        ..fakes.ports()
    };
    Users::new(ports, Settings::default()).relay
}

fn relay_with_store(fakes: &Fakes, plan: FaultPlan) -> Relay {
    let store: Arc<dyn UserStore> = Arc::new(fakes.store.clone());
    let ports = Ports {
        users: Arc::new(Faulty::new(store, plan)),
        ..fakes.ports()
    };
    Users::new(ports, Settings::default()).relay
}

async fn tell(fakes: &Fakes, name: &str, notice: Notice, address: Option<&str>) {
    let told = MailRequest::Notice {
        user: people::id_of(name),
        notice,
        address: address.map(|name| people::user(name).email),
    };
    fakes.store.add(vec![Effect::Mail(told)]).await.unwrap();
}

#[tokio::test]
async fn a_request_holds_no_code_and_makes_none() {
    let fakes = fakes_with_both_requests().await;
    assert_eq!(waiting_mails(&fakes).len(), 2);
    assert!(fakes.store.codes().is_empty());
    assert!(fakes.mailer.mails().is_empty());
}

#[tokio::test]
async fn a_code_stands_in_the_mail_and_its_digest_in_the_store() {
    let fakes = fakes_with_both_requests().await;
    let verification = mailed_code(&fakes, VERIFY, "ada@example.com").await;
    let reset = mailed_code(&fakes, RESET, "ada@example.com").await;
    assert_ne!(verification.expose(), reset.expose());
    let kept = fakes.store.snapshot();
    for (code, purpose) in [(&verification, VERIFY), (&reset, RESET)] {
        assert!(!kept.contains(code.expose()));
        let codes = fakes.store.codes();
        let kept = codes
            .iter()
            .find(|kept| kept.digest == code.digest().to_hex())
            .unwrap();
        assert_eq!(kept.purpose, purpose);
        assert_eq!(
            (&kept.user, &kept.email),
            (&people::ada().id, &people::ada().email)
        );
        assert!(!kept.spent);
    }
    for event in waiting(&fakes) {
        for code in [&verification, &reset] {
            assert!(!event.json().contains(code.expose()));
        }
    }
}

#[tokio::test]
async fn every_mail_has_an_id_and_a_code_of_its_own() {
    let fakes = fakes_with_both_requests().await;
    deliver(&fakes, MAIL).await;
    ask_for_reset(&fakes, "ada@example.com").await.unwrap();
    deliver(&fakes, MAIL).await;
    let mails = fakes.mailer.mails();
    assert_eq!(mails.len(), 3);
    for (number, mail) in mails.iter().enumerate() {
        assert_eq!(mail.id.get_version_num(), 7);
        assert!(mails[number + 1..].iter().all(|other| other.id != mail.id));
    }
    let mut digests: Vec<String> = fakes
        .store
        .codes()
        .into_iter()
        .map(|code| code.digest)
        .collect();
    digests.dedup();
    assert_eq!(digests.len(), 3);
}

#[tokio::test]
async fn who_asks_again_and_again_has_one_mail_a_minute_sent() {
    let fakes = fakes_with_both_requests().await;
    let caller = holder(&fakes, "ada");
    deliver(&fakes, MAIL).await;
    for (pause, mails) in [(1, 2), (29, 2), (29, 2), (1, 4), (59, 4), (1, 6)] {
        fakes.clock.advance(Duration::from_secs(pause));
        ask_for_verification(&fakes, &caller).await.unwrap();
        ask_for_reset(&fakes, "ada@example.com").await.unwrap();
        deliver(&fakes, MAIL).await;
        assert_eq!(fakes.mailer.mails().len(), mails);
    }
}

/// What was promised is sent, only later.
#[tokio::test]
async fn a_mail_that_is_asked_for_too_soon_is_sent_after_the_pause() {
    let fakes = fakes_with([people::ada()]);
    ask_for_reset(&fakes, "ada@example.com").await.unwrap();
    deliver(&fakes, MAIL).await;
    fakes.clock.advance(Duration::from_secs(10));
    for _ in 0..3 {
        ask_for_reset(&fakes, "ada@example.com").await.unwrap();
    }
    let relay = fakes.users().relay;
    assert_eq!(relay.deliver_due(MAIL, 10).await.unwrap().postponed, 1);
    fakes.clock.advance(Duration::from_secs(49));
    assert_eq!(relay.deliver_due(MAIL, 10).await.unwrap().delivered, 0);
    fakes.clock.advance(Duration::from_secs(1));
    assert_eq!(relay.deliver_due(MAIL, 10).await.unwrap().delivered, 1);
    assert_eq!(fakes.mailer.mails().len(), 2);
    assert!(waiting_mails(&fakes).is_empty());
}

#[tokio::test]
async fn the_pause_is_of_one_purpose_and_one_account() {
    let fakes = fakes_with([people::an_unverified_user("ada"), people::grace()]);
    let caller = holder(&fakes, "ada");
    ask_for_reset(&fakes, "ada@example.com").await.unwrap();
    deliver(&fakes, MAIL).await;
    fakes.clock.advance(Duration::from_secs(1));
    ask_for_verification(&fakes, &caller).await.unwrap();
    ask_for_reset(&fakes, "grace@example.com").await.unwrap();
    deliver(&fakes, MAIL).await;
    assert_eq!(fakes.mailer.mails().len(), 3);
}

/// Nothing that was promised is lost to the pause.
#[tokio::test]
async fn a_mail_that_could_not_be_sent_is_tried_again_within_the_pause() {
    let fakes = fakes_with([people::ada()]);
    ask_for_reset(&fakes, "ada@example.com").await.unwrap();
    fakes.clock.advance(Duration::from_secs(1));
    let mailer: Arc<dyn Mailer> = Arc::new(fakes.mailer.clone());
    let relay = relay_with_mailer(&fakes, Faulty::new(mailer, FaultPlan::once(Fault::Away)));
    assert_eq!(relay.deliver_due(MAIL, 10).await.unwrap().retried, 1);
    assert_eq!(fakes.store.codes().len(), 1, "its code was made");
    fakes.clock.advance(Duration::from_secs(5));
    assert_eq!(relay.deliver_due(MAIL, 10).await.unwrap().delivered, 1);
    assert_eq!(fakes.mailer.mails().len(), 1);
}

/// The first attempt may have arrived although nobody learned of it.
#[tokio::test]
async fn another_attempt_makes_another_code_and_both_are_good() {
    let fakes = fakes_with([people::ada()]);
    ask_for_reset(&fakes, "ada@example.com").await.unwrap();
    let mailer: Arc<dyn Mailer> = Arc::new(fakes.mailer.clone());
    let relay = relay_with_mailer(
        &fakes,
        Faulty::new(mailer, FaultPlan::once(Fault::LostAnswer)),
    );
    assert_eq!(relay.deliver_due(MAIL, 10).await.unwrap().retried, 1);
    assert!(waiting(&fakes).is_empty(), "nobody knows that it was sent");
    fakes.clock.advance(Duration::from_secs(1));
    assert_eq!(relay.deliver_due(MAIL, 10).await.unwrap().delivered, 1);
    let codes = fakes.mailer.codes(RESET, "ada@example.com");
    assert_eq!((codes.len(), fakes.store.codes().len()), (2, 2));
    assert_ne!(codes[0].expose(), codes[1].expose());
    assert_eq!(waiting(&fakes).len(), 1);
    reset(&fakes, &codes[0], "a new password").await.unwrap();
    reset(&fakes, &codes[1], "another one").await.unwrap_err();
}

/// The time of a code is not spent waiting.
#[tokio::test]
async fn a_code_is_made_when_its_mail_is_sent() {
    let fakes = fakes_with_both_requests().await;
    fakes.mailer.go_away();
    for _ in 0..8 {
        let relay = fakes.users().relay;
        relay.deliver_due(MAIL, 10).await.unwrap();
        relay.release(MAIL).await.unwrap();
        fakes.clock.advance(Duration::from_mins(10));
    }
    fakes.mailer.come_back();
    let verification = mailed_code(&fakes, VERIFY, "ada@example.com").await;
    let for_reset = mailed_code(&fakes, RESET, "ada@example.com").await;
    fakes.clock.advance(Duration::from_mins(14));
    reset(&fakes, &for_reset, "a new password").await.unwrap();
    verify(&fakes, &verification).await.unwrap();
}

#[tokio::test]
async fn a_mail_server_that_is_away_holds_up_no_request_and_no_event() {
    let fakes = fakes_with_both_requests().await;
    fakes.mailer.go_away();
    assert_eq!(deliver(&fakes, MAIL).await.retried, 2);
    assert_eq!(deliver(&fakes, EffectKind::Event).await.delivered, 1);
    ask_for_reset(&fakes, "grace@example.com").await.unwrap();
    assert_eq!(waiting_mails(&fakes).len(), 3);
}

#[tokio::test]
async fn a_mail_that_can_never_be_sent_is_put_aside() {
    let fakes = fakes_with([people::ada(), people::grace()]);
    fakes.mailer.reject(|mail| mail.to == people::ada().email);
    for name in ["ada", "grace"] {
        ask_for_reset(&fakes, &people::email_of(name))
            .await
            .unwrap();
    }
    let step = deliver(&fakes, MAIL).await;
    assert_eq!((step.delivered, step.parked), (1, 1));
    let parked = fakes.store.parked(MAIL);
    assert_eq!(parked[0].reason, "a test rejects it");
    // It is not pending any more: the next request is another one.
    ask_for_reset(&fakes, "ada@example.com").await.unwrap();
    assert_eq!(waiting_mails(&fakes).len(), 1);
}

#[tokio::test]
async fn a_store_that_is_away_is_asked_later() {
    // Finding the account, keeping the code; for both mails.
    for call in 1..=4 {
        let fakes = fakes_with_both_requests().await;
        let relay = relay_with_store(&fakes, FaultPlan::nth(call, Fault::Away));
        let step = relay.deliver_due(MAIL, 10).await.unwrap();
        assert_eq!((step.delivered, step.retried), (1, 1), "call {call}");
        assert_eq!(fakes.mailer.mails().len(), 1);
        fakes.clock.advance(Duration::from_secs(1));
        assert_eq!(relay.deliver_due(MAIL, 10).await.unwrap().delivered, 1);
        assert_eq!(fakes.mailer.mails().len(), 2);
    }
}

#[test]
fn whenever_the_process_ends_the_mail_is_sent_with_a_code_that_works() {
    for waits in 0..12 {
        let fakes = fakes_with([people::ada()]);
        let now = crash_after(0, ask_for_reset(&fakes, "ada@example.com"));
        now.unwrap().unwrap();
        let slow = FaultPlan::always(Fault::Slow);
        let store: Arc<dyn UserStore> = Arc::new(fakes.store.clone());
        let outbox: Arc<dyn Outbox> = Arc::new(fakes.store.clone());
        let mailer: Arc<dyn Mailer> = Arc::new(fakes.mailer.clone());
        let ports = Ports {
            users: Arc::new(Faulty::new(store, slow.clone())),
            outbox: Arc::new(Faulty::new(outbox, slow.clone())),
            mailer: Arc::new(Faulty::new(mailer, slow)),
            ..fakes.ports()
        };
        let relay = Users::new(ports, Settings::default()).relay;
        crash_after(waits, relay.deliver_due(MAIL, 10));
        fakes.clock.advance(Duration::from_secs(10));
        crash_after(0, deliver(&fakes, MAIL)).unwrap();
        assert!(waiting_mails(&fakes).is_empty());
        let code = fakes.mailer.last_code(RESET, "ada@example.com").unwrap();
        crash_after(0, reset(&fakes, &code, "a new password"))
            .unwrap()
            .unwrap();
        assert!(!waiting(&fakes).is_empty());
    }
}

#[tokio::test]
async fn the_platform_learns_of_a_reset_mail_that_was_sent() {
    let fakes = fakes_with([people::ada()]);
    ask_for_reset(&fakes, "ADA@example.com").await.unwrap();
    assert!(waiting(&fakes).is_empty(), "not before");
    deliver(&fakes, MAIL).await;
    let events = waiting(&fakes);
    assert_eq!(events.len(), 1);
    let expected = json!({
        "user_id": "id-of-ada",
        "email": "ada@example.com",
        "host": "",
        "user": "",
    });
    let key = "id-of-ada";
    assert_said(&events[0], "user.send_password_reset", key, &expected);
}

#[tokio::test]
async fn a_request_without_an_id_is_told_without_one() {
    let fakes = fakes_with([people::ada()]);
    let recovery = fakes.users().recovery;
    recovery
        .send_password_reset(&RequestContext::default(), people::ada().email)
        .await
        .unwrap();
    deliver(&fakes, MAIL).await;
    let json = waiting(&fakes)[0].json().to_owned();
    assert!(json.contains(r#""request_id":"""#), "{json}");
}

#[tokio::test]
async fn a_notice_goes_to_the_account_or_where_it_is_told() {
    let fakes = fakes_with([people::ada()]);
    tell(&fakes, "ada", Notice::PasswordChanged, None).await;
    tell(&fakes, "ada", Notice::EmailChanged, Some("old")).await;
    // The address is that of the moment of sending.
    fakes.store.put(User {
        email: people::user("augusta").email,
        ..people::ada()
    });
    deliver(&fakes, MAIL).await;
    let mails = fakes.mailer.mails();
    let seen: Vec<(&str, Notice)> = mails
        .iter()
        .map(|mail| match mail.content {
            MailContent::Notice(notice) => (mail.to.as_str(), notice),
            _ => panic!("{mail:?}"),
        })
        .collect();
    let expected = [
        ("augusta@example.com", Notice::PasswordChanged),
        ("old@example.com", Notice::EmailChanged),
    ];
    assert_eq!(seen, expected);
    assert!(
        mails
            .iter()
            .all(|mail| mail.username == people::ada().username)
    );
    assert!(fakes.store.codes().is_empty());
}

#[tokio::test]
async fn what_happened_is_told_whatever_became_of_the_account() {
    let fakes = fakes_with([people::a_disabled_user("ada")]);
    tell(&fakes, "ada", Notice::PasswordChanged, None).await;
    deliver(&fakes, MAIL).await;
    assert_eq!(fakes.mailer.mails_to("ada@example.com").len(), 1);
}

#[tokio::test]
async fn an_account_that_is_gone_gets_nothing() {
    let fakes = Fakes::new();
    tell(&fakes, "ada", Notice::EmailChanged, Some("old")).await;
    let verification = MailRequest::Verification {
        user: people::ada().id,
        address: people::ada().email,
    };
    let wanted = vec![Effect::Mail(verification)];
    fakes.store.add(wanted).await.unwrap();
    let relay = relay_with_mailer(&fakes, MockMailer::new());
    let step = relay.deliver_due(MAIL, 10).await.unwrap();
    assert_eq!((step.delivered, step.retried, step.parked), (2, 0, 0));
}

#[tokio::test]
async fn mails_of_one_person_keep_their_order() {
    let fakes = fakes_with([people::ada(), people::grace()]);
    tell(&fakes, "ada", Notice::PasswordChanged, None).await;
    tell(&fakes, "grace", Notice::PasswordChanged, None).await;
    tell(&fakes, "ada", Notice::EmailChanged, Some("old")).await;
    let mut mailer = MockMailer::new();
    let of_ada = |mail: &Mail| mail.username == people::ada().username;
    mailer
        .expect_send()
        .withf(of_ada)
        .times(1)
        .returning(|_| Err(MailError::Unavailable));
    mailer
        .expect_send()
        .withf(move |mail| !of_ada(mail))
        .times(1)
        .returning(|_| Ok(()));
    let step = relay_with_mailer(&fakes, mailer)
        .deliver_due(MAIL, 10)
        .await;
    let step = step.unwrap();
    assert_eq!((step.delivered, step.retried), (1, 1));
    assert_eq!(waiting_mails(&fakes).len(), 2);
}
