//! Changing a password: by its holder, who knows the old one, and by the operator, who need not.

use std::sync::Arc;
use std::time::Duration;

use users_domain::authorization::Operation;
use users_domain::error::Unauthenticated::{InvalidToken, MissingToken};
use users_domain::model::{
    Caller, Effect, EffectKind, MailRequest, Notice, PasswordAttempt, PasswordPolicy, Status,
    TokenKind, User,
};
use users_domain::ports::{HasherError, Ports};
use users_domain::{Error, Settings, Users};
use users_testkit::fakes::PlainHasher;
use users_testkit::mocks::{MockOutbox, MockPasswordHasher, MockUserStore};
use users_testkit::{Fakes, people};

use crate::{
    administrator, assert_forbidden, assert_invalid, assert_not_enabled, assert_not_found,
    assert_unauthenticated, context, fakes_with, holder, signed_in, stored, typed, waiting,
    waiting_mails,
};

const NEW: &str = "a new password";

async fn change(users: &Users, caller: &Caller, old: &str, new: &str) -> Result<User, Error> {
    let old = PasswordAttempt::new(old.to_owned());
    let new = PasswordPolicy::anything().accept(new).unwrap();
    let credentials = &users.credentials;
    credentials
        .update_secret(&context(), caller, None, &old, &new)
        .await
}

/// Ada changes her password.
async fn changed(fakes: &Fakes) -> User {
    let caller = holder(fakes, "ada");
    let old = people::password_of("ada");
    change(&fakes.users(), &caller, &old, NEW).await.unwrap()
}

async fn set(users: &Users, caller: &Caller) -> Result<User, Error> {
    let new = PasswordPolicy::anything().accept(NEW).unwrap();
    let ada = people::ada().id;
    users
        .credentials
        .set_secret(&context(), caller, &ada, &new)
        .await
}

async fn signs_in(fakes: &Fakes, password: &str) -> bool {
    let credentials = fakes.users().credentials;
    let login = typed("ada", password);
    credentials.issue_token(&context(), login).await.is_ok()
}

fn assert_followed(fakes: &Fakes) {
    let ada = people::ada().id;
    let ended = Effect::EndSessions { user: ada.clone() };
    assert_eq!(fakes.store.effects(EffectKind::EndSessions), [Ok(ended)]);
    let told = MailRequest::Notice {
        user: ada,
        notice: Notice::PasswordChanged,
        address: Some(people::ada().email),
    };
    assert_eq!(waiting_mails(fakes), [told]);
}

#[tokio::test]
async fn who_knows_the_old_password_sets_a_new_one() {
    let fakes = fakes_with([people::ada()]);
    fakes.clock.advance(Duration::from_millis(1500));
    let ada = changed(&fakes).await;
    assert!(signs_in(&fakes, NEW).await);
    assert!(!signs_in(&fakes, &people::password_of("ada")).await);
    let made_at = people::ada().created_at.unwrap();
    let expected = User {
        secret: ada.secret.clone(),
        updated_at: Some(made_at + Duration::from_millis(1500)),
        updated_by: Some("id-of-ada".to_owned()),
        sessions_valid_from: Some(made_at.unix_timestamp() + 2),
        version: 2,
        ..people::ada()
    };
    assert_eq!(ada, expected);
    assert_followed(&fakes);
}

#[tokio::test]
async fn sessions_end_and_the_token_that_was_shown_lives_on() {
    let fakes = fakes_with([people::ada()]);
    let pair = signed_in(&fakes, "ada").await;
    changed(&fakes).await;
    let access = fakes.users().access;
    access
        .identify(Operation::ViewProfile, Some(&pair.access))
        .await
        .unwrap();
    let answer = access
        .identify(Operation::RefreshToken, Some(&pair.refresh))
        .await;
    assert_unauthenticated(&answer, InvalidToken);
}

#[tokio::test]
async fn a_wrong_old_password_changes_nothing_and_costs_one_comparison() {
    let fakes = fakes_with([people::ada()]);
    let too_long = "x".repeat(73);
    for (number, wrong) in ["", "wrong", "PASSWORD OF ADA", too_long.as_str()]
        .into_iter()
        .enumerate()
    {
        let caller = holder(&fakes, "ada");
        let answer = change(&fakes.users(), &caller, wrong, NEW).await;
        assert_invalid(&answer, "old_secret");
        assert_eq!(fakes.hasher.verifications(), number as u64 + 1);
    }
    assert_eq!(fakes.hasher.hashes(), 0);
    assert_eq!(fakes.store.users(), [people::ada()]);
    assert!(waiting(&fakes).is_empty() && waiting_mails(&fakes).is_empty());
}

#[tokio::test]
async fn the_same_password_again_is_refused() {
    let fakes = fakes_with([people::ada()]);
    let caller = holder(&fakes, "ada");
    let same = people::password_of("ada");
    let answer = change(&fakes.users(), &caller, &same, &same).await;
    assert_invalid(&answer, "new_secret");
    // Whether it is the present one is not told to who does not know it.
    let answer = change(&fakes.users(), &caller, "wrong", &same).await;
    assert_invalid(&answer, "old_secret");
    assert_eq!(fakes.store.users(), [people::ada()]);
}

#[tokio::test]
async fn an_account_without_a_password_has_none_to_change() {
    let fakes = fakes_with([User {
        secret: None,
        auth_provider: Some("google".to_owned()),
        ..people::ada()
    }]);
    let caller = holder(&fakes, "ada");
    let answer = change(&fakes.users(), &caller, "any", NEW).await;
    assert_invalid(&answer, "old_secret");
    assert_eq!(fakes.hasher.verifications(), 1, "the same time is spent");
}

