//! Headers: what a client reads, what version it saw, of what kind its body is, its request's id.

use actix_web::http::header::{
    ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue, IF_MATCH, InvalidHeaderValue,
};
use actix_web::test::TestRequest;
use users_domain::model::RequestId;

use crate::answer::Answer;
use crate::api::InProcess;
use crate::text::choice;

/// The version of every account.
const VERSION: &str = "\"1\"";

/// A letter that chooses a header, and its values, one a line.
///
/// A change is carried out only with the tag of the account's version, or `*`; a body is read only
/// if it is said to be JSON; an id is taken over only if it is one; a refusal is RFC 9457 only for
/// those who list it.
pub fn header(bytes: &[u8]) {
    thread_local! {
        static API: &'static InProcess = InProcess::with([]);
    }
    let Some((choice, text)) = choice(bytes) else {
        return;
    };
    let values: Result<Vec<_>, InvalidHeaderValue> = text
        .split(|byte| *byte == b'\n')
        .map(HeaderValue::from_bytes)
        .collect();
    // Others do not get through the HTTP parser.
    let Ok(values) = values else {
        return;
    };
    let ask = |name: HeaderName, request: TestRequest| {
        API.with(|api| {
            api.begin_anew();
            let request = values.iter().fold(request, |request, value| {
                request.append_header((name.clone(), value.clone()))
            });
            let answer = api.ask(api.by_root(request));
            let changed = api.fakes.store.users() != api.people;
            assert!(
                !changed || answer.is_success(),
                "a refusal changed an account"
            );
            answer
        })
    };
    let patch = || {
        TestRequest::patch()
            .uri("/users/id-of-ada")
            .set_payload(r#"{"first_name":"Augusta"}"#)
    };
    let json = (CONTENT_TYPE, "application/json");
    match choice {
        'a' => {
            let refusal = ask(ACCEPT, TestRequest::with_uri("/users/id-of-nobody"));
            has_the_kind_listed(&refusal, &values);
        }
        'm' => {
            let answer = ask(IF_MATCH, patch().insert_header(json));
            let tags: Vec<_> = values.iter().map(trimmed).collect();
            let is_seen = matches!(tags[..], [b"*"]) || tags == [VERSION.as_bytes()];
            match answer.status {
                200 => assert!(is_seen, "changed at another version"),
                400 => assert_eq!(answer.json()["field"], "If-Match"),
                status => assert_eq!((status, is_seen), (412, false)),
            }
        }
        'c' => {
            let answer = ask(CONTENT_TYPE, patch());
            let said = values.first().map(trimmed).unwrap_or_default();
            let said = said.split(|byte| *byte == b';').next().unwrap_or_default();
            let is_json = said.trim_ascii().eq_ignore_ascii_case(b"application/json");
            match answer.status {
                200 => assert!(is_json, "read what is not said to be JSON"),
                status => assert_eq!(status, 415),
            }
        }
        'x' => {
            let name = HeaderName::from_static("x-request-id");
            let answer = ask(name, TestRequest::with_uri("/users/profile"));
            let sent = values.first().and_then(|value| value.to_str().ok());
            let kept = answer.header("x-request-id");
            if sent.and_then(RequestId::parse).is_some() {
                assert_eq!(kept, sent);
            } else {
                assert_ne!(kept, sent);
            }
        }
        _ => {}
    }
}

fn trimmed(value: &HeaderValue) -> &[u8] {
    value.as_bytes().trim_ascii()
}

/// RFC 9457 goes only to those who name it, and never to those who name nothing like it.
fn has_the_kind_listed(refusal: &Answer, values: &[HeaderValue]) {
    const PROBLEM: &[u8] = b"application/problem+json";
    assert_eq!(refusal.status, 404);
    let names_it = values.iter().any(|value| {
        let value = value.as_bytes().to_ascii_lowercase();
        value.windows(PROBLEM.len()).any(|part| part == PROBLEM)
    });
    let is_plain = values
        .iter()
        .any(|value| value == "application/problem+json");
    let is_problem = refusal.header("content-type") == Some("application/problem+json");
    assert!(
        names_it || !is_problem,
        "RFC 9457 for somebody who did not ask"
    );
    assert!(
        is_problem || !is_plain,
        "no RFC 9457 for somebody who asked"
    );
}
