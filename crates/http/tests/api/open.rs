//! What is open to anybody: health, metrics, published keys.

use serde_json::json;
use users_domain::ports::PublishedKeys as _;
use users_testkit::people;

use super::client::Request;
use super::service::{Service, registration};

#[test]
fn health_says_that_it_is_well_and_who_it_is() {
    let service = Service::start();
    let answer = service.get("/health");
    assert_eq!(
        answer.text,
        "{\"status\":\"pass\",\"version\":\"1.2.3\",\"commit\":\"abcdef\",\
         \"description\":\"users service\",\"build_time\":\"2026-01-01_00:00:00\",\
         \"instance_id\":\"instance\"}\n"
    );
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("application/health+json")
    );
    let head = service.send(&Request::new("HEAD", "/health"));
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}

#[test]
fn the_keys_are_those_of_the_port_and_may_be_kept() {
    let service = Service::start();
    let answer = service.get("/.well-known/jwks.json");
    let keys = service.fakes.tokens.key_set();
    assert_eq!(answer.text.trim_end(), keys);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(
        answer.header("cache-control"),
        Some("public, max-age=900, stale-while-revalidate=60")
    );
}

#[test]
fn every_request_is_counted_refused_ones_too() {
    let service = Service::start();
    let token = service.token_of(people::ada());
    service.post("/users", &registration("grace")).expect(201);
    service.post("/users", &json!({})).expect(400);
    service.send(&Request::new("POST", "/users/")).expect(415);
    service.get_as("/users/profile", &token).expect(200);
    service.get("/users/profile").expect(401);
    service.send(&Request::new("HEAD", "/users/profile"));
    service.send(&Request::new("BREW", "/users")).expect(405);
    service.get("/users/some-id/7").expect(404);
    service.get("/another").expect(404);

    let answer = service.get("/metrics");
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    for line in [
        r#"users_api_request_count{method="register_user"} 3"#,
        r#"users_api_request_count{method="view_profile"} 3"#,
        r#"users_api_request_latency_microseconds_count{method="register_user"} 3"#,
        r#"users_api_request_latency_microseconds{method="view_profile",quantile="0.99"} "#,
        "http_server_active_requests 1",
        &duration_count("POST", "/users", 201, 1),
        &duration_count("POST", "/users", 400, 1),
        &duration_count("POST", "/users", 415, 1),
        &duration_count("GET", "/users/profile", 200, 1),
        &duration_count("HEAD", "/users/profile", 401, 1),
        &duration_count("_OTHER", "/users", 405, 1),
        &duration_count("GET", "unmatched", 404, 2),
    ] {
        assert!(answer.text.contains(line), "{line}\n{}", answer.text);
    }
    assert!(!answer.text.contains("list_users"));
    assert!(!answer.text.contains("some-id"));
}

fn duration_count(method: &str, route: &str, status: u16, count: u64) -> String {
    format!(
        "http_server_request_duration_seconds_count{{http_request_method=\"{method}\",\
         http_response_status_code=\"{status}\",http_route=\"{route}\"}} {count}\n"
    )
}
