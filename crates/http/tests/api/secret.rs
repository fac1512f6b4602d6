//! `PATCH /users/secret`.

use std::time::Duration;

use serde_json::json;
use users_domain::model::User;
use users_testkit::fakes::PlainHasher;
use users_testkit::people;

use super::client::Request;
use super::service::Service;

const PATH: &str = "/users/secret";

#[test]
fn a_new_password_opens_the_account_and_the_old_one_does_not() {
    let service = Service::start();
    let token = service.token_of(people::ada());
    let old = people::password_of("ada");
    let body = json!({ "old_secret": old, "new_secret": "another password" });
    let answer = service.patch_as(PATH, &body, &token);
    assert_eq!(
        answer.expect(200)["credentials"],
        json!({ "username": "ada" })
    );
    assert_eq!(answer.header("etag"), Some("\"2\""));
    assert!(!answer.text.contains("another password"));
    let login = |secret: &str| {
        let body = json!({ "identity": "ada", "secret": secret });
        service.post("/users/tokens/issue", &body).status
    };
    assert_eq!((login(&old), login("another password")), (401, 201));
    // The token that was shown lives on.
    service.get_as("/users/profile", &token).expect(200);
}

#[test]
fn sessions_end_with_the_password() {
    let service = Service::start();
    service.fakes.store.put(people::ada());
    let login = json!({ "identity": "ada", "secret": people::password_of("ada") });
    let pair = service.post("/users/tokens/issue", &login).expect(201);
    let [access, refresh] = ["access_token", "refresh_token"].map(|name| pair[name].as_str());
    service.fakes.clock.advance(Duration::from_secs(5));
    let body =
        json!({ "old_secret": people::password_of("ada"), "new_secret": "another password" });
    service.patch_as(PATH, &body, access.unwrap()).expect(200);
    service
        .send_as(
            Request::post_text("/users/tokens/refresh", ""),
            refresh.unwrap(),
        )
        .is_refused(401, "invalid_token", None);
}

#[test]
fn a_password_that_an_older_service_let_in_can_be_changed() {
    let service = Service::start();
    let token = service.token_of(User {
        secret: Some(PlainHasher::hash_of("a\0b")),
        ..people::ada()
    });
    let body = json!({ "old_secret": "a\0b", "new_secret": "another password" });
    service.patch_as(PATH, &body, &token).expect(200);
}

#[test]
fn a_refused_password_is_named() {
    let service = Service::start();
    let token = service.token_of(people::ada());
    let old = people::password_of("ada");
    let long = "x".repeat(73);
    for (old, new, code, field) in [
        (
            json!(null),
            json!("another password"),
            "missing_field",
            "old_secret",
        ),
        (
            json!(""),
            json!("another password"),
            "missing_field",
            "old_secret",
        ),
        (
            json!(1),
            json!("another password"),
            "invalid_field",
            "old_secret",
        ),
        (
            json!("wrong"),
            json!("another password"),
            "invalid_field",
            "old_secret",
        ),
        (json!(old), json!(null), "missing_field", "new_secret"),
        (json!(old), json!(""), "missing_field", "new_secret"),
        (json!(old), json!("short"), "weak_password", "new_secret"),
        (json!(old), json!(long), "invalid_field", "new_secret"),
        (
            json!(old),
            json!("with\0inside"),
            "invalid_field",
            "new_secret",
        ),
        (json!(old), json!(old), "invalid_field", "new_secret"),
    ] {
        let body = json!({ "old_secret": old, "new_secret": new });
        service
            .patch_as(PATH, &body, &token)
            .is_refused(400, code, Some(field));
    }
    assert_eq!(service.stored("ada"), people::ada());
}
