//! `POST /users/send-verification` and `GET /verify-email` as programs use them.

use serde_json::json;
use users_domain::model::{CodePurpose, Effect, EffectKind, MailRequest};
use users_testkit::people;

use super::client::Request;
use super::service::{CODE_LIFETIME, Service, wait_for};

const PATHS: [&str; 2] = ["/verify-email", "/users/verify-email"];

fn with_ada() -> (Service, String) {
    let service = Service::start();
    let token = service.token_of(people::an_unverified_user("ada"));
    (service, token)
}

#[test]
fn a_mail_is_asked_for_once_while_it_waits() {
    let (service, token) = with_ada();
    for _ in 0..3 {
        let ask = Request::new("POST", "/users/send-verification");
        service.send_as(ask, &token).is_empty(200);
    }
    let mails = service.fakes.store.effects(EffectKind::Mail);
    assert!(
        matches!(
            mails.as_slice(),
            [Ok(Effect::Mail(MailRequest::Verification { .. }))]
        ),
        "{mails:?}"
    );
}

#[test]
fn the_mailed_code_verifies() {
    let (service, token) = with_ada();
    let ask = Request::new("POST", "/users/send-verification");
    service.send_as(ask, &token).is_empty(200);
    let relay = service.fakes.users().relay;
    wait_for(relay.deliver_due(EffectKind::Mail, 10)).unwrap();
    let codes = service
        .fakes
        .mailer
        .codes(CodePurpose::VerifyEmail, "ada@example.com");
    let [code] = codes.as_slice() else {
        panic!("{codes:?}");
    };
    service
        .get(&format!("/verify-email?token={}", code.expose()))
        .is_empty(200);
    assert!(service.stored("ada").is_verified());
}

#[test]
fn who_is_verified_already_is_told_so() {
    let service = Service::start();
    let token = service.token_of(people::ada());
    let ask = Request::new("POST", "/users/send-verification");
    service
        .send_as(ask, &token)
        .is_refused(409, "already_verified", None);
}

#[test]
fn a_program_verifies_by_the_request_alone_and_once() {
    for path in PATHS {
        for accept in [
            None,
            Some("*/*"),
            Some("application/json"),
            Some("text/html;q=0"),
        ] {
            let (service, token) = with_ada();
            let code = service.mailed_code("ada", CodePurpose::VerifyEmail);
            let mut request = Request::get(&format!("{path}?token={code}"));
            if let Some(accept) = accept {
                request = request.header("Accept", accept);
            }
            service.send(&request).is_empty(200);
            assert!(service.stored("ada").is_verified(), "{path} {accept:?}");
            // With the token from before: the account counts, not what the token says.
            service.get_as("/users/id-of-ada", &token).expect(200);
            service.send(&request).is_refused(400, "invalid_code", None);
        }
    }
}

#[test]
fn head_tells_and_changes_nothing() {
    let (service, _) = with_ada();
    let code = service.mailed_code("ada", CodePurpose::VerifyEmail);
    for path in PATHS {
        let look = |code: &str| Request::new("HEAD", &format!("{path}?token={code}"));
        assert_eq!(service.send(&look(&code)).status, 200);
        assert_eq!(service.send(&look("unknown")).status, 400);
    }
    assert!(!service.stored("ada").is_verified());
    service
        .get(&format!("/verify-email?token={code}"))
        .is_empty(200);
}

#[test]
fn a_request_ahead_of_time_changes_nothing() {
    let (service, _) = with_ada();
    let code = service.mailed_code("ada", CodePurpose::VerifyEmail);
    for (name, purpose) in [
        ("Sec-Purpose", "prefetch;prerender"),
        ("Purpose", "prefetch"),
        ("X-Purpose", "preview"),
        ("X-Moz", "prefetch"),
    ] {
        let look = Request::new("GET", &format!("/verify-email?token={code}"));
        assert_eq!(service.send(&look.header(name, purpose)).status, 200);
        assert!(!service.stored("ada").is_verified(), "{name}");
    }
}

#[test]
fn a_code_that_opens_nothing_is_refused_whatever_is_wrong_with_it() {
    let (service, token) = with_ada();
    let reset = service.mailed_code("ada", CodePurpose::ResetSecret);
    let expired = service.mailed_code("ada", CodePurpose::VerifyEmail);
    service.fakes.clock.advance(CODE_LIFETIME);
    let voided = service.mailed_code("ada", CodePurpose::VerifyEmail);
    service
        .patch_as(
            "/users/id-of-ada/email",
            &json!({ "email": "new@example.com" }),
            &token,
        )
        .expect(200);
    let mut texts = Vec::new();
    for code in [
        &reset,
        &expired,
        &voided,
        "unknown",
        &"A".repeat(43),
        "%20",
        "a%2B%2F%3D",
    ] {
        let answer = service.get(&format!("/verify-email?token={code}"));
        answer.is_refused(400, "invalid_code", None);
        texts.push(answer.json()["message"].clone());
    }
    texts.dedup();
    assert_eq!(texts.len(), 1);
    for (query, code) in [
        ("", "missing_field"),
        ("?token=", "missing_field"),
        ("?token=a&token=a", "invalid_field"),
        ("?token=%ff", "invalid_field"),
    ] {
        service
            .get(&format!("/verify-email{query}"))
            .is_refused(400, code, Some("token"));
    }
}
