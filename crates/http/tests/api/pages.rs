//! What people see who follow a mailed link in a browser.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use users_domain::model::CodePurpose;
use users_testkit::people;

use super::client::{Answer, Request};
use super::service::{CODE_LIFETIME, Service};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const NEW: &str = "a new password";

fn with_ada() -> Service {
    let service = Service::start();
    service.fakes.store.put(people::an_unverified_user("ada"));
    service
}

fn look(target: &str) -> Request {
    Request::get(target).header("Accept", BROWSER)
}

/// Checks that an answer is a page that gives nothing away, and what it says.
fn is_page(answer: &Answer, status: u16, parts: &[&str]) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(
        answer.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let policy = answer.header("content-security-policy").unwrap();
    for rule in [
        "default-src 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"));
    let (_, style) = answer.text.split_once("<style>").unwrap();
    let (style, _) = style.split_once("</style>").unwrap();
    let digest = STANDARD.encode(Sha256::digest(style));
    assert!(policy.contains(&format!("'sha256-{digest}'")), "{policy}");
    for part in ["<!doctype html>", "<html lang=\"en\">", "<title>", "<h1>"] {
        assert!(answer.text.contains(part), "{part}: {answer:?}");
    }
    for part in parts {
        assert!(answer.text.contains(part), "{part}: {answer:?}");
    }
    assert!(!answer.text.contains("<script"));
    assert!(!answer.text.contains(" style="));
}

/// The value of the form's hidden field.
fn hidden_token(page: &Answer) -> String {
    let (_, rest) = page.text.split_once("name=\"token\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[test]
fn the_link_of_a_verification_asks_first_and_the_button_verifies() {
    for path in ["/verify-email", "/users/verify-email"] {
        let service = with_ada();
        let code = service.mailed_code("ada", CodePurpose::VerifyEmail);
        let link = format!("{path}?token={code}");
        for _ in 0..2 {
            let page = service.send(&look(&link));
            // To its own path, wherever that is, and without the code in the address.
            is_page(
                &page,
                200,
                &["<form method=\"post\" action=\"?\">", "<button"],
            );
            assert_eq!(hidden_token(&page), code);
            assert!(!service.stored("ada").is_verified());
        }
        let pressed = Request::form(path, &[("token", &code)]);
        is_page(
            &service.send(&pressed),
            200,
            &["is verified", "role=\"status\""],
        );
        assert!(service.stored("ada").is_verified());
        is_page(
            &service.send(&pressed),
            400,
            &["role=\"alert\"", "ask for a new one."],
        );
        is_page(&service.send(&look(&link)), 400, &["role=\"alert\""]);
    }
}

#[test]
fn the_link_of_a_reset_asks_for_a_password_and_sets_it() {
    let service = with_ada();
    let code = service.mailed_code("ada", CodePurpose::ResetSecret);
    let link = format!("/password/reset?token={code}");
    for request in [look(&link), Request::get(&link)] {
        let page = service.send(&request);
        is_page(
            &page,
            200,
            &[
                "<form method=\"post\" action=\"?\">",
                "<label for=\"password\">",
                "<label for=\"confirm_password\">",
                "autocomplete=\"new-password\"",
            ],
        );
        assert_eq!(hidden_token(&page), code);
        assert!(!page.text.contains("role=\"alert\""));
    }
    let sent = Request::form(
        "/password/reset",
        &[
            ("token", &code),
            ("password", NEW),
            ("confirm_password", NEW),
        ],
    );
    is_page(&service.send(&sent), 200, &["is changed"]);
    let login = serde_json::json!({ "identity": "ada", "secret": NEW });
    service.post("/users/tokens/issue", &login).expect(201);
    is_page(
        &service.send(&sent),
        400,
        &["role=\"alert\"", "ask for a new one."],
    );
    is_page(&service.send(&look(&link)), 400, &["role=\"alert\""]);
}

#[test]
fn a_password_that_cannot_be_set_is_asked_for_again() {
    let service = with_ada();
    let code = service.mailed_code("ada", CodePurpose::ResetSecret);
    let secret = service.stored("ada").secret;
    for (password, again, told) in [
        ("", NEW, "The new password is missing."),
        (NEW, "", "The repeated password is missing."),
        (
            NEW,
            "other",
            "The repeated password differs from the new password.",
        ),
        (
            "short",
            "short",
            "The new password does not meet the rule for passwords (eight characters or more, unless the operator set another).",
        ),
        (
            &"x".repeat(73),
            &"x".repeat(73),
            "The new password is longer than 72 bytes.",
        ),
    ] {
        let fields = [
            ("token", &*code),
            ("password", password),
            ("confirm_password", again),
        ];
        let page = service.send(&Request::form("/password/reset", &fields));
        is_page(&page, 400, &["role=\"alert\"", told, "<form"]);
        assert_eq!(hidden_token(&page), code);
        if !password.is_empty() {
            assert!(!page.text.contains(&format!("value=\"{password}\"")));
        }
    }
    assert_eq!(service.stored("ada").secret, secret);
}

#[test]
fn a_page_says_the_same_of_every_link_that_opens_nothing() {
    let service = with_ada();
    let expired = service.mailed_code("ada", CodePurpose::VerifyEmail);
    service.fakes.clock.advance(CODE_LIFETIME);
    let other = service.mailed_code("ada", CodePurpose::ResetSecret);
    let mut pages = Vec::new();
    for code in [&*expired, &other, "unknown", "%3Cscript%3E%22"] {
        let page = service.send(&look(&format!("/verify-email?token={code}")));
        is_page(&page, 400, &["role=\"alert\""]);
        pages.push(page.text);
    }
    pages.dedup();
    assert_eq!(pages.len(), 1);
    for query in ["", "?token=", "?token=a&token=b", "?token=%ff"] {
        for path in ["/verify-email", "/password/reset"] {
            let page = service.send(&look(&format!("{path}{query}")));
            is_page(&page, 400, &["The code in the link"]);
        }
    }
}

#[test]
fn head_changes_nothing() {
    let service = with_ada();
    let verification = service.mailed_code("ada", CodePurpose::VerifyEmail);
    let reset = service.mailed_code("ada", CodePurpose::ResetSecret);
    for link in [
        format!("/verify-email?token={verification}"),
        format!("/password/reset?token={reset}"),
    ] {
        let request = Request::new("HEAD", &link).header("Accept", BROWSER);
        assert_eq!(service.send(&request).status, 200);
        is_page(&service.send(&look(&link)), 200, &["<form"]);
    }
    assert!(!service.stored("ada").is_verified());
}

#[test]
fn only_a_form_is_a_form() {
    let service = with_ada();
    let code = service.mailed_code("ada", CodePurpose::VerifyEmail);
    for path in ["/verify-email", "/password/reset"] {
        for kind in ["application/json", "text/plain", "multipart/form-data"] {
            let request = Request::new("POST", path)
                .header("Content-Type", kind)
                .body(format!("token={code}"));
            service
                .send(&request)
                .is_refused(415, "unsupported_media_type", None);
        }
        let garbled = Request::form(path, &[]).body(b"token=\xff".as_slice());
        service
            .send(&garbled)
            .is_refused(400, "malformed_body", None);
    }
    assert!(!service.stored("ada").is_verified());
}
