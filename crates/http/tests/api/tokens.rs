//! `POST /users/tokens/issue` and `POST /users/tokens/refresh`.

use serde_json::{Value, json};
use users_domain::model::User;
use users_testkit::people;

use super::client::Request;
use super::service::Service;

fn with_ada() -> Service {
    let service = Service::start();
    service.fakes.store.put(people::ada());
    service
}

fn log_in(service: &Service, body: &Value) -> (String, String) {
    let pair = service.post("/users/tokens/issue", body).expect(201);
    let token = |name: &str| pair[name].as_str().unwrap().to_owned();
    (token("access_token"), token("refresh_token"))
}

#[test]
fn every_spelling_of_the_login_body_gives_a_pair() {
    let service = with_ada();
    let password = people::password_of("ada");
    for body in [
        json!({ "identity": "ada@example.com", "secret": password }),
        json!({ "identity": "ada", "secret": password }),
        json!({ "username": "ada", "password": password }),
        json!({ "username": "ada@example.com", "password": password, "description": "laptop" }),
        json!({ "identity": "ada", "password": password }),
        json!({ "identity": "ada", "username": "ada", "secret": password, "password": password }),
        json!({ "identity": "ada", "username": null, "secret": password, "password": null }),
        json!({ "identity": "ada", "secret": password, "domain_id": 17 }),
    ] {
        let answer = service.post("/users/tokens/issue", &body);
        let pair = answer.expect(201);
        let (access, refresh) = (&pair["access_token"], &pair["refresh_token"]);
        // The order of members, too.
        assert_eq!(
            answer.text,
            format!(
                "{{\"access_token\":{access},\"refresh_token\":{refresh},\
                 \"access_type\":\"Bearer\"}}\n"
            )
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}

#[test]
fn a_password_may_hold_what_an_older_service_let_in() {
    let service = Service::start();
    service.fakes.store.put(User {
        secret: Some(users_testkit::fakes::PlainHasher::hash_of("a\0b")),
        ..people::ada()
    });
    log_in(&service, &json!({ "identity": "ada", "secret": "a\0b" }));
}

#[test]
fn a_login_is_refused_by_the_name_that_the_client_gave() {
    let service = with_ada();
    for (body, code, field) in [
        (json!({}), "missing_field", "identity"),
        (json!({ "secret": "x" }), "missing_field", "identity"),
        (
            json!({ "username": "", "password": "x" }),
            "missing_field",
            "username",
        ),
        (json!({ "identity": "ada" }), "missing_field", "secret"),
        (
            json!({ "username": "ada", "password": "" }),
            "missing_field",
            "password",
        ),
        (
            json!({ "identity": 1, "secret": "x" }),
            "invalid_field",
            "identity",
        ),
        (
            json!({ "identity": "ada", "password": true }),
            "invalid_field",
            "password",
        ),
        (
            json!({ "identity": "a\0", "secret": "x" }),
            "invalid_field",
            "identity",
        ),
        (
            json!({ "identity": "ada", "username": "grace", "secret": "x" }),
            "invalid_field",
            "username",
        ),
        (
            json!({ "identity": "ada", "secret": "x", "password": "y" }),
            "invalid_field",
            "password",
        ),
        (
            json!({ "identity": "ada", "secret": "x", "description": "a\nb" }),
            "invalid_field",
            "description",
        ),
    ] {
        service
            .post("/users/tokens/issue", &body)
            .is_refused(400, code, Some(field));
    }
    assert_eq!(service.fakes.hasher.verifications(), 0);
}

#[test]
fn a_failed_login_looks_the_same_whatever_was_wrong() {
    let service = with_ada();
    service.fakes.store.put(people::a_disabled_user("mallory"));
    for (identity, secret) in [
        ("ada", "wrong"),
        ("nobody", "wrong"),
        ("mallory", &people::password_of("mallory")),
    ] {
        let answer = service.post(
            "/users/tokens/issue",
            &json!({ "identity": identity, "secret": secret }),
        );
        answer.is_refused(401, "invalid_credentials", None);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
}

#[test]
fn a_token_at_the_login_is_not_looked_at() {
    let service = with_ada();
    let body = json!({ "identity": "ada", "secret": people::password_of("ada") });
    let request = Request::post("/users/tokens/issue", &body);
    service.send(&request.bearer("forged")).expect(201);
}

#[test]
fn a_refresh_token_gives_the_next_pair_whatever_the_body() {
    let service = with_ada();
    let body = json!({ "identity": "ada", "secret": people::password_of("ada") });
    let (_, mut refresh) = log_in(&service, &body);
    let mut connection = super::client::Connection::open(service.address);
    for body in ["", "{}", "not JSON at all"] {
        let request = Request::post_text("/users/tokens/refresh", body).bearer(&refresh);
        // Over one connection: the body was read, though ignored.
        let answer = connection.send(&request);
        let pair = answer.expect(201);
        assert_eq!(pair["access_type"], "Bearer");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        refresh = pair["refresh_token"].as_str().unwrap().to_owned();
        let access = pair["access_token"].as_str().unwrap();
        connection
            .send(&Request::get("/users/profile").bearer(access))
            .expect(200);
    }
}

#[test]
fn a_refresh_needs_a_refresh_token_and_a_content_type() {
    let service = with_ada();
    let body = json!({ "identity": "ada", "secret": people::password_of("ada") });
    let (access, refresh) = log_in(&service, &body);
    let request = Request::post_text("/users/tokens/refresh", "");
    service
        .send(&request)
        .is_refused(401, "missing_token", None);
    service
        .send(&request.bearer(&access))
        .is_refused(401, "invalid_token", None);
    service
        .send(&Request::new("POST", "/users/tokens/refresh").bearer(&refresh))
        .is_refused(415, "unsupported_media_type", None);
}
