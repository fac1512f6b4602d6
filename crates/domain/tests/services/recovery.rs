//! A new password for who lost his.

use std::sync::Arc;
use std::time::Duration;

use users_domain::authorization::Operation;
use users_domain::error::Unauthenticated::InvalidCredentials;
use users_domain::model::{
    BearerToken, CodePurpose, Effect, EffectKind, MailContent, MailRequest, Notice, OneTimeCode,
    PasswordAttempt, Status, TokenKind, User,
};
use users_domain::ports::{HasherError, PasswordHasher, Ports};
use users_domain::{Error, Settings, Users};
use users_testkit::mocks::MockPasswordHasher;
use users_testkit::{Fakes, people};

use crate::{
    ask_for_reset, ask_for_verification, assert_invalid_code, assert_unauthenticated, context,
    deliver, fakes_with, holder, made_up_code, mailed_code, proof, reset, signed_in, stored, typed,
    waiting_mails,
};

const RESET: CodePurpose = CodePurpose::ResetSecret;
const NEW: &str = "a new password";

/// Ada asks and opens her mailbox.
async fn asked_for_a_code(fakes: &Fakes) -> OneTimeCode {
    ask_for_reset(fakes, "ada@example.com").await.unwrap();
    mailed_code(fakes, RESET, "ada@example.com").await
}

async fn signs_in(fakes: &Fakes, password: &str) -> bool {
    let credentials = fakes.users().credentials;
    let login = typed("ada", password);
    match credentials.issue_token(&context(), login).await {
        Ok(_) => true,
        answer => {
            assert_unauthenticated(&answer, InvalidCredentials);
            false
        }
    }
}

async fn is_honoured(fakes: &Fakes, operation: Operation, token: &BearerToken) -> bool {
    let access = fakes.users().access;
    access.identify(operation, Some(token)).await.is_ok()
}

#[tokio::test]
async fn a_mailed_code_sets_a_new_password() {
    let fakes = fakes_with([people::ada()]);
    let code = asked_for_a_code(&fakes).await;
    fakes.clock.advance(Duration::from_mins(5));
    let ada = reset(&fakes, &code, NEW).await.unwrap();
    assert!(signs_in(&fakes, NEW).await);
    assert!(!signs_in(&fakes, &people::password_of("ada")).await);
    let now = people::ada().created_at.unwrap() + Duration::from_mins(5);
    let expected = User {
        secret: ada.secret.clone(),
        updated_at: Some(now),
        tokens_valid_from: Some(now.unix_timestamp() + 1),
        sessions_valid_from: Some(now.unix_timestamp() + 1),
        version: 2,
        ..people::ada()
    };
    assert_eq!(ada, expected);
    assert_eq!(stored(&fakes, "ada"), expected);
}

#[tokio::test]
async fn every_token_of_before_is_dead() {
    let fakes = fakes_with([people::ada()]);
    fakes.clock.advance(Duration::from_millis(300));
    // However quickly one reset follows another, and a login the first.
    for number in 0..3 {
        let (before, after) = (
            format!("password {number}"),
            format!("password {}", number + 1),
        );
        if number == 0 {
            let code = asked_for_a_code(&fakes).await;
            reset(&fakes, &code, &before).await.unwrap();
        }
        let credentials = fakes.users().credentials;
        let login = typed("ada", &before);
        let pair = credentials.issue_token(&context(), login).await.unwrap();
        assert!(is_honoured(&fakes, Operation::ViewProfile, &pair.access).await);
        let code = asked_for_a_code(&fakes).await;
        reset(&fakes, &code, &after).await.unwrap();
        assert!(!is_honoured(&fakes, Operation::ViewProfile, &pair.access).await);
        assert!(!is_honoured(&fakes, Operation::RefreshToken, &pair.refresh).await);
        assert!(!signs_in(&fakes, &before).await);
    }
}

