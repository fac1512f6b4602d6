//! Who may do what, as far as HTTP says it.

use serde_json::json;
use users_domain::Settings;
use users_domain::authorization::AccessPolicy;
use users_domain::model::TokenKind;
use users_testkit::people;

use super::client::Request;
use super::service::{Service, Setup, registration};

#[test]
fn without_a_token_the_answer_says_what_to_bring() {
    let service = Service::start();
    for path in ["/users/profile", "/users"] {
        let answer = service.get(path);
        answer.is_refused(401, "missing_token", None);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    let basic = Request::get("/users/profile").header("Authorization", "Basic YTpi");
    service.send(&basic).is_refused(401, "missing_token", None);
}

#[test]
fn a_token_that_proves_nothing_is_invalid() {
    let service = Service::start();
    let refresh = service.token(people::ada(), TokenKind::Refresh);
    let disabled = service.token_of(people::a_disabled_user("mallory"));
    let long = "x".repeat(20_000);
    for token in ["forged", &refresh, &disabled, &long] {
        let answer = service.get_as("/users/profile", token);
        answer.is_refused(401, "invalid_token", None);
        assert_eq!(
            answer.header("www-authenticate"),
            Some(r#"Bearer error="invalid_token""#)
        );
    }
    let garbled = Request::get("/users/profile").header("Authorization", b"Bearer \xff\xfe");
    service
        .send(&garbled)
        .is_refused(401, "invalid_token", None);
}

#[test]
fn the_scheme_is_read_without_case() {
    let service = Service::start();
    let token = service.token_of(people::ada());
    let request = Request::get("/users/profile").header("authorization", format!("bearer {token}"));
    service.send(&request).expect(200);
}

#[test]
fn only_verified_administrators_by_account_list() {
    let service = Service::start();
    let ada = service.token_of(people::ada());
    service
        .get_as("/users", &ada)
        .is_refused(403, "forbidden", None);
    let unverified = service.token_of(people::an_unverified_user("grace"));
    let answer = service.get_as("/users", &unverified);
    answer.is_refused(401, "email_not_verified", None);
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    service.get_as("/users/profile", &unverified).expect(200);
}

#[test]
fn a_self_registration_chooses_neither_role_nor_status() {
    let service = Service::start();
    for role in [json!(1), json!("admin")] {
        let mut body = registration("mallory");
        body["role"] = role;
        service
            .post("/users", &body)
            .is_refused(403, "forbidden", None);
    }
    for status in [json!(1), json!("deleted")] {
        let mut body = registration("mallory");
        body["status"] = status;
        service
            .post("/users", &body)
            .is_refused(400, "invalid_field", Some("status"));
    }
    assert!(service.fakes.store.users().is_empty());
    assert_eq!(service.fakes.hasher.hashes(), 0);
}

#[test]
fn a_bad_token_spoils_a_registration_that_needs_none() {
    let service = Service::start();
    let request = Request::post("/users", &registration("ada")).bearer("forged");
    service
        .send(&request)
        .is_refused(401, "invalid_token", None);
}

#[test]
fn with_self_registration_off_administrators_register() {
    let setup = Setup {
        settings: Settings {
            access: AccessPolicy {
                self_registration: false,
                ..AccessPolicy::default()
            },
            ..Settings::default()
        },
        ..Setup::new()
    };
    let service = setup.start();
    let request = Request::post("/users", &registration("ada"));
    service
        .send(&request)
        .is_refused(401, "missing_token", None);
    let grace = service.token_of(people::grace());
    service
        .send(&request.clone().bearer(&grace))
        .is_refused(403, "forbidden", None);
    let root = service.token_of(people::an_admin("root"));
    service.send(&request.bearer(&root)).expect(201);
}
