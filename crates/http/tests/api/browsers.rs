//! What every answer tells browsers and caches, and what no answer takes from its request.

use serde_json::json;
use users_testkit::people;

use super::client::{Answer, Connection, Request};
use super::service::{Service, registration};

/// Requests of every kind, answered well and badly, as a page of somebody else's would make them.
fn asked_by_another_page(service: &Service) -> Vec<(&'static str, Answer)> {
    let ada = service.token_of(people::user("ada"));
    let login = json!({ "identity": "ada", "secret": people::password_of("ada") });
    let preflight = Request::new("OPTIONS", "/users/secret")
        .header("Access-Control-Request-Method", "PATCH")
        .header("Access-Control-Request-Headers", "authorization");
    [
        ("a profile", Request::get("/users/profile").bearer(&ada)),
        ("a login", Request::post("/users/tokens/issue", &login)),
        (
            "a registration",
            Request::post("/users", &registration("eve")),
        ),
        ("a preflight", preflight),
        ("a trace", Request::new("TRACE", "/users/profile")),
        ("a trace of nothing", Request::new("TRACE", "/nothing")),
        ("no token", Request::get("/users/profile")),
        ("no such path", Request::get("/nothing")),
        ("no content type", Request::new("POST", "/users").body("{}")),
        ("a page", Request::get("/password/reset?token=x")),
        ("health", Request::get("/health")),
        ("liveness", Request::get("/livez")),
        ("readiness", Request::get("/readyz")),
        ("metrics", Request::get("/metrics")),
        ("keys", Request::get("/.well-known/jwks.json")),
        ("the document", Request::get("/openapi.json")),
        ("the docs", Request::get("/docs")),
        ("a file of the docs", Request::get("/docs/page.js")),
    ]
    .into_iter()
    .map(|(what, request)| {
        let request = request
            .header("Origin", "https://elsewhere.example")
            .header("Cookie", "session=1");
        (what, service.send(&request))
    })
    .collect()
}

#[test]
fn no_answer_is_opened_to_other_origins() {
    for (what, answer) in asked_by_another_page(&Service::start()) {
        let head = answer.head.to_ascii_lowercase();
        assert!(!head.contains("\r\naccess-control-"), "{what}: {head}");
    }
}

#[test]
fn no_answer_sets_a_cookie_or_leads_elsewhere() {
    for (what, answer) in asked_by_another_page(&Service::start()) {
        assert!(answer.header("set-cookie").is_none(), "{what}: {answer:?}");
        assert!(!(300..400).contains(&answer.status), "{what}: {answer:?}");
    }
}

#[test]
fn every_answer_says_what_it_is_and_nothing_of_anybody_is_kept() {
    for (what, answer) in asked_by_another_page(&Service::start()) {
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{what}"
        );
        let is_kept = answer.header("cache-control") != Some("no-store");
        let may_be = ["keys", "a file of the docs"].contains(&what);
        assert_eq!(is_kept, may_be, "{what}: {answer:?}");
        let kind = answer.header("content-type");
        assert!(answer.text.is_empty() || kind.is_some(), "{what}");
        if let Some(text) = kind.filter(|kind| kind.starts_with("text/")) {
            assert!(text.ends_with("charset=utf-8"), "{what}: {text}");
        }
    }
}

#[test]
fn an_answer_that_is_no_page_is_shown_and_framed_as_none() {
    for (what, answer) in asked_by_another_page(&Service::start()) {
        let policy = answer.header("content-security-policy").unwrap();
        for rule in ["default-src 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(rule), "{what}: {policy}");
        }
        let is_page = ["a page", "the docs"].contains(&what);
        assert_eq!(policy.contains("sandbox"), !is_page, "{what}: {policy}");
        let referrer = answer.header("referrer-policy");
        assert_eq!(referrer, Some("no-referrer"), "{what}");
    }
}

#[test]
fn no_answer_names_the_software_behind_it() {
    for (what, answer) in asked_by_another_page(&Service::start()) {
        for name in ["server", "via", "x-powered-by"] {
            assert!(answer.header(name).is_none(), "{what}: {answer:?}");
        }
    }
}

#[test]
fn a_trace_shows_nobody_what_he_sent() {
    let service = Service::start();
    let trace = Request::new("TRACE", "/users/profile").header("X-Mark", "seen-again");
    let answer = service.send(&trace);
    answer.is_refused(405, "method_not_allowed", None);
    assert!(!answer.text.contains("seen-again"), "{answer:?}");
}

#[test]
fn every_page_brings_a_policy_that_lets_nothing_foreign_in() {
    let service = Service::start();
    for target in ["/docs", "/password/reset?token=x"] {
        let page = service.get(target);
        let policy = page.header("content-security-policy").unwrap();
        for rule in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(rule), "{target}: {policy}");
        }
        for hole in ["unsafe", "http:", "https:", "*"] {
            assert!(!policy.contains(hole), "{target}: {policy}");
        }
        assert_eq!(
            page.header("referrer-policy"),
            Some("no-referrer"),
            "{target}"
        );
        let elsewhere = page.text.contains("src=\"http") || page.text.contains("href=\"http");
        assert!(!elsewhere, "{target}: {page:?}");
    }
}

/// Hosts that a client makes up, as in poisoned links and caches, lead nobody anywhere.
#[test]
fn no_link_leads_where_the_request_says_it_came_to() {
    let service = Service::start();
    let root = service.token_of(people::an_admin("root"));
    service.fakes.store.put(people::user("ada"));
    let list = format!(
        "GET /users?limit=1 HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\n\
         Forwarded: host=evil.example;proto=http\r\nX-Forwarded-Proto: gopher\r\n\
         Authorization: Bearer {root}\r\n\r\n"
    );
    let body = registration("eve").to_string();
    let new = format!(
        "POST /users HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    for (request, status, header) in [(list, 200, "link"), (new, 201, "location")] {
        let mut connection = Connection::open(service.address);
        connection.write(request.as_bytes());
        let answer = connection.read(false);
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.header(header).is_some(), "{answer:?}");
        for part in ["evil", "gopher"] {
            assert!(!answer.head.contains(part), "{answer:?}");
        }
    }
}
