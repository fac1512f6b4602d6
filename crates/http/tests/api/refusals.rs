//! How refusals look that no operation makes, unknown paths and wrong methods, and which of several
//! comes first.

use serde_json::json;
use users_testkit::people;

use super::client::Request;
use super::service::Service;

#[test]
fn an_unknown_path_is_404_in_json() {
    let service = Service::start();
    for path in [
        "/",
        "/user",
        "/users//",
        "/users/profile/",
        "/Users",
        "/users/tokens/issue/",
        "/users//tags",
        "/users/some-id/",
        "/users/some-id/age",
        "/password",
        "/password/reset/",
        "/health/",
        "/livez/",
        "/readyz/",
        "/users%2Fprofile",
        "/%00",
        "/%ff",
    ] {
        let answer = service.get(path);
        answer.is_refused(404, "no_such_path", None);
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}

#[test]
fn a_wrong_method_is_405_and_lists_the_right_ones() {
    let service = Service::start();
    for (method, path, allow) in [
        ("PUT", "/users", "POST, GET, HEAD"),
        ("OPTIONS", "/users/", "POST, GET, HEAD"),
        ("DELETE", "/users/profile", "GET, HEAD"),
        ("GET", "/users/tokens/issue", "POST"),
        ("PATCH", "/users/tokens/refresh", "POST"),
        ("POST", "/health", "GET, HEAD"),
        ("POST", "/livez", "GET, HEAD"),
        ("DELETE", "/readyz", "GET, HEAD"),
        ("BREW", "/metrics", "GET, HEAD"),
        ("PATCH", "/users/profile", "GET, HEAD"),
        ("DELETE", "/users/search", "GET, HEAD"),
        ("GET", "/users/secret", "PATCH"),
        ("DELETE", "/users/secret", "PATCH"),
        ("GET", "/users/send-verification", "POST"),
        ("DELETE", "/users/verify-email", "GET, HEAD, POST"),
        ("PUT", "/verify-email", "GET, HEAD, POST"),
        ("POST", "/users/some-id", "GET, HEAD, PATCH, DELETE"),
        ("GET", "/users/some-id/tags", "PATCH"),
        ("GET", "/users/some-id/enable", "POST"),
        ("GET", "/users/tokens/revoke", "POST"),
        ("POST", "/users/tokens/refresh-tokens", "GET, HEAD"),
        ("GET", "/password/reset-request", "POST"),
        ("DELETE", "/password/reset", "GET, HEAD, POST, PUT"),
        ("POST", "/.well-known/jwks.json", "GET, HEAD"),
    ] {
        let answer = service.send(&Request::new(method, path));
        answer.is_refused(405, "method_not_allowed", None);
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
    }
}

#[test]
fn every_refusal_is_a_problem_for_those_who_ask() {
    let service = Service::start();
    for (request, status, code) in [
        (Request::get("/nowhere"), 404, "no_such_path"),
        (Request::new("PUT", "/users"), 405, "method_not_allowed"),
        (
            Request::new("POST", "/users"),
            415,
            "unsupported_media_type",
        ),
        (Request::get("/users/profile"), 401, "missing_token"),
        (Request::post("/users", &json!({})), 400, "missing_field"),
    ] {
        let answer = service.send(&request.header("Accept", "application/problem+json"));
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
        let body = answer.expect(status);
        assert_eq!(body["code"], code);
        assert_eq!(body["status"], status);
        assert_eq!(body["type"], "about:blank");
        assert_eq!(
            body["request_id"].as_str(),
            answer.header("x-request-id"),
            "{answer:?}"
        );
    }
}

#[test]
fn who_asks_is_checked_before_what_is_sent() {
    let service = Service::start();
    let nothing_right = Request::new("POST", "/users/tokens/refresh")
        .header("Content-Type", "text/plain")
        .body("x".repeat(2 * users_http::MAX_BODY_BYTES));
    service
        .send(&nothing_right.bearer("forged"))
        .is_refused(401, "invalid_token", None);
    service
        .get("/users?limit=0")
        .is_refused(401, "missing_token", None);
    let ada = service.token_of(people::ada());
    service
        .get_as("/users?limit=0", &ada)
        .is_refused(403, "forbidden", None);
    // Content type before body.
    service
        .send(&Request::new("POST", "/users").body("{"))
        .is_refused(415, "unsupported_media_type", None);
}
