//! Signing in.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use users_domain::authorization::Operation;
use users_domain::error::{InvalidReason, Unauthenticated};
use users_domain::model::{Email, PasswordHash, Role, Status, TokenPair, User, UserId, Username};
use users_domain::ports::{HasherError, Ports, StoreError, TokenError};
use users_domain::services::Login;
use users_domain::{Error, Settings, Users};
use users_testkit::fakes::PlainHasher;
use users_testkit::mocks::{
    MockOutbox, MockPasswordHasher, MockReadEvents, MockTokenIssuer, MockUserStore,
};
use users_testkit::{Fakes, people};

use crate::{
    assert_unauthenticated, assert_unavailable, context, fakes_with, login, said, typed, waiting,
};

async fn sign_in(users: &Users, login: Login) -> Result<TokenPair, Error> {
    users.credentials.issue_token(&context(), login).await
}

/// Whose tokens somebody gets who types this with the password `secret`.
async fn who(fakes: &Fakes, identity: &str) -> Option<String> {
    let users = fakes.users();
    let pair = sign_in(&users, typed(identity, "secret")).await.ok()?;
    let caller = users
        .access
        .identify(Operation::ViewProfile, Some(&pair.access))
        .await
        .unwrap();
    let account = &caller.principal().unwrap().account;
    Some(account.id.to_string())
}

/// An account with these names and the password `secret`.
fn account(id: &str, email: &str, username: &str) -> User {
    User {
        id: UserId::from_stored(id.to_owned()),
        email: Email::from_stored(email.to_owned()),
        username: Some(Username::from_stored(username.to_owned())),
        secret: Some(PlainHasher::hash_of("secret")),
        ..people::ada()
    }
}

#[tokio::test]
async fn a_person_signs_in_by_address_or_username_in_any_case() {
    let fakes = fakes_with([account("1", "Ada@Example.com", "Ada")]);
    for identity in ["Ada@Example.com", "ada@example.COM", "Ada", "aDA"] {
        assert_eq!(who(&fakes, identity).await.as_deref(), Some("1"));
    }
}

#[tokio::test]
async fn nothing_is_trimmed_or_guessed() {
    let fakes = fakes_with([account("1", "ada@example.com", "ada")]);
    for identity in [
        " ada",
        "ada ",
        "ada@example.com ",
        "ada@example",
        "ad",
        "%",
        "_da",
    ] {
        assert_eq!(who(&fakes, identity).await, None, "{identity:?}");
    }
}

#[tokio::test]
async fn a_stored_address_that_is_none_signs_in_all_the_same() {
    let fakes = fakes_with([account("1", " ädmin@ localhost", "x y")]);
    for identity in [" ädmin@ localhost", "x y", "X Y"] {
        assert_eq!(who(&fakes, identity).await.as_deref(), Some("1"));
    }
}

#[tokio::test]
async fn the_first_step_that_finds_an_account_decides() {
    let exact_email = account("exact email", "Ada", "1");
    let exact_name = account("exact name", "2", "Ada");
    let folded_email = account("folded email", "aDa", "3");
    let folded_name = account("folded name", "4", "adA");
    let all = [folded_name, folded_email, exact_name, exact_email];
    for present in (1..=all.len()).rev() {
        let fakes = fakes_with(all[..present].iter().cloned());
        let meant = all[present - 1].id.as_str();
        assert_eq!(who(&fakes, "Ada").await.as_deref(), Some(meant));
    }
}

#[tokio::test]
async fn several_in_one_step_are_nobody() {
    let by_address = [account("1", "ADA", "x"), account("2", "adA", "y")];
    let by_name = [account("1", "x", "ADA"), account("2", "y", "adA")];
    let same_address = [account("1", "Ada", "x"), account("2", "Ada", "y")];
    for twins in [by_address, by_name, same_address] {
        // The account that a later step would find is not asked.
        let later = account("3", "z", "aDA");
        let fakes = fakes_with(twins.into_iter().chain([later]));
        assert_eq!(who(&fakes, "Ada").await, None);
    }
    let twins = fakes_with([account("1", "ADA", "x"), account("2", "adA", "y")]);
    assert_eq!(who(&twins, "ADA").await.as_deref(), Some("1"));
}

#[tokio::test]
async fn accounts_that_are_not_enabled_stand_in_nobodys_way() {
    let disabled = User {
        status: Status::Disabled,
        ..account("disabled", "Ada", "x")
    };
    let deleted = User {
        status: Status::Deleted,
        ..account("deleted", "y", "Ada")
    };
    let fakes = fakes_with([disabled, deleted, account("enabled", "ada", "z")]);
    assert_eq!(who(&fakes, "Ada").await.as_deref(), Some("enabled"));
}