#[tokio::test]
async fn who_signs_in_afterwards_stays_signed_in() {
    let fakes = fakes_with([people::ada()]);
    signed_in(&fakes, "ada").await;
    let code = asked_for_a_code(&fakes).await;
    reset(&fakes, &code, NEW).await.unwrap();
    let credentials = fakes.users().credentials;
    let login = typed("ada", NEW);
    let pair = credentials.issue_token(&context(), login).await.unwrap();
    // The issuer is told of the sessions that ended only now.
    assert_eq!(deliver(&fakes, EffectKind::EndSessions).await.delivered, 1);
    assert_eq!(fakes.store.sessions().len(), 1);
    let users = fakes.users();
    let caller = users
        .access
        .identify(Operation::RefreshToken, Some(&pair.refresh))
        .await
        .unwrap();
    users
        .credentials
        .refresh_token(&context(), &caller, pair.refresh)
        .await
        .unwrap();
}

#[tokio::test]
async fn the_platform_the_issuer_and_the_person_are_told() {
    let fakes = fakes_with([people::ada()]);
    let code = asked_for_a_code(&fakes).await;
    reset(&fakes, &code, NEW).await.unwrap();
    let id = people::ada().id;
    let ended = Effect::EndSessions { user: id.clone() };
    assert_eq!(fakes.store.effects(EffectKind::EndSessions), [Ok(ended)]);
    let told = MailRequest::Notice {
        user: id,
        notice: Notice::PasswordChanged,
        address: Some(people::ada().email),
    };
    assert_eq!(waiting_mails(&fakes), [told]);
    deliver(&fakes, EffectKind::Mail).await;
    let mail = fakes.mailer.mails().pop().unwrap();
    assert_eq!(mail.to, people::ada().email);
    assert!(matches!(
        mail.content,
        MailContent::Notice(Notice::PasswordChanged)
    ));
}

#[tokio::test]
async fn a_code_works_once_and_voids_the_others() {
    let fakes = fakes_with([people::ada()]);
    let first = asked_for_a_code(&fakes).await;
    let second = asked_for_a_code(&fakes).await;
    reset(&fakes, &second, NEW).await.unwrap();
    for code in [first, second] {
        assert_invalid_code(&reset(&fakes, &code, "of a stranger").await);
    }
    assert!(signs_in(&fakes, NEW).await);
}

#[tokio::test]
async fn a_code_that_ran_out_sets_nothing() {
    for (later, good) in [
        (Duration::from_micros(15 * 60_000_000 - 1), true),
        (Duration::from_mins(15), false),
    ] {
        let fakes = fakes_with([people::ada()]);
        let code = asked_for_a_code(&fakes).await;
        fakes.clock.advance(later);
        let recovery = fakes.users().recovery;
        assert_eq!(recovery.check(&proof(&code)).await.is_ok(), good);
        let answer = reset(&fakes, &code, NEW).await;
        assert_eq!(answer.is_ok(), good, "{answer:?}");
        assert_eq!(signs_in(&fakes, NEW).await, good);
    }
}

/// The hasher may be the slowest part of a service: strangers must not keep it busy.
#[tokio::test]
async fn a_useless_code_costs_no_hash() {
    let fakes = fakes_with([people::an_unverified_user("ada")]);
    let caller = holder(&fakes, "ada");
    ask_for_verification(&fakes, &caller).await.unwrap();
    let verification = mailed_code(&fakes, CodePurpose::VerifyEmail, "ada@example.com").await;
    let ports = Ports {
        hasher: Arc::new(MockPasswordHasher::new()),
        ..fakes.ports()
    };
    let recovery = Users::new(ports, Settings::default()).recovery;
    for code in [verification, made_up_code()] {
        assert_invalid_code(&recovery.check(&proof(&code)).await);
        let password = people::accepted_password_of("ada");
        let answer = recovery
            .reset_secret(&context(), &proof(&code), &password)
            .await;
        assert_invalid_code(&answer);
    }
}

