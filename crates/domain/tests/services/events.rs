//! What the platform is told of each operation, member for member: consumers file and show it.

use std::time::Duration;

use serde_json::{Value, json};
use users_domain::model::{
    Caller, CodePurpose, Email, Metadata, PasswordAttempt, PictureUrl, Role, Status, Tags, TokenId,
    User, UserEvent, UserPatch, Username,
};
use users_testkit::{Fakes, people};

use crate::{
    administrator, ask_for_verification, assert_said, context, fakes_with, holder, mailed_code,
    proof, waiting,
};

pub(super) const KEY: &str = "id-of-ada";

/// Ada with a value in every field that an event may tell.
pub(super) fn ada() -> User {
    User {
        tags: Tags::parse(vec!["b".to_owned(), "a".to_owned()]).unwrap(),
        metadata: Metadata::parse("metadata", r#"{"n":1}"#).unwrap(),
        private_metadata: Metadata::parse("private_metadata", r#"{"p":1}"#).unwrap(),
        profile_picture: Some(PictureUrl::parse("https://example.com/ada.png").unwrap()),
        ..people::ada()
    }
}

/// Fakes in which Ada and another administrator are, five seconds after Ada's account was made.
pub(super) fn world() -> Fakes {
    let fakes = fakes_with([ada(), people::an_admin("root"), people::an_admin("chief")]);
    fakes.clock.advance(Duration::from_secs(5));
    fakes
}

/// What an event that prints the whole account says of Ada after somebody changed it.
pub(super) fn account(by: &str, super_admin: bool) -> Value {
    json!({
        "id": "id-of-ada",
        "first_name": "Ada",
        "last_name": "Example",
        "username": "ada",
        "email": "ada@example.com",
        "tags": ["b", "a"],
        "metadata": {"n": 1},
        "private_metadata": {"p": 1},
        "status": "enabled",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:05Z",
        "updated_by": by,
        "token_type": "access token",
        "super_admin": super_admin,
    })
}

/// The same with other members, `null` for one that is left out.
pub(super) fn with(account: Value, others: &Value) -> Value {
    let Value::Object(mut members) = account else {
        panic!("{account}");
    };
    for (name, value) in others.as_object().unwrap() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    Value::Object(members)
}

pub(super) fn only(mut events: Vec<UserEvent>) -> UserEvent {
    assert_eq!(events.len(), 1);
    events.remove(0)
}

fn assert_told(fakes: &Fakes, operation: &str, expected: &Value) {
    assert_said(&only(waiting(fakes)), operation, KEY, expected);
    assert!(fakes.read_events.notes().is_empty());
}

/// The owner, and an administrator: as whom `updated_by` and `super_admin` know them.
fn owner_and_administrator(fakes: &Fakes) -> [(Caller, &'static str, bool); 2] {
    [
        (holder(fakes, "ada"), "id-of-ada", false),
        (administrator(), "id-of-root", true),
    ]
}

#[tokio::test]
async fn a_change_prints_the_account_after_it() {
    for (caller, by, super_admin) in owner_and_administrator(&world()) {
        let fakes = world();
        let patch = UserPatch {
            first_name: Some(people::grace().first_name),
            tags: Some(Tags::default()),
            metadata: Some(Metadata::default()),
            ..UserPatch::default()
        };
        let profiles = fakes.users().profiles;
        profiles
            .update(&context(), &caller, &ada().id, None, patch)
            .await
            .unwrap();
        let others = json!({"first_name": "Grace", "tags": null, "metadata": {}});
        let expected = with(account(by, super_admin), &others);
        assert_told(&fakes, "user.update", &expected);
    }
}

#[tokio::test]
async fn changed_labels_print_the_account_after_it() {
    for (caller, by, super_admin) in owner_and_administrator(&world()) {
        let fakes = world();
        let tags = Tags::parse(vec!["c".to_owned()]).unwrap();
        let profiles = fakes.users().profiles;
        profiles
            .update_tags(&context(), &caller, &ada().id, None, tags)
            .await
            .unwrap();
        let expected = with(account(by, super_admin), &json!({"tags": ["c"]}));
        assert_told(&fakes, "user.update_tags", &expected);
    }
}

#[tokio::test]
async fn a_changed_address_prints_the_account_after_it() {
    for (caller, by, super_admin) in owner_and_administrator(&world()) {
        let fakes = world();
        let email = Email::parse("augusta@example.com").unwrap();
        let profiles = fakes.users().profiles;
        profiles
            .update_email(&context(), &caller, &ada().id, None, email)
            .await
            .unwrap();
        let others = json!({"email": "augusta@example.com"});
        let expected = with(account(by, super_admin), &others);
        assert_told(&fakes, "user.update_email", &expected);
    }
}

#[tokio::test]
async fn a_changed_role_prints_the_account_and_not_the_role() {
    let fakes = world();
    let administration = fakes.users().administration;
    administration
        .update_role(&context(), &administrator(), &ada().id, None, Role::Admin)
        .await
        .unwrap();
    assert_told(&fakes, "user.update_role", &account("id-of-root", true));
}

#[tokio::test]
async fn a_changed_password_prints_the_account_and_no_password() {
    for role in [Role::User, Role::Admin] {
        let fakes = world();
        fakes.store.put(User { role, ..ada() });
        let caller = holder(&fakes, "ada");
        let old = PasswordAttempt::new(people::password_of("ada"));
        let new = people::accepted_password_of("new");
        let credentials = fakes.users().credentials;
        credentials
            .update_secret(&context(), &caller, None, &old, &new)
            .await
            .unwrap();
        let event = only(waiting(&fakes));
        assert!(!event.json().contains("password of"));
        // He acts for himself, whatever he may do besides.
        assert_told(&fakes, "user.update_secret", &account("id-of-ada", false));
    }
}

#[tokio::test]
async fn a_changed_username_prints_the_names() {
    for (caller, by, super_admin) in owner_and_administrator(&world()) {
        let fakes = world();
        let username = Username::parse("Augusta").unwrap();
        let profiles = fakes.users().profiles;
        profiles
            .update_username(&context(), &caller, &ada().id, None, username)
            .await
            .unwrap();
        let expected = json!({
            "id": "id-of-ada",
            "first_name": "Ada",
            "last_name": "Example",
            "username": "Augusta",
            "updated_at": "2026-01-01T00:00:05Z",
            "updated_by": by,
            "token_type": "access token",
            "super_admin": super_admin,
        });
        assert_told(&fakes, "user.update_username", &expected);
    }
}

#[tokio::test]
async fn a_changed_picture_is_printed_and_one_taken_away_left_out() {
    for picture in [Some("https://example.com/new.png"), None] {
        let fakes = world();
        let caller = holder(&fakes, "ada");
        let url = picture.map(|url| PictureUrl::parse(url).unwrap());
        let profiles = fakes.users().profiles;
        profiles
            .update_profile_picture(&context(), &caller, &ada().id, None, url)
            .await
            .unwrap();
        let expected = json!({
            "id": "id-of-ada",
            "profile_picture": picture,
            "updated_at": "2026-01-01T00:00:05Z",
            "updated_by": "id-of-ada",
            "token_type": "access token",
            "super_admin": false,
        });
        let expected = with(expected, &json!({"profile_picture": picture}));
        assert_told(&fakes, "user.update_profile_picture", &expected);
    }
}

#[tokio::test]
async fn a_status_is_told_with_who_gave_it() {
    for (before, wanted, operation, name) in [
        (Status::Disabled, Status::Enabled, "user.enable", "enabled"),
        (
            Status::Enabled,
            Status::Disabled,
            "user.disable",
            "disabled",
        ),
    ] {
        let fakes = world();
        fakes.store.put(User {
            status: before,
            ..ada()
        });
        let administration = fakes.users().administration;
        let (context, caller, id) = (context(), administrator(), ada().id);
        match wanted {
            Status::Enabled => administration.enable(&context, &caller, &id, None).await,
            _ => administration.disable(&context, &caller, &id, None).await,
        }
        .unwrap();
        let expected = json!({
            "id": "id-of-ada",
            "status": name,
            "updated_at": "2026-01-01T00:00:05Z",
            "updated_by": "id-of-root",
            "token_type": "access token",
            "super_admin": true,
        });
        assert_told(&fakes, operation, &expected);
    }
}

#[tokio::test]
async fn a_deletion_is_told_with_the_id_alone() {
    for (caller, _, super_admin) in owner_and_administrator(&world()) {
        let fakes = world();
        let administration = fakes.users().administration;
        administration
            .delete(&context(), &caller, &ada().id, None)
            .await
            .unwrap();
        let expected = json!({
            "id": "id-of-ada",
            "token_type": "access token",
            "super_admin": super_admin,
        });
        assert_told(&fakes, "user.delete", &expected);
    }
}

#[tokio::test]
async fn what_the_operator_does_names_nobody() {
    let fakes = world();
    let administration = fakes.users().administration;
    administration
        .disable(&context(), &Caller::Operator, &ada().id, None)
        .await
        .unwrap();
    let expected = json!({
        "id": "id-of-ada",
        "status": "disabled",
        "updated_at": "2026-01-01T00:00:05Z",
        "token_type": "access token",
        "super_admin": true,
    });
    assert_told(&fakes, "user.disable", &expected);
}

#[tokio::test]
async fn a_request_for_a_verification_mail_says_whose() {
    let fakes = fakes_with([people::an_unverified_user("ada")]);
    let caller = holder(&fakes, "ada");
    ask_for_verification(&fakes, &caller).await.unwrap();
    let expected = json!({"user_id": "id-of-ada", "token_type": "access token"});
    assert_told(&fakes, "user.send_verification", &expected);
}

#[tokio::test]
async fn a_proven_address_is_told() {
    let fakes = fakes_with([people::an_unverified_user("ada")]);
    let caller = holder(&fakes, "ada");
    ask_for_verification(&fakes, &caller).await.unwrap();
    let code = mailed_code(&fakes, CodePurpose::VerifyEmail, "ada@example.com").await;
    fakes.clock.advance(Duration::from_millis(5250));
    let verification = fakes.users().verification;
    verification
        .verify_email(&context(), &proof(&code))
        .await
        .unwrap();
    let event = waiting(&fakes).pop().unwrap();
    let expected = json!({
        "user_id": "id-of-ada",
        "email": "ada@example.com",
        "verified_at": "2026-01-01T00:00:05.25Z",
    });
    assert_said(&event, "user.verify_email", KEY, &expected);
}

#[tokio::test]
async fn a_reset_password_says_whose() {
    let fakes = world();
    let new = people::accepted_password_of("new");
    let credentials = fakes.users().credentials;
    // By a mailed code and by the operator alike.
    credentials
        .set_secret(&context(), &Caller::Operator, &ada().id, &new)
        .await
        .unwrap();
    assert_told(
        &fakes,
        "user.reset_secret",
        &json!({"user_id": "id-of-ada"}),
    );

    let fakes = world();
    crate::ask_for_reset(&fakes, "ada@example.com")
        .await
        .unwrap();
    let code = mailed_code(&fakes, CodePurpose::ResetSecret, "ada@example.com").await;
    crate::reset(&fakes, &code, "a new password").await.unwrap();
    let event = waiting(&fakes).pop().unwrap();
    let expected = json!({"user_id": "id-of-ada"});
    assert_said(&event, "user.reset_secret", KEY, &expected);
}

#[tokio::test]
async fn an_ended_session_is_told_even_if_there_was_none() {
    let fakes = world();
    let caller = holder(&fakes, "ada");
    let credentials = fakes.users().credentials;
    credentials
        .revoke_refresh_token(&context(), &caller, &TokenId::new("made up".to_owned()))
        .await
        .unwrap();
    let expected = json!({"token_id": "made up", "user_id": "id-of-ada"});
    assert_told(&fakes, "user.revoke_refresh_token", &expected);
}
