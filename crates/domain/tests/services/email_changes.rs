//! Changing an e-mail address.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use users_domain::model::{
    Caller, CodePurpose, EffectKind, Email, MailContent, MailRequest, Notice, User,
};
use users_domain::ports::{Mailer, Ports};
use users_domain::{Error, Settings, Users};
use users_testkit::faults::{Fault, FaultPlan, Faulty, crash_after};
use users_testkit::{Fakes, people};

use crate::{
    administrator, ask_for_reset, ask_for_verification, assert_invalid, assert_invalid_code,
    context, deliver, fakes_with, holder, login, mailed_code, reset, stored, typed, verify,
    waiting, waiting_mails,
};

const VERIFY: CodePurpose = CodePurpose::VerifyEmail;
const RESET: CodePurpose = CodePurpose::ResetSecret;

fn email(address: &str) -> Email {
    Email::parse(address).unwrap()
}

/// Somebody gives Ada's account another address.
async fn change(users: &Users, caller: &Caller, address: &str) -> Result<User, Error> {
    let ada = people::ada().id;
    users
        .profiles
        .update_email(&context(), caller, &ada, None, email(address))
        .await
}

async fn changed(fakes: &Fakes, address: &str) -> User {
    let caller = holder(fakes, "ada");
    change(&fakes.users(), &caller, address).await.unwrap()
}

/// Lets an operation go on until it waits.
fn poll_once<T>(operation: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    match operation.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}

#[tokio::test]
async fn another_address_counts_at_once_and_is_not_proven() {
    let fakes = fakes_with([people::ada()]);
    let ada = changed(&fakes, "Augusta@example.com").await;
    assert_eq!(ada.email.as_str(), "Augusta@example.com");
    assert_eq!(ada.verified_at, None);
    assert_eq!(stored(&fakes, "ada"), ada);
    let credentials = fakes.users().credentials;
    let by_address = typed("augusta@example.com", &people::password_of("ada"));
    credentials
        .issue_token(&context(), by_address)
        .await
        .unwrap();
    let by_the_old_one = credentials.issue_token(&context(), login("ada")).await;
    by_the_old_one.unwrap_err();
}

#[tokio::test]
async fn the_old_address_is_told_and_the_new_one_asked() {
    let fakes = fakes_with([people::ada()]);
    changed(&fakes, "augusta@example.com").await;
    let id = people::ada().id;
    let expected = [
        MailRequest::Notice {
            user: id.clone(),
            notice: Notice::EmailChanged,
            address: Some(people::ada().email),
        },
        MailRequest::Verification {
            user: id,
            address: email("augusta@example.com"),
        },
    ];
    assert_eq!(waiting_mails(&fakes), expected);
    assert_eq!(waiting(&fakes).len(), 1);
    deliver(&fakes, EffectKind::Mail).await;
    let mails = fakes.mailer.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].to, people::ada().email);
    assert!(matches!(
        mails[0].content,
        MailContent::Notice(Notice::EmailChanged)
    ));
    assert_eq!(mails[1].to, email("augusta@example.com"));
    let code = fakes.mailer.last_code(VERIFY, "augusta@example.com");
    let ada = verify(&fakes, &code.unwrap()).await.unwrap();
    assert!(ada.is_verified());
}

/// Whoever gives his unproven account one address after another sends nobody more than one mail a
/// minute.
#[tokio::test]
async fn addresses_that_come_and_go_flood_nobody() {
    let fakes = fakes_with([people::an_unverified_user("ada")]);
    for address in ["victim@example.com", "b@example.com", "Victim@example.com"].repeat(4) {
        changed(&fakes, address).await;
        deliver(&fakes, EffectKind::Mail).await;
        fakes.clock.advance(Duration::from_secs(4));
    }
    let mails = fakes.mailer.mails();
    let to_victim = mails
        .iter()
        .filter(|mail| mail.to.folded() == "victim@example.com");
    assert_eq!(to_victim.count(), 1);
}