#[tokio::test]
async fn whatever_is_wrong_has_one_answer_and_one_price() {
    let without_password = User {
        secret: None,
        ..people::user("federated")
    };
    let unreadable = User {
        secret: Some(PasswordHash::from_stored("?".to_owned())),
        ..people::user("odd")
    };
    let fakes = fakes_with([
        people::ada(),
        people::a_disabled_user("grace"),
        without_password,
        unreadable,
        account("twin 1", "TWIN", "x"),
        account("twin 2", "twiN", "y"),
    ]);
    let too_long = "x".repeat(73);
    for (number, wrong) in [
        typed("ada@example.com", "wrong"),
        typed("ada@example.com", &too_long),
        typed("nobody@example.com", &people::password_of("ada")),
        typed("federated@example.com", "any"),
        typed("odd@example.com", "?"),
        typed("Twin", "secret"),
        login("grace"),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = sign_in(&fakes.users(), wrong).await;
        assert_unauthenticated(&answer, Unauthenticated::InvalidCredentials);
        assert_eq!(fakes.hasher.verifications(), number as u64 + 1);
    }
    assert!(fakes.store.sessions().is_empty());
}

#[tokio::test]
async fn a_login_tells_the_platform() {
    let fakes = fakes_with([people::ada()]);
    sign_in(&fakes.users(), typed("Ada", &people::password_of("ada")))
        .await
        .unwrap();
    let events = waiting(&fakes);
    assert_eq!((events.len(), events[0].key()), (1, "id-of-ada"));
    let occurred_at = 1_767_225_600_000_000_000_i64;
    let expected = json!({
        "operation": "user.issue_token",
        "event_id": events[0].id().to_string(),
        "occurred_at": occurred_at,
        "request_id": "request-1",
        "user_id": "id-of-ada",
        "username": "Ada",
    });
    assert_eq!(said(&events[0]), expected);
    assert!(fakes.read_events.notes().is_empty());
}

#[tokio::test]
async fn a_failed_login_is_a_note_and_fills_no_outbox() {
    let fakes = fakes_with([people::ada()]);
    for (identity, known) in [("ada", true), ("nobody", false)] {
        let answer = sign_in(&fakes.users(), typed(identity, "wrong")).await;
        assert_unauthenticated(&answer, Unauthenticated::InvalidCredentials);
        let notes = fakes.read_events.take();
        assert_eq!(notes.len(), 1);
        let note = said(&notes[0]);
        assert_eq!(note["operation"], "user.login_failed");
        let user_id = note.get("user_id");
        assert_eq!(user_id, known.then_some(&json!("id-of-ada")));
        assert!(!notes[0].json().contains("nobody"), "what was typed");
    }
    assert!(waiting(&fakes).is_empty());
}

#[tokio::test]
async fn a_session_has_the_name_it_was_given() {
    let fakes = fakes_with([people::ada()]);
    let named = Login::parse("ada", people::password_of("ada"), "laptop").unwrap();
    sign_in(&fakes.users(), named).await.unwrap();
    let sessions = fakes.store.sessions();
    let description = sessions[0].description.as_ref().unwrap();
    assert_eq!(description.as_str(), "laptop");
    assert_eq!(sessions[0].user, people::ada().id);
}

#[tokio::test]
async fn a_password_is_good_until_somebody_changes_it() {
    let fakes = fakes_with([people::ada()]);
    fakes.clock.advance(Duration::from_hours(24 * 365 * 20));
    assert!(sign_in(&fakes.users(), login("ada")).await.is_ok());
}

/// Whoever knows a name could keep its owner out otherwise.
#[tokio::test]
async fn no_number_of_failed_logins_locks_the_owner_out() {
    let fakes = fakes_with([people::ada()]);
    for _ in 0..1_000 {
        let attempt = typed("ada@example.com", "a guess");
        assert!(sign_in(&fakes.users(), attempt).await.is_err());
    }
    assert!(sign_in(&fakes.users(), login("ada")).await.is_ok());
}

#[tokio::test]
async fn the_issuer_learns_what_the_account_is_now() {
    let account = User {
        role: Role::Admin,
        verified_at: None,
        tokens_valid_from: Some(7),
        sessions_valid_from: Some(9),
        ..people::ada()
    };
    let fakes = fakes_with([account]);
    let mut issuer = MockTokenIssuer::new();
    issuer
        .expect_issue()
        .withf(|asked| {
            asked.user == people::ada().id
                && asked.role == Role::Admin
                && !asked.verified
                && asked.description.is_none()
                && asked.not_before == Some(9)
        })
        .return_once(|_| Err(TokenError::Unavailable));
    let ports = Ports {
        issuer: Arc::new(issuer),
        outbox: Arc::new(MockOutbox::new()),
        ..fakes.ports()
    };
    let answer = sign_in(&Users::new(ports, Settings::default()), login("ada")).await;
    assert_unavailable(&answer, "token issuer");
}

