//! `POST /users/send-verification` and `GET /verify-email` as programs use them.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use serde_json::json;
use users_domain::model::{CodePurpose, Effect, EffectKind, MailRequest};
use users_domain::ports::Clock;
use users_testkit::contract::AdoptedRow;
use users_testkit::people;

use super::client::{Request, escaped};
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

/// A code much as the deployed service makes them, of a length that needs padding once more.
const OTP: &str = "q6u7y9-Pn5_vT0aB1c2D3e4F5g6H7i8J9k0L1m2N3o=";

/// The token in a link that the deployed service mailed to Ada, whose row was taken over.
fn adopted_token(service: &Service) -> String {
    let (ada, now) = (service.stored("ada"), service.fakes.clock.now());
    service.fakes.store.put_adopted(AdoptedRow {
        user: ada.id,
        email: ada.email,
        otp: Some(OTP.to_owned()),
        created_at: Some(now),
        expires_at: Some(now + Duration::from_hours(24)),
        used_at: None,
    });
    token_with(OTP)
}

fn token_with(otp: &str) -> String {
    let triple = json!({ "user_id": "id-of-ada", "email": "ada@example.com", "otp": otp });
    URL_SAFE.encode(triple.to_string())
}

#[test]
fn a_link_that_the_deployed_service_mailed_verifies_once() {
    for path in PATHS {
        let (service, _) = with_ada();
        let token = adopted_token(&service);
        assert!(token.ends_with('='), "it is mailed with its padding");
        for token in [escaped(&token), token.clone()] {
            let look = Request::new("HEAD", &format!("{path}?token={token}"));
            assert_eq!(service.send(&look).status, 200);
        }
        assert!(!service.stored("ada").is_verified());
        let bare = token.trim_end_matches('=');
        service.get(&format!("{path}?token={bare}")).is_empty(200);
        assert!(service.stored("ada").is_verified());
        for token in [&*token, bare] {
            service
                .get(&format!("{path}?token={token}"))
                .is_refused(400, "invalid_code", None);
        }
        let [row] = &*service.fakes.store.adopted_codes() else {
            panic!("one was placed");
        };
        assert!(row.used_at.is_some(), "for the deployed service too");
    }
}

#[test]
fn a_link_of_the_deployed_service_runs_out_and_opens_nothing_else() {
    let (service, _) = with_ada();
    let token = adopted_token(&service);
    let wrong = token_with("another code");
    let reset = json!({ "token": token, "password": "a new password", "confirm_password": "a new password" });
    let answers = [
        service.get(&format!("/verify-email?token={wrong}")),
        service.send(&Request::put("/password/reset", &reset)),
    ];
    for answer in answers {
        answer.is_refused(400, "invalid_code", None);
    }
    service.fakes.clock.advance(Duration::from_hours(24));
    service
        .get(&format!("/verify-email?token={token}"))
        .is_refused(400, "invalid_code", None);
    assert_eq!(service.stored("ada"), people::an_unverified_user("ada"));
}

#[test]
fn a_link_of_the_deployed_service_for_an_address_of_before_is_refused() {
    let (service, bearer) = with_ada();
    let token = adopted_token(&service);
    let change = json!({ "email": "new@example.com" });
    service
        .patch_as("/users/id-of-ada/email", &change, &bearer)
        .expect(200);
    service
        .get(&format!("/verify-email?token={token}"))
        .is_refused(400, "invalid_code", None);
    assert!(!service.stored("ada").is_verified());
}

#[test]
fn the_page_of_a_link_of_the_deployed_service_carries_its_code_to_the_button() {
    let (service, _) = with_ada();
    let token = adopted_token(&service);
    for path in PATHS {
        let look = Request::get(&format!("{path}?token={token}")).header("Accept", "text/html");
        let page = service.send(&look);
        assert_eq!(page.status, 200);
        let field = format!("name=\"token\" value=\"{token}\"");
        assert!(page.text.contains(&field), "{}", page.text);
    }
    assert!(!service.stored("ada").is_verified());
    let pressed = Request::form("/verify-email", &[("token", &token)]);
    assert_eq!(service.send(&pressed).status, 200);
    assert!(service.stored("ada").is_verified());
    assert_eq!(service.send(&pressed).status, 400);
}
