//! Asking for a reset: whom it is mailed to is found out when it is sent.

use std::sync::Arc;

use users_domain::model::{EffectKind, Email, Status, User, UserId, Username};
use users_domain::ports::{Outbox, Ports};
use users_domain::{Settings, Users};
use users_testkit::faults::{Fault, FaultPlan, Faulty};
use users_testkit::mocks::MockMailer;
use users_testkit::people;

use crate::{ask_for_reset, assert_unavailable, context, deliver, fakes_with, waiting_mails};

#[tokio::test]
async fn while_a_mail_waits_another_request_for_the_address_adds_none() {
    let fakes = fakes_with([people::ada()]);
    for address in ["ada@example.com", "ADA@example.com", "ada@example.com"] {
        ask_for_reset(&fakes, address).await.unwrap();
    }
    ask_for_reset(&fakes, "nobody@example.com").await.unwrap();
    assert_eq!(waiting_mails(&fakes).len(), 2);
    deliver(&fakes, EffectKind::Mail).await;
    assert_eq!(fakes.mailer.mails().len(), 1);
    ask_for_reset(&fakes, "ada@example.com").await.unwrap();
    assert_eq!(
        waiting_mails(&fakes).len(),
        1,
        "what was sent waits no more"
    );
}

/// Who is mailed when this address is asked for.
async fn mailed(accounts: impl IntoIterator<Item = User>, address: &str) -> Option<Email> {
    let fakes = fakes_with(accounts);
    ask_for_reset(&fakes, address).await.unwrap();
    assert_eq!(deliver(&fakes, EffectKind::Mail).await.delivered, 1);
    let mut mails = fakes.mailer.mails();
    assert_eq!(mails.len(), fakes.store.codes().len());
    mails.pop().map(|mail| mail.to)
}

fn with_address(id: &str, address: &str) -> User {
    User {
        id: UserId::from_stored(id.to_owned()),
        email: Email::from_stored(address.to_owned()),
        username: Some(Username::from_stored(id.to_owned())),
        ..people::ada()
    }
}

#[tokio::test]
async fn the_mail_goes_where_the_account_says_and_not_where_it_was_typed() {
    let typed = "ada@EXAMPLE.com";
    let to = mailed([with_address("1", "Ada@example.com")], typed).await;
    assert_eq!(to.unwrap().as_str(), "Ada@example.com");
}

#[tokio::test]
async fn of_twins_the_exact_address_is_meant_or_nobody() {
    let twins = || {
        [
            with_address("1", "ADA@example.com"),
            with_address("2", "adA@example.com"),
        ]
    };
    for (typed, to) in [
        ("ADA@example.com", Some("ADA@example.com")),
        ("adA@example.com", Some("adA@example.com")),
        ("ada@example.com", None),
    ] {
        let mailed = mailed(twins(), typed).await;
        assert_eq!(mailed.as_ref().map(Email::as_str), to, "{typed}");
    }
}

#[tokio::test]
async fn a_username_that_looks_like_an_address_is_none() {
    let named = User {
        username: Some(Username::from_stored("ada@example.com".to_owned())),
        ..with_address("1", "grace@example.com")
    };
    assert_eq!(mailed([named], "ada@example.com").await, None);
}

#[tokio::test]
async fn who_has_no_password_to_lose_is_mailed_only_if_nobody_vouches_for_him() {
    for (auth_provider, secret, mailed_to) in [
        (Some("google"), false, false),
        (Some("google"), true, true),
        (None, false, true),
    ] {
        let account = User {
            auth_provider: auth_provider.map(str::to_owned),
            secret: people::ada().secret.filter(|_| secret),
            ..people::ada()
        };
        let to = mailed([account], "ada@example.com").await;
        assert_eq!(to.is_some(), mailed_to);
    }
}

#[tokio::test]
async fn nobody_is_mailed_at_an_address_of_no_enabled_account() {
    for account in [
        None,
        Some(people::grace()),
        Some(people::a_disabled_user("ada")),
        Some(User {
            status: Status::Deleted,
            ..people::ada()
        }),
    ] {
        let fakes = fakes_with(account);
        let ports = Ports {
            mailer: Arc::new(MockMailer::new()),
            ..fakes.ports()
        };
        ask_for_reset(&fakes, "ada@example.com").await.unwrap();
        let relay = Users::new(ports, Settings::default()).relay;
        let step = relay.deliver_due(EffectKind::Mail, 10).await.unwrap();
        assert_eq!((step.delivered, step.retried, step.parked), (1, 0, 0));
        assert!(fakes.store.codes().is_empty());
        assert!(fakes.store.effects(EffectKind::Event).is_empty());
    }
}

#[tokio::test]
async fn an_outbox_that_is_away_is_named() {
    let fakes = fakes_with([people::ada()]);
    let outbox: Arc<dyn Outbox> = Arc::new(fakes.store.clone());
    let ports = Ports {
        outbox: Arc::new(Faulty::new(outbox, FaultPlan::always(Fault::Away))),
        ..fakes.ports()
    };
    let answer = Users::new(ports, Settings::default())
        .recovery
        .send_password_reset(&context(), people::ada().email)
        .await;
    assert_unavailable(&answer, "user store");
}
