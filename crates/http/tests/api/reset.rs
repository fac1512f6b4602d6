//! `POST /password/reset-request` and `PUT /password/reset`.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use users_domain::model::{CodePurpose, Effect, EffectKind, MailRequest, User};
use users_testkit::mocks::MockUserStore;
use users_testkit::people;

use super::client::Request;
use super::service::{CODE_LIFETIME, Service, Setup, wait_for};

const NEW: &str = "a new password";

fn body(token: Option<&str>) -> Value {
    json!({ "token": token, "password": NEW, "confirm_password": NEW })
}

fn put(body: &Value) -> Request {
    Request::put("/password/reset", body)
}

fn login_status(service: &Service, secret: &str) -> u16 {
    let body = json!({ "identity": "ada", "secret": secret });
    service.post("/users/tokens/issue", &body).status
}

#[test]
fn the_answer_is_the_same_whoever_is_asked_for() {
    let service = Service::start();
    service.fakes.store.put(people::ada());
    service.fakes.store.put(people::a_disabled_user("mallory"));
    let mut answers: Vec<String> = Vec::new();
    for email in [
        "ada@example.com",
        "nobody@example.com",
        "mallory@example.com",
    ] {
        let request = Request::post(
            "/password/reset-request",
            &json!({ "email": email, "host": "" }),
        );
        let request = request
            .header("Referer", "https://example.com/")
            .header("X-Request-Id", "same");
        let answer = service.send(&request);
        assert_eq!(answer.text, "{\"msg\":\"Email with reset link is sent\"}\n");
        assert_eq!(answer.status, 201);
        let head = answer
            .head
            .lines()
            .filter(|line| !line.starts_with("date:"));
        answers.push(head.collect());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    let mails = service.fakes.store.effects(EffectKind::Mail);
    assert_eq!(mails.len(), 3);
    assert!(
        mails
            .iter()
            .all(|mail| matches!(mail, Ok(Effect::Mail(MailRequest::Reset { .. }))))
    );
}

/// So its answer takes the same time for every address.
#[test]
fn a_request_looks_nobody_up() {
    let mut setup = Setup::new();
    // Fails the test when it is asked for anything.
    setup.ports.users = Arc::new(MockUserStore::new());
    let service = setup.start();
    let body = json!({ "email": "ada@example.com" });
    service.post("/password/reset-request", &body).expect(201);
}

#[test]
fn the_mailed_code_sets_a_password() {
    let service = Service::start();
    service.fakes.store.put(people::ada());
    let asked = json!({ "email": "Ada@example.com" });
    service.post("/password/reset-request", &asked).expect(201);
    let relay = service.fakes.users().relay;
    wait_for(relay.deliver_due(EffectKind::Mail, 10)).unwrap();
    let codes = service
        .fakes
        .mailer
        .codes(CodePurpose::ResetSecret, "ada@example.com");
    let [code] = codes.as_slice() else {
        panic!("{codes:?}");
    };
    service.send(&put(&body(Some(code.expose())))).expect(201);
    assert_eq!(login_status(&service, NEW), 201);
}

#[test]
fn a_repeated_request_adds_nothing() {
    let service = Service::start();
    for email in ["ada@example.com", "Ada@Example.com", "ada@example.com"] {
        service
            .post("/password/reset-request", &json!({ "email": email }))
            .expect(201);
    }
    assert_eq!(service.fakes.store.effects(EffectKind::Mail).len(), 1);
}

#[test]
fn the_code_is_taken_from_wherever_clients_put_it() {
    let service = Service::start();
    service.fakes.store.put(people::ada());
    let access = service.token_of(people::ada());
    let places: [fn(&str, &str) -> Request; 6] = [
        |code, _| put(&body(Some(code))),
        |code, _| put(&body(None)).bearer(code),
        |code, _| put(&body(Some(""))).bearer(code),
        |code, _| put(&body(Some(code))).bearer(code),
        // A client that signs everything it sends.
        |code, access| put(&body(Some(code))).bearer(access),
        |code, _| Request::put(&format!("/password/reset?token={code}"), &body(None)),
    ];
    for place in places {
        let code = service.mailed_code("ada", CodePurpose::ResetSecret);
        let answer = service.send(&place(&code, &access));
        assert_eq!((answer.status, answer.text.as_str()), (201, "{}\n"));
    }
}

#[test]
fn a_reset_lets_the_owner_in_and_everybody_else_out() {
    let service = Service::start();
    let old_token = service.token_of(User {
        verified_at: None,
        ..people::ada()
    });
    service.fakes.clock.advance(Duration::from_secs(5));
    let code = service.mailed_code("ada", CodePurpose::ResetSecret);
    let another = service.mailed_code("ada", CodePurpose::ResetSecret);
    service.send(&put(&body(Some(&code)))).expect(201);
    assert_eq!(login_status(&service, NEW), 201);
    assert_eq!(login_status(&service, &people::password_of("ada")), 401);
    service
        .get_as("/users/profile", &old_token)
        .is_refused(401, "invalid_token", None);
    // Who reads the mailbox has proven the address.
    assert!(service.stored("ada").is_verified());
    for code in [code, another] {
        service
            .send(&put(&body(Some(&code))))
            .is_refused(400, "invalid_code", None);
    }
}

#[test]
fn what_is_no_code_opens_nothing() {
    let service = Service::start();
    let access = service.token_of(people::ada());
    let verification = service.mailed_code("ada", CodePurpose::VerifyEmail);
    let expired = service.mailed_code("ada", CodePurpose::ResetSecret);
    service.fakes.clock.advance(CODE_LIFETIME);
    for token in [&access, &verification, &expired, "unknown"] {
        service
            .send(&put(&body(Some(token))))
            .is_refused(400, "invalid_code", None);
        service
            .send(&put(&body(None)).bearer(token))
            .is_refused(400, "invalid_code", None);
    }
    service
        .send(&put(&body(None)))
        .is_refused(400, "missing_field", Some("token"));
    assert_eq!(service.fakes.hasher.hashes(), 0);
}

#[test]
fn a_refused_password_is_named_and_the_code_stays_good() {
    let service = Service::start();
    service.fakes.store.put(people::ada());
    let code = service.mailed_code("ada", CodePurpose::ResetSecret);
    for (password, again, error, field) in [
        (json!(null), json!(NEW), "missing_field", "password"),
        (json!(NEW), json!(null), "missing_field", "confirm_password"),
        (
            json!(NEW),
            json!("other"),
            "invalid_field",
            "confirm_password",
        ),
        (json!("short"), json!("short"), "weak_password", "password"),
        (json!(1), json!(1), "invalid_field", "password"),
        (
            json!("a\0bcdefgh"),
            json!("a\0bcdefgh"),
            "invalid_field",
            "password",
        ),
    ] {
        let body = json!({ "token": code, "password": password, "confirm_password": again });
        service
            .send(&put(&body))
            .is_refused(400, error, Some(field));
    }
    service.send(&put(&body(Some(&code)))).expect(201);
}
