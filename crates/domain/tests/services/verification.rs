//! Proving that an e-mail address is the account's.

use std::time::Duration;

use users_domain::error::Unauthenticated::{InvalidToken, MissingToken};
use users_domain::model::{
    AdoptedCode, Caller, CodePurpose, EffectKind, MailContent, MailRequest, OneTimeCode,
    PasswordPolicy, Proof, Status, TokenKind, User,
};
use users_domain::ports::Clock;
use users_domain::{Error, Settings};
use users_testkit::contract::AdoptedRow;
use users_testkit::{Fakes, people};

use crate::{
    ask_for_reset, ask_for_verification, assert_forbidden, assert_invalid_code,
    assert_unauthenticated, context, deliver, fakes_with, holder, made_up_code, mailed_code, proof,
    stored, verify, waiting, waiting_mails,
};

const VERIFY: CodePurpose = CodePurpose::VerifyEmail;
const DAY: Duration = Duration::from_hours(24);

/// Fakes with Ada, whose address is not proven.
fn fakes_with_unverified_ada() -> Fakes {
    fakes_with([people::an_unverified_user("ada")])
}

/// Ada asks and opens her mailbox.
async fn asked_for_a_code(fakes: &Fakes) -> OneTimeCode {
    let caller = holder(fakes, "ada");
    ask_for_verification(fakes, &caller).await.unwrap();
    mailed_code(fakes, VERIFY, "ada@example.com").await
}

#[tokio::test]
async fn a_mailed_code_proves_the_address() {
    let fakes = fakes_with_unverified_ada();
    let code = asked_for_a_code(&fakes).await;
    fakes.clock.advance(Duration::from_mins(5));
    let verified = verify(&fakes, &code).await.unwrap();
    let now = Some(people::ada().created_at.unwrap() + Duration::from_mins(5));
    let expected = User {
        verified_at: now,
        updated_at: now,
        version: 2,
        ..people::ada()
    };
    assert_eq!(verified, expected);
    assert_eq!(stored(&fakes, "ada"), expected);
}

#[tokio::test]
async fn the_mail_goes_to_the_account_and_says_how_long_its_code_is_good() {
    for (settings, lifetime) in [
        (Settings::default(), DAY),
        (
            Settings {
                verification_code_ttl: Duration::from_mins(3),
                ..Settings::default()
            },
            Duration::from_mins(3),
        ),
    ] {
        let fakes = fakes_with_unverified_ada();
        let caller = holder(&fakes, "ada");
        ask_for_verification(&fakes, &caller).await.unwrap();
        let relay = fakes.users_with(settings).relay;
        relay.deliver_due(EffectKind::Mail, 1).await.unwrap();
        let mail = fakes.mailer.mails().remove(0);
        assert_eq!(mail.to, people::ada().email);
        assert_eq!(mail.username, people::ada().username);
        assert_eq!(Some(mail.written_at), people::ada().created_at);
        let MailContent::Verification { expires_at, .. } = mail.content else {
            panic!("{mail:?}");
        };
        assert_eq!(expires_at, mail.written_at + lifetime);
    }
}

#[tokio::test]
async fn a_code_works_once() {
    let fakes = fakes_with_unverified_ada();
    let code = asked_for_a_code(&fakes).await;
    verify(&fakes, &code).await.unwrap();
    let after = stored(&fakes, "ada");
    for _ in 0..2 {
        assert_invalid_code(&verify(&fakes, &code).await);
    }
    assert_eq!(stored(&fakes, "ada"), after);
}

#[tokio::test]
async fn a_code_that_ran_out_proves_nothing() {
    for (later, good) in [
        (Duration::from_micros(24 * 3_600_000_000 - 1), true),
        (DAY, false),
        (DAY * 2, false),
    ] {
        let fakes = fakes_with_unverified_ada();
        let code = asked_for_a_code(&fakes).await;
        fakes.clock.advance(later);
        let verification = fakes.users().verification;
        assert_eq!(verification.check(&proof(&code)).await.is_ok(), good);
        let answer = verify(&fakes, &code).await;
        assert_eq!(answer.is_ok(), good, "{answer:?}");
        assert_eq!(stored(&fakes, "ada").is_verified(), good);
    }
}

