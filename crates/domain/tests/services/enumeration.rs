//! Nobody learns from an answer whether an account exists: what is asked of the ports while somebody
//! waits is the same for every address.

use std::sync::{Arc, Mutex};

use users_domain::error::Unauthenticated::InvalidCredentials;
use users_domain::model::{Effect, Email, MailRequest, User};
use users_domain::ports::{Ports, TokenError, Verdict};
use users_domain::{Settings, Users};
use users_testkit::mocks::{
    MockMailer, MockOutbox, MockPasswordHasher, MockReadEvents, MockTokenIssuer, MockUserStore,
};
use users_testkit::{Fakes, people};

use crate::{
    assert_invalid_code, assert_unauthenticated, context, fakes_with, made_up_code, proof, typed,
};

type Calls = Arc<Mutex<Vec<String>>>;

/// Ports that note every call, over a store that holds these accounts.
fn noting(calls: &Calls, account: Option<User>) -> Ports {
    let note = |what: &str| {
        let (calls, what) = (calls.clone(), what.to_owned());
        move || calls.lock().unwrap().push(what.clone())
    };
    let mut users = MockUserStore::new();
    let (found, noted) = (
        account.into_iter().collect::<Vec<_>>(),
        note("find_by_login"),
    );
    users.expect_find_by_login().returning(move |_| {
        noted();
        Ok(found.clone())
    });
    let noted = note("find_code");
    users.expect_find_code().returning(move |_, _| {
        noted();
        Ok(None)
    });
    let mut outbox = MockOutbox::new();
    let noted = note("add");
    outbox.expect_add().returning(move |effects| {
        noted();
        assert!(matches!(
            effects.as_slice(),
            [Effect::Mail(MailRequest::Reset { .. })]
        ));
        Ok(())
    });
    let mut hasher = MockPasswordHasher::new();
    let noted = note("a comparison");
    hasher.expect_verify().returning(move |_, _| {
        noted();
        Ok(Verdict {
            matches: false,
            outdated: false,
        })
    });
    let noted = note("a comparison");
    hasher.expect_verify_absent().returning(move |_| {
        noted();
        Ok(())
    });
    let mut read_events = MockReadEvents::new();
    let noted = note("a note");
    read_events.expect_note().returning(move |_| noted());
    let mut issuer = MockTokenIssuer::new();
    issuer
        .expect_issue()
        .returning(|_| Err(TokenError::Unavailable));
    Ports {
        users: Arc::new(users),
        outbox: Arc::new(outbox),
        hasher: Arc::new(hasher),
        read_events: Arc::new(read_events),
        issuer: Arc::new(issuer),
        mailer: Arc::new(MockMailer::new()),
        ..Fakes::new().ports()
    }
}

/// Accounts of every kind that an address may belong to, and none.
fn accounts() -> Vec<Option<User>> {
    let without_password = User {
        secret: None,
        auth_provider: Some("google".to_owned()),
        ..people::ada()
    };
    vec![
        None,
        Some(people::ada()),
        Some(people::an_admin("ada")),
        Some(people::an_unverified_user("ada")),
        Some(without_password),
    ]
}

#[tokio::test]
async fn a_reset_request_asks_the_same_for_every_address() {
    for account in accounts() {
        let calls = Calls::default();
        let users = Users::new(noting(&calls, account), Settings::default());
        for address in ["ada@example.com", "nobody@example.com"] {
            let address = Email::parse(address).unwrap();
            users
                .recovery
                .send_password_reset(&context(), address)
                .await
                .unwrap();
        }
        assert_eq!(*calls.lock().unwrap(), ["add", "add"]);
    }
}

#[tokio::test]
async fn a_failed_login_asks_the_same_for_every_identity() {
    for account in accounts() {
        let calls = Calls::default();
        let users = Users::new(noting(&calls, account), Settings::default());
        let login = typed("ada@example.com", "wrong");
        let answer = users.credentials.issue_token(&context(), login).await;
        assert_unauthenticated(&answer, InvalidCredentials);
        let asked = calls.lock().unwrap().clone();
        assert_eq!(asked, ["find_by_login", "a comparison", "a note"]);
    }
}

#[tokio::test]
async fn a_useless_code_asks_the_same_whoever_shows_it() {
    let calls = Calls::default();
    let users = Users::new(noting(&calls, None), Settings::default());
    let proof = proof(&made_up_code());
    let password = people::accepted_password_of("ada");
    let answer = users
        .recovery
        .reset_secret(&context(), &proof, &password)
        .await;
    assert_invalid_code(&answer);
    assert_invalid_code(&users.recovery.check(&proof).await);
    assert_invalid_code(&users.verification.check(&proof).await);
    assert_eq!(*calls.lock().unwrap(), ["find_code"; 3]);
}

/// One text for every reason.
#[tokio::test]
async fn every_useless_code_has_one_answer() {
    let fakes = fakes_with([people::ada()]);
    let code = made_up_code();
    let verify = crate::verify(&fakes, &code).await.unwrap_err();
    let reset = crate::reset(&fakes, &code, "a new password").await;
    assert_eq!(verify.to_string(), reset.unwrap_err().to_string());
}