#[tokio::test]
async fn a_sign_in_during_which_the_sessions_are_ended_gives_nothing() {
    let disabled = Some(people::a_disabled_user("ada"));
    let ended = Some(User {
        sessions_valid_from: Some(7),
        ..people::ada()
    });
    let all_ended = Some(User {
        tokens_valid_from: Some(7),
        ..people::ada()
    });
    for meanwhile in [disabled, ended, all_ended, None] {
        let fakes = fakes_with([people::ada()]);
        let mut store = MockUserStore::new();
        store
            .expect_find_by_login()
            .return_once(|_| Ok(vec![people::ada()]));
        store.expect_find().return_once(move |_| Ok(meanwhile));
        let ports = Ports {
            users: Arc::new(store),
            ..fakes.ports()
        };
        let answer = sign_in(&Users::new(ports, Settings::default()), login("ada")).await;
        assert_unauthenticated(&answer, Unauthenticated::InvalidCredentials);
        assert!(fakes.store.sessions().is_empty());
        assert!(waiting(&fakes).is_empty());
    }
}

#[tokio::test]
async fn a_sign_in_that_is_kept_back_ends_no_other_session() {
    let fakes = fakes_with([people::ada()]);
    let mut store = MockUserStore::new();
    // Loaded before the sessions were ended; another sign-in came since.
    let loaded_before = people::ada();
    store
        .expect_find_by_login()
        .return_once(|_| Ok(vec![loaded_before]));
    let ended = User {
        sessions_valid_from: Some(7),
        ..people::ada()
    };
    fakes.store.put(ended.clone());
    sign_in(&fakes.users(), login("ada")).await.unwrap();
    store.expect_find().return_once(move |_| Ok(Some(ended)));
    let ports = Ports {
        users: Arc::new(store),
        ..fakes.ports()
    };
    let answer = sign_in(&Users::new(ports, Settings::default()), login("ada")).await;
    assert_unauthenticated(&answer, Unauthenticated::InvalidCredentials);
    assert_eq!(fakes.store.sessions().len(), 1);
}

#[tokio::test]
async fn a_busy_hasher_is_named_busy_and_no_failure_is_noted() {
    let retry_after = Duration::from_secs(2);
    let mut hasher = MockPasswordHasher::new();
    hasher
        .expect_verify()
        .returning(move |_, _| Err(HasherError::Busy { retry_after }));
    hasher
        .expect_verify_absent()
        .returning(move |_| Err(HasherError::Busy { retry_after }));
    let ports = Ports {
        hasher: Arc::new(hasher),
        issuer: Arc::new(MockTokenIssuer::new()),
        read_events: Arc::new(MockReadEvents::new()),
        ..fakes_with([people::ada()]).ports()
    };
    let users = Users::new(ports, Settings::default());
    for name in ["ada", "nobody"] {
        let answer = sign_in(&users, login(name)).await;
        assert!(
            matches!(answer, Err(Error::Busy { retry_after: after }) if after == retry_after),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_named_before_anything_is_paid() {
    let mut store = MockUserStore::new();
    store
        .expect_find_by_login()
        .return_once(|_| Err(StoreError::Unavailable));
    let ports = Ports {
        users: Arc::new(store),
        hasher: Arc::new(MockPasswordHasher::new()),
        ..Fakes::new().ports()
    };
    let users = Users::new(ports, Settings::default());
    assert_unavailable(&sign_in(&users, login("ada")).await, "user store");
}

#[test]
fn what_is_typed_is_read_as_it_stands() {
    let parse = |identity: &str, password: &str, description: &str| {
        Login::parse(identity, password.to_owned(), description)
    };
    let long = "x".repeat(Login::MAX_IDENTITY_BYTES);
    for (identity, password, description) in [
        (" ", " ", ""),
        ("ada", "\0", "laptop"),
        (long.as_str(), "x", ""),
    ] {
        parse(identity, password, description).unwrap();
    }
    let too_long = format!("{long}x");
    for (identity, password, description, field) in [
        ("", "secret", "", "identity"),
        ("a\0b", "secret", "", "identity"),
        (too_long.as_str(), "secret", "", "identity"),
        ("ada", "", "", "secret"),
        ("ada", "secret", "lap\ntop", "description"),
    ] {
        let refused = parse(identity, password, description).unwrap_err();
        assert_eq!(refused.field, field);
    }
    let missing = parse("", "", "").unwrap_err();
    assert_eq!(missing.reason, InvalidReason::Missing);
}

#[test]
fn what_is_typed_is_never_printed() {
    let login = Login::parse("ada@example.com", "hunter22".to_owned(), "laptop").unwrap();
    assert_eq!(format!("{login:?}"), "Login(***)");
}