#[tokio::test]
async fn a_code_for_something_else_or_made_up_proves_nothing() {
    let fakes = fakes_with_unverified_ada();
    ask_for_reset(&fakes, "ada@example.com").await.unwrap();
    let reset = mailed_code(&fakes, CodePurpose::ResetSecret, "ada@example.com").await;
    let verification = fakes.users().verification;
    for code in [reset, made_up_code()] {
        assert_invalid_code(&verification.check(&proof(&code)).await);
        assert_invalid_code(&verify(&fakes, &code).await);
    }
    assert!(!stored(&fakes, "ada").is_verified());
}

/// A row that another program gave another address voided no code.
#[tokio::test]
async fn a_code_for_an_address_that_the_account_lost_otherwise_proves_nothing() {
    let fakes = fakes_with_unverified_ada();
    let code = asked_for_a_code(&fakes).await;
    fakes.store.put(User {
        email: people::user("augusta").email,
        ..people::an_unverified_user("ada")
    });
    assert_invalid_code(&verify(&fakes, &code).await);
    assert!(!stored(&fakes, "ada").is_verified());
}

#[tokio::test]
async fn a_look_at_a_code_uses_nothing_up() {
    let fakes = fakes_with_unverified_ada();
    let code = asked_for_a_code(&fakes).await;
    let before = fakes.store.snapshot();
    let verification = fakes.users().verification;
    for _ in 0..3 {
        verification.check(&proof(&code)).await.unwrap();
    }
    assert_eq!(fakes.store.snapshot(), before);
    verify(&fakes, &code).await.unwrap();
    assert_invalid_code(&verification.check(&proof(&code)).await);
}

#[tokio::test]
async fn while_a_mail_waits_another_request_adds_none() {
    let fakes = fakes_with_unverified_ada();
    let caller = holder(&fakes, "ada");
    for _ in 0..3 {
        ask_for_verification(&fakes, &caller).await.unwrap();
    }
    let expected = MailRequest::Verification {
        user: people::ada().id,
        address: people::ada().email,
    };
    assert_eq!(waiting_mails(&fakes), [expected]);
    // The platform is told of each.
    assert_eq!(waiting(&fakes).len(), 3);
}

#[tokio::test]
async fn several_mailed_codes_are_good_until_one_is_used() {
    let fakes = fakes_with_unverified_ada();
    let first = asked_for_a_code(&fakes).await;
    let second = asked_for_a_code(&fakes).await;
    assert_ne!(first.expose(), second.expose());
    verify(&fakes, &first).await.unwrap();
    assert_invalid_code(&verify(&fakes, &second).await);
}

#[tokio::test]
async fn who_is_verified_is_told_so() {
    let fakes = fakes_with([people::ada()]);
    let caller = holder(&fakes, "ada");
    let answer = ask_for_verification(&fakes, &caller).await;
    assert!(matches!(answer, Err(Error::AlreadyVerified)), "{answer:?}");
    assert!(waiting_mails(&fakes).is_empty());
    assert!(waiting(&fakes).is_empty());
}

#[tokio::test]
async fn only_the_holder_of_an_account_asks_and_with_an_access_token() {
    let fakes = Fakes::new();
    for caller in [Caller::Anonymous, Caller::Operator] {
        let answer = ask_for_verification(&fakes, &caller).await;
        assert_unauthenticated(&answer, MissingToken);
    }
    let unverified = || people::an_unverified_user("ada");
    let refresh = people::principal(unverified(), TokenKind::Refresh);
    assert_unauthenticated(&ask_for_verification(&fakes, &refresh).await, InvalidToken);
    let personal = people::principal(unverified(), TokenKind::PersonalAccess);
    assert_forbidden(&ask_for_verification(&fakes, &personal).await);
    assert!(waiting_mails(&fakes).is_empty());
}