#[tokio::test]
async fn codes_of_the_old_address_open_nothing_any_more() {
    let fakes = fakes_with([people::an_unverified_user("ada")]);
    let caller = holder(&fakes, "ada");
    ask_for_verification(&fakes, &caller).await.unwrap();
    ask_for_reset(&fakes, "ada@example.com").await.unwrap();
    let for_proof = mailed_code(&fakes, VERIFY, "ada@example.com").await;
    let for_reset = mailed_code(&fakes, RESET, "ada@example.com").await;
    changed(&fakes, "augusta@example.com").await;
    assert_invalid_code(&verify(&fakes, &for_proof).await);
    assert_invalid_code(&reset(&fakes, &for_reset, "of a stranger").await);
    assert_eq!(fakes.hasher.hashes(), 0, "no work for a useless code");
    // Nor when the old address comes back.
    changed(&fakes, "ada@example.com").await;
    assert_invalid_code(&verify(&fakes, &for_proof).await);
    assert_invalid_code(&reset(&fakes, &for_reset, "of a stranger").await);
}

#[tokio::test]
async fn a_code_that_still_waits_for_the_old_address_is_not_mailed() {
    let fakes = fakes_with([people::an_unverified_user("ada")]);
    let caller = holder(&fakes, "ada");
    ask_for_verification(&fakes, &caller).await.unwrap();
    changed(&fakes, "augusta@example.com").await;
    deliver(&fakes, EffectKind::Mail).await;
    assert!(fakes.mailer.codes(VERIFY, "ada@example.com").is_empty());
    assert_eq!(fakes.mailer.codes(VERIFY, "augusta@example.com").len(), 1);
    assert!(waiting_mails(&fakes).is_empty());
}

/// What is being sent to the old address at that moment still counts as waiting.
#[test]
fn an_address_that_changes_while_a_mail_is_sent_is_asked_all_the_same() {
    let fakes = fakes_with([people::an_unverified_user("ada")]);
    let caller = holder(&fakes, "ada");
    let mailer: Arc<dyn Mailer> = Arc::new(fakes.mailer.clone());
    let ports = Ports {
        mailer: Arc::new(Faulty::new(mailer, FaultPlan::once(Fault::Slow))),
        ..fakes.ports()
    };
    let relay = Users::new(ports, Settings::default()).relay;
    crash_after(0, ask_for_verification(&fakes, &caller))
        .unwrap()
        .unwrap();
    let mut sending = pin!(relay.deliver_due(EffectKind::Mail, 100));
    assert!(poll_once(sending.as_mut()).is_none(), "it is being sent");
    crash_after(0, changed(&fakes, "augusta@example.com")).unwrap();
    while poll_once(sending.as_mut()).is_none() {}
    crash_after(0, relay.deliver_due(EffectKind::Mail, 100))
        .unwrap()
        .unwrap();
    assert_eq!(fakes.mailer.codes(VERIFY, "augusta@example.com").len(), 1);
}

#[tokio::test]
async fn the_address_that_the_account_has_is_refused() {
    let fakes = fakes_with([people::ada()]);
    let caller = holder(&fakes, "ada");
    let answer = change(&fakes.users(), &caller, "ada@example.com").await;
    assert_invalid(&answer, "email");
    assert_eq!(stored(&fakes, "ada"), people::ada());
    assert!(waiting_mails(&fakes).is_empty());
}

#[tokio::test]
async fn another_case_is_another_address_to_prove() {
    let fakes = fakes_with([people::ada()]);
    let ada = changed(&fakes, "Ada@Example.com").await;
    assert_eq!(ada.email.as_str(), "Ada@Example.com");
    assert!(!ada.is_verified());
}

#[tokio::test]
async fn an_administrator_changes_it_too() {
    let fakes = fakes_with([people::ada()]);
    let ada = change(&fakes.users(), &administrator(), "augusta@example.com")
        .await
        .unwrap();
    assert_eq!(ada.updated_by.as_deref(), Some("id-of-root"));
    assert_eq!(waiting_mails(&fakes).len(), 2);
}