#[tokio::test]
async fn a_password_that_changed_meanwhile_stays() {
    let fakes = fakes_with([people::ada()]);
    let loaded_before = holder(&fakes, "ada");
    changed(&fakes).await;
    let after = stored(&fakes, "ada");
    let old = people::password_of("ada");
    let answer = change(&fakes.users(), &loaded_before, &old, "another one").await;
    assert_invalid(&answer, "old_secret");
    assert_eq!(stored(&fakes, "ada"), after);
}

#[tokio::test]
async fn an_account_that_was_suspended_meanwhile_stays_as_it_is() {
    let fakes = fakes_with([people::ada()]);
    let loaded_before = holder(&fakes, "ada");
    fakes.store.put(people::a_disabled_user("ada"));
    let old = people::password_of("ada");
    let answer = change(&fakes.users(), &loaded_before, &old, NEW).await;
    assert_not_enabled(&answer);
    assert_eq!(fakes.store.users(), [people::a_disabled_user("ada")]);
}

/// Services whose hasher, store and outbox fail the test when they are called.
fn nothing_may_happen() -> Users {
    let ports = Ports {
        users: Arc::new(MockUserStore::new()),
        outbox: Arc::new(MockOutbox::new()),
        hasher: Arc::new(MockPasswordHasher::new()),
        ..Fakes::new().ports()
    };
    Users::new(ports, Settings::default())
}

#[tokio::test]
async fn only_the_holder_changes_his_password_and_with_an_access_token() {
    let users = nothing_may_happen();
    let old = people::password_of("ada");
    for caller in [Caller::Anonymous, Caller::Operator] {
        let answer = change(&users, &caller, &old, NEW).await;
        assert_unauthenticated(&answer, MissingToken);
    }
    let refresh = people::principal(people::ada(), TokenKind::Refresh);
    let answer = change(&users, &refresh, &old, NEW).await;
    assert_unauthenticated(&answer, InvalidToken);
    let personal = people::principal(people::ada(), TokenKind::PersonalAccess);
    assert_forbidden(&change(&users, &personal, &old, NEW).await);
    // Who is not verified may.
    let fakes = fakes_with([people::an_unverified_user("ada")]);
    assert!(!changed(&fakes).await.is_verified());
}

#[tokio::test]
async fn a_busy_hasher_is_named_busy_and_nothing_changes() {
    let retry_after = Duration::from_secs(2);
    let fakes = fakes_with([people::ada()]);
    let mut hasher = MockPasswordHasher::new();
    hasher
        .expect_verify()
        .returning(move |_, _| Err(HasherError::Busy { retry_after }));
    let ports = Ports {
        hasher: Arc::new(hasher),
        ..fakes.ports()
    };
    let users = Users::new(ports, Settings::default());
    let caller = holder(&fakes, "ada");
    let answer = change(&users, &caller, "any", NEW).await;
    assert!(matches!(answer, Err(Error::Busy { .. })), "{answer:?}");
    assert_eq!(fakes.store.users(), [people::ada()]);
}

#[tokio::test]
async fn the_operator_sets_a_password_and_every_token_dies() {
    let fakes = fakes_with([people::ada()]);
    let pair = signed_in(&fakes, "ada").await;
    let ada = set(&fakes.users(), &Caller::Operator).await.unwrap();
    let made_at = people::ada().created_at.unwrap();
    let expected = User {
        secret: ada.secret.clone(),
        updated_at: Some(made_at),
        tokens_valid_from: Some(made_at.unix_timestamp() + 1),
        sessions_valid_from: Some(made_at.unix_timestamp() + 1),
        version: 2,
        ..people::ada()
    };
    assert_eq!(ada, expected);
    assert_followed(&fakes);
    let access = fakes.users().access;
    for (operation, token) in [
        (Operation::ViewProfile, &pair.access),
        (Operation::RefreshToken, &pair.refresh),
    ] {
        let answer = access.identify(operation, Some(token)).await;
        assert_unauthenticated(&answer, InvalidToken);
    }
    assert!(signs_in(&fakes, NEW).await);
}

#[tokio::test]
async fn the_operator_gives_a_password_where_there_was_none() {
    let fakes = fakes_with([User {
        secret: None,
        ..people::ada()
    }]);
    set(&fakes.users(), &Caller::Operator).await.unwrap();
    assert!(signs_in(&fakes, NEW).await);
}

#[tokio::test]
async fn nobody_but_the_operator_sets_a_password_unasked() {
    let users = nothing_may_happen();
    let ada = people::principal(people::ada(), TokenKind::Access);
    for caller in [administrator(), ada] {
        assert_forbidden(&set(&users, &caller).await);
    }
    let answer = set(&users, &Caller::Anonymous).await;
    assert_unauthenticated(&answer, MissingToken);
}

#[tokio::test]
async fn only_an_enabled_account_is_given_a_password() {
    let fakes = Fakes::new();
    assert_not_found(&set(&fakes.users(), &Caller::Operator).await);
    for status in [Status::Disabled, Status::Deleted] {
        fakes.store.put(User {
            status,
            ..people::ada()
        });
        assert_not_enabled(&set(&fakes.users(), &Caller::Operator).await);
    }
    let secret = stored(&fakes, "ada").secret.unwrap();
    assert_eq!(secret, PlainHasher::hash_of(&people::password_of("ada")));
}