#[tokio::test]
async fn a_code_whose_account_is_not_enabled_any_more_sets_nothing() {
    for status in [Status::Disabled, Status::Deleted] {
        let fakes = fakes_with([people::ada()]);
        let code = asked_for_a_code(&fakes).await;
        let gone = User {
            status,
            ..people::ada()
        };
        fakes.store.put(gone.clone());
        assert_invalid_code(&reset(&fakes, &code, NEW).await);
        assert_eq!(fakes.store.users(), [gone]);
    }
}

#[tokio::test]
async fn a_code_for_an_address_that_the_account_lost_otherwise_sets_nothing() {
    let fakes = fakes_with([people::ada()]);
    let code = asked_for_a_code(&fakes).await;
    fakes.store.put(User {
        email: people::user("augusta").email,
        ..people::ada()
    });
    assert_invalid_code(&reset(&fakes, &code, NEW).await);
}

#[tokio::test]
async fn who_opens_his_mail_has_proven_his_address() {
    let proven_before = people::ada().verified_at;
    for (before, after) in [
        (
            None,
            Some(people::ada().created_at.unwrap() + Duration::from_mins(1)),
        ),
        (proven_before, proven_before),
    ] {
        let fakes = fakes_with([User {
            verified_at: before,
            ..people::ada()
        }]);
        let code = asked_for_a_code(&fakes).await;
        fakes.clock.advance(Duration::from_mins(1));
        let ada = reset(&fakes, &code, NEW).await.unwrap();
        assert_eq!(ada.verified_at, after);
    }
}

#[tokio::test]
async fn a_hash_that_cannot_be_made_uses_no_code_up() {
    let fakes = fakes_with([people::ada()]);
    let code = asked_for_a_code(&fakes).await;
    let retry_after = Duration::from_secs(2);
    let mut hasher = MockPasswordHasher::new();
    hasher
        .expect_hash()
        .return_once(move |_| Err(HasherError::Busy { retry_after }));
    let ports = Ports {
        hasher: Arc::new(hasher),
        ..fakes.ports()
    };
    let password = people::accepted_password_of("ada");
    let answer = Users::new(ports, Settings::default())
        .recovery
        .reset_secret(&context(), &proof(&code), &password)
        .await;
    assert!(matches!(answer, Err(Error::Busy { .. })), "{answer:?}");
    reset(&fakes, &code, NEW).await.unwrap();
}

#[tokio::test]
async fn a_look_at_a_code_uses_nothing_up() {
    let fakes = fakes_with([people::ada()]);
    let code = asked_for_a_code(&fakes).await;
    let before = fakes.store.snapshot();
    let recovery = fakes.users().recovery;
    for _ in 0..3 {
        recovery.check(&proof(&code)).await.unwrap();
    }
    assert_eq!(fakes.store.snapshot(), before);
    reset(&fakes, &code, NEW).await.unwrap();
    assert_invalid_code(&recovery.check(&proof(&code)).await);
}

#[tokio::test]
async fn a_personal_access_token_outlives_a_reset_until_its_issuer_ends_it() {
    let fakes = fakes_with([people::ada()]);
    let personal = fakes
        .tokens
        .token(&people::ada().id, TokenKind::PersonalAccess);
    let code = asked_for_a_code(&fakes).await;
    reset(&fakes, &code, NEW).await.unwrap();
    assert!(is_honoured(&fakes, Operation::ViewProfile, &personal).await);
}

#[tokio::test]
async fn the_new_password_is_kept_as_a_hash() {
    let fakes = fakes_with([people::ada()]);
    let code = asked_for_a_code(&fakes).await;
    let ada = reset(&fakes, &code, NEW).await.unwrap();
    let attempt = PasswordAttempt::new(NEW.to_owned());
    let verdict = fakes.hasher.verify(&attempt, &ada.secret.unwrap()).await;
    assert!(verdict.unwrap().matches);
}
