//! Clients that make us wait: for a head, for a body, for their taking an answer.

use std::time::{Duration, Instant};

use serde_json::json;
use users_domain::model::Metadata;
use users_testkit::people;

use super::client::{Connection, PATIENCE, Request};
use super::service::{Service, Setup};

/// As short as a limit can be.
const SHORTLY: Duration = Duration::from_millis(50);
/// As short as a limit can be that other requests of the same test must keep.
const SOON: Duration = Duration::from_secs(1);

fn with_short_heads() -> Service {
    let mut setup = Setup::new();
    setup.server.read_header_timeout = SOON;
    setup.start()
}

#[test]
fn a_body_that_never_arrives_is_408() {
    let setup = Setup {
        body_timeout: Some(SHORTLY),
        ..Setup::new()
    };
    let service = setup.start();
    for (length, begun) in [
        ("Content-Length: 100", "{\"first"),
        ("Transfer-Encoding: chunked", "5\r\n{\"fir"),
        ("Transfer-Encoding: chunked", "5;extension"),
    ] {
        let mut connection = Connection::open(service.address);
        connection.write(
            format!(
                "POST /users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                 {length}\r\n\r\n{begun}"
            )
            .as_bytes(),
        );
        connection
            .read(false)
            .is_refused(408, "request_timeout", None);
    }
}

#[test]
fn a_head_that_never_arrives_is_408() {
    let service = with_short_heads();
    for head in ["", "G", "GET /health HTTP/1.1\r\nHo"] {
        let mut connection = Connection::open(service.address);
        connection.write(head.as_bytes());
        assert_eq!(connection.read(false).status, 408, "{head}");
        assert!(connection.has_ended());
    }
}

#[test]
fn a_later_head_that_never_arrives_ends_the_connection() {
    let service = with_short_heads();
    for head in ["G", "GET /health HTTP/1.1\r\nHo"] {
        let mut connection = Connection::open(service.address);
        connection.send(&Request::get("/health")).expect(200);
        connection.write(head.as_bytes());
        assert!(connection.has_ended(), "{head}");
    }
}

#[test]
fn a_head_that_trickles_in_is_no_exception() {
    let service = with_short_heads();
    let mut connection = Connection::open(service.address);
    connection.send(&Request::get("/health")).expect(200);
    connection.write(b"GET /health HTTP/1.1\r\nX: ");
    let begun = Instant::now();
    while !connection.ends_within(Duration::from_millis(5)) {
        connection.write(b"x");
        assert!(begun.elapsed() < PATIENCE, "it never ends");
    }
}

#[test]
fn a_head_that_began_with_the_request_before_it_is_not_waited_for_either() {
    let mut setup = Setup::new();
    setup.server.idle_timeout = SOON;
    let service = setup.start();
    let mut connection = Connection::open(service.address);
    connection.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hea");
    connection.read(false).expect(200);
    assert!(connection.has_ended());
}

/// It is answered before its body is there, and the rest of the body is nobody's business.
#[test]
fn a_body_that_nobody_reads_is_not_waited_for() {
    let mut setup = Setup::new();
    setup.server.read_header_timeout = SOON;
    setup.server.idle_timeout = SOON;
    let service = setup.start();
    for (length, rest) in [
        ("Content-Length: 100", ""),
        ("Content-Length: 100", "x"),
        ("Transfer-Encoding: chunked", ""),
        ("Transfer-Encoding: chunked", "5\r\nhe"),
    ] {
        let mut connection = Connection::open(service.address);
        let head = format!("GET /health HTTP/1.1\r\nHost: localhost\r\n{length}\r\n\r\n");
        connection.write(head.as_bytes());
        connection.read(false).expect(200);
        connection.write(rest.as_bytes());
        assert!(connection.has_ended(), "{length} {rest}");
    }
}

#[test]
fn who_takes_no_answers_is_cut_off() {
    let mut setup = Setup::new();
    setup.server.write_timeout = SHORTLY;
    let service = setup.start();
    let mut ada = people::ada();
    let large = json!({ "text": "x".repeat(60_000) });
    ada.metadata = Metadata::parse("metadata", &large.to_string()).unwrap();
    let token = service.token_of(ada);
    let request = Request::get("/users/profile").bearer(&token);
    let mut connection = Connection::open(service.address);
    let mut asked = 0;
    while connection.ask(&request) {
        asked += 1;
    }
    assert!(asked > 0);
    service.get("/health").expect(200);
}
