//! The table, row by row.

use actix_web::body::to_bytes;
use actix_web::http::header::{ACCEPT, HeaderMap};
use serde_json::{Value, json};
use users_domain::model::RequestId;

use super::*;

/// Every error of the domain, with the row of the table it belongs to.
fn table() -> Vec<(Error, u16, &'static str, Option<&'static str>)> {
    let invalid = |reason| Error::Invalid(Invalid::new("some.field", reason));
    vec![
        (Error::NotFound, 404, "not_found", None),
        (
            Error::Conflict {
                field: ConflictField::Email,
            },
            409,
            "email_taken",
            Some("email"),
        ),
        (
            Error::Conflict {
                field: ConflictField::Username,
            },
            409,
            "username_taken",
            Some("credentials.username"),
        ),
        (
            Error::Conflict {
                field: ConflictField::Id,
            },
            409,
            "id_taken",
            Some("id"),
        ),
        (
            invalid(InvalidReason::Missing),
            400,
            "missing_field",
            Some("some.field"),
        ),
        (
            invalid(InvalidReason::Malformed("is odd")),
            400,
            "invalid_field",
            Some("some.field"),
        ),
        (
            invalid(InvalidReason::PasswordPolicy),
            400,
            "weak_password",
            Some("some.field"),
        ),
        (Error::InvalidCode, 400, "invalid_code", None),
        (Error::AlreadyVerified, 409, "already_verified", None),
        (
            Error::StatusAlreadyAssigned,
            409,
            "status_already_assigned",
            None,
        ),
        (Error::NotEnabled, 409, "account_not_enabled", None),
        (Error::LastAdministrator, 409, "last_administrator", None),
        (
            Error::OwnedByProvider { field: "email" },
            409,
            "owned_by_provider",
            Some("email"),
        ),
        (Error::Stale, 412, "precondition_failed", None),
        (
            Error::Unauthenticated(Unauthenticated::MissingToken),
            401,
            "missing_token",
            None,
        ),
        (
            Error::Unauthenticated(Unauthenticated::InvalidToken),
            401,
            "invalid_token",
            None,
        ),
        (
            Error::Unauthenticated(Unauthenticated::InvalidCredentials),
            401,
            "invalid_credentials",
            None,
        ),
        (Error::EmailNotVerified, 401, "email_not_verified", None),
        (Error::Forbidden, 403, "forbidden", None),
        (
            Error::Busy {
                retry_after: Duration::from_millis(1500),
            },
            503,
            "busy",
            None,
        ),
        (
            Error::Unavailable { port: "user store" },
            503,
            "unavailable",
            None,
        ),
    ]
}

async fn written(refusal: &Refusal, problem: bool) -> (HeaderMap, Value) {
    let id = RequestId::parse("req-1").unwrap();
    let answer = refusal.answer(problem, &id);
    assert_eq!(answer.status(), refusal.status());
    let headers = answer.headers().clone();
    let body = to_bytes(answer.into_body()).await.unwrap();
    assert!(body.ends_with(b"\n"));
    (headers, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn every_error_of_the_domain_has_its_row() {
    for (error, status, code, field) in table() {
        let message = error.to_string();
        let refusal = Refusal::from(error);
        assert_eq!(refusal.status(), status, "{code}");
        let (headers, body) = written(&refusal, false).await;
        let mut expected = json!({ "message": message, "code": code, "request_id": "req-1" });
        if let Some(field) = field {
            expected["field"] = json!(field);
        }
        assert_eq!(body, expected);
        assert_eq!(
            headers.contains_key(header::WWW_AUTHENTICATE),
            status == 401,
            "{code}"
        );
        assert_eq!(
            headers.contains_key(header::RETRY_AFTER),
            status == 503,
            "{code}"
        );
    }
}

#[tokio::test]
async fn a_problem_says_the_same_in_the_words_of_rfc_9457() {
    for (error, status, code, field) in table() {
        let detail = error.to_string();
        let (headers, mut body) = written(&Refusal::from(error), true).await;
        assert_eq!(
            headers.get(header::CONTENT_TYPE).unwrap(),
            "application/problem+json"
        );
        let title = body["title"].take();
        assert!(title.as_str().is_some_and(|title| !title.is_empty()));
        let mut expected = json!({
            "type": "about:blank",
            "title": null,
            "status": status,
            "detail": detail,
            "code": code,
            "request_id": "req-1",
        });
        if let Some(field) = field {
            expected["field"] = json!(field);
        }
        assert_eq!(body, expected);
    }
}

#[tokio::test]
async fn a_pause_is_rounded_up_to_whole_seconds() {
    for (pause, seconds) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2")] {
        let retry_after = Duration::from_millis(pause);
        let (headers, _) = written(&Error::Busy { retry_after }.into(), false).await;
        assert_eq!(
            headers.get(header::RETRY_AFTER).unwrap(),
            seconds,
            "{pause} ms"
        );
    }
}

#[test]
fn codes_are_distinct_and_in_the_printed_table() {
    let table = errors_md();
    for code in Code::ALL {
        let named = format!("| {} | `{}` |", code.status().as_u16(), code.as_str());
        assert_eq!(table.matches(&named).count(), 1, "{named}");
    }
    let statuses: Vec<_> = Code::ALL.iter().map(|code| code.status()).collect();
    assert!(statuses.is_sorted());
}

#[test]
fn a_problem_is_wanted_where_it_is_listed_and_not_refused() {
    for (accept, wanted) in [
        ("application/problem+json", true),
        ("text/html, Application/Problem+JSON;q=0.5", true),
        ("application/problem+json; q=0", false),
        ("application/problem+json;q=0.0", false),
        ("application/json", false),
        ("application/*", false),
        ("*/*", false),
        ("", false),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        assert_eq!(wants_problem(&headers), wanted, "{accept}");
    }
    assert!(!wants_problem(&HeaderMap::new()));
}