#[tokio::test]
async fn who_needs_no_proof_any_more_gets_no_mail() {
    for meanwhile in [
        people::ada(),
        User {
            status: Status::Disabled,
            ..people::an_unverified_user("ada")
        },
        User {
            status: Status::Deleted,
            ..people::an_unverified_user("ada")
        },
    ] {
        let fakes = fakes_with_unverified_ada();
        let caller = holder(&fakes, "ada");
        ask_for_verification(&fakes, &caller).await.unwrap();
        fakes.store.put(meanwhile);
        assert_eq!(deliver(&fakes, EffectKind::Mail).await.delivered, 1);
        assert!(fakes.mailer.mails().is_empty());
        assert!(fakes.store.codes().is_empty());
    }
}

#[tokio::test]
async fn a_proof_changes_nothing_else_and_ends_no_session() {
    let fakes = fakes_with([User {
        updated_by: Some("id-of-root".to_owned()),
        ..people::an_unverified_user("ada")
    }]);
    let code = asked_for_a_code(&fakes).await;
    let verified = verify(&fakes, &code).await.unwrap();
    assert_eq!(verified.updated_by.as_deref(), Some("id-of-root"));
    assert_eq!(verified.sessions_valid_from, None);
    assert!(fakes.store.effects(EffectKind::EndSessions).is_empty());
    assert_eq!(verified.version, 2);
}

/// The deployed service mailed Ada a code before its database was taken over.
fn adopted(fakes: &Fakes) -> Proof {
    let (ada, now) = (stored(fakes, "ada"), fakes.clock.now());
    fakes.store.put_adopted(AdoptedRow {
        user: ada.id.clone(),
        email: ada.email.clone(),
        otp: Some("secret".to_owned()),
        created_at: Some(now),
        expires_at: Some(now + DAY),
        used_at: None,
    });
    Proof::Adopted(AdoptedCode::new(ada.id, ada.email, "secret".to_owned()))
}

async fn verify_adopted(fakes: &Fakes, proof: &Proof) -> Result<User, Error> {
    let verification = fakes.users().verification;
    verification.verify_email(&context(), proof).await
}

#[tokio::test]
async fn an_adopted_code_proves_the_address_as_one_of_ours_does() {
    let fakes = fakes_with_unverified_ada();
    let ours = asked_for_a_code(&fakes).await;
    let proof = adopted(&fakes);
    let told = waiting(&fakes).len();
    fakes.users().verification.check(&proof).await.unwrap();
    let verified = verify_adopted(&fakes, &proof).await.unwrap();
    assert_eq!(verified.verified_at, Some(fakes.clock.now()));
    assert_eq!(stored(&fakes, "ada"), verified);
    assert_eq!(waiting(&fakes).len(), told + 1);
    assert_invalid_code(&verify_adopted(&fakes, &proof).await);
    assert_invalid_code(&verify(&fakes, &ours).await);
}

#[tokio::test]
async fn an_adopted_code_runs_out_and_goes_with_the_address() {
    let lost: [fn(&Fakes); 2] = [
        |fakes| fakes.clock.advance(DAY),
        |fakes| {
            fakes.store.put(User {
                email: people::user("augusta").email,
                ..people::an_unverified_user("ada")
            });
        },
    ];
    for lose in lost {
        let fakes = fakes_with_unverified_ada();
        let proof = adopted(&fakes);
        lose(&fakes);
        assert_invalid_code(&verify_adopted(&fakes, &proof).await);
        assert!(!stored(&fakes, "ada").is_verified());
    }
}

#[tokio::test]
async fn an_adopted_code_sets_no_password() {
    let fakes = fakes_with_unverified_ada();
    let proof = adopted(&fakes);
    let recovery = fakes.users().recovery;
    assert_invalid_code(&recovery.check(&proof).await);
    let password = PasswordPolicy::default().accept("a new password").unwrap();
    let answer = recovery.reset_secret(&context(), &proof, &password).await;
    assert_invalid_code(&answer);
    assert_eq!(stored(&fakes, "ada"), people::an_unverified_user("ada"));
    verify_adopted(&fakes, &proof).await.unwrap();
}
