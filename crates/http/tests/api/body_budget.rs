//! How much memory all bodies together may take while they arrive.

use std::time::{Duration, Instant};

use serde_json::json;

use super::client::{Connection, PATIENCE, Request};
use super::service::{Service, Setup, registration};

/// What each body may have for nothing.
const FREE: usize = 16 * 1024;
const BUDGET: usize = 100_000;

fn with_budget(bytes: usize, body_timeout: Option<Duration>) -> Service {
    let setup = Setup {
        body_budget: Some(bytes),
        body_timeout,
        ..Setup::new()
    };
    setup.start()
}

/// A registration of so many bytes.
fn of_length(length: usize) -> String {
    let mut body = registration("ada");
    body["unknown"] = json!("");
    let missing = length - body.to_string().len();
    body["unknown"] = json!("x".repeat(missing));
    body.to_string()
}

/// Sends a registration of so many bytes, all but its last byte.
fn nearly(service: &Service, length: usize) -> Connection {
    let body = of_length(length);
    let mut connection = Connection::open(service.address);
    connection.write(
        format!(
            "POST /users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{}",
            body.len(),
            &body[..body.len() - 1]
        )
        .as_bytes(),
    );
    connection
}

#[test]
fn a_large_body_without_room_is_refused_and_small_ones_are_not() {
    let service = with_budget(0, None);
    let answer = service.send(&Request::post_text("/users", of_length(FREE + 1)));
    answer.is_refused(503, "busy", None);
    assert_eq!(answer.header("retry-after"), Some("1"));
    service
        .send(&Request::post_text("/users", of_length(FREE)))
        .expect(201);
}

#[test]
fn a_body_that_was_read_gives_its_room_back() {
    let service = with_budget(BUDGET, None);
    for status in [201, 409, 409] {
        let body = of_length(FREE + BUDGET);
        service
            .send(&Request::post_text("/users", body))
            .expect(status);
    }
}

#[test]
fn so_does_one_that_does_not_arrive_in_time() {
    let service = with_budget(BUDGET, Some(Duration::from_millis(200)));
    let mut slow = nearly(&service, FREE + BUDGET);
    slow.read(false).is_refused(408, "request_timeout", None);
    service
        .send(&Request::post_text("/users", of_length(FREE + BUDGET)))
        .expect(201);
}

#[test]
fn so_does_one_whose_client_breaks_off() {
    let service = with_budget(BUDGET, None);
    let mut broken = nearly(&service, FREE + BUDGET);
    broken.finish_sending();
    broken.read(false).is_refused(400, "malformed_body", None);
    service
        .send(&Request::post_text("/users", of_length(FREE + BUDGET)))
        .expect(201);
}

#[test]
fn of_two_bodies_that_do_not_fit_together_one_is_refused() {
    let service = with_budget(BUDGET, None);
    let length = FREE + BUDGET / 2 + 2;
    let mut bodies = [nearly(&service, length), nearly(&service, length)];
    // Neither is complete, so that nothing else can be answered.
    let begun = Instant::now();
    let refused = loop {
        let pause = Duration::from_millis(5);
        let answered = |body: &mut Connection| body.is_answered_within(pause);
        if let Some(refused) = bodies.iter_mut().position(answered) {
            break refused;
        }
        assert!(begun.elapsed() < PATIENCE, "both have room");
    };
    let [first, second] = &mut bodies;
    let (refused, other) = match refused {
        0 => (first, second),
        _ => (second, first),
    };
    refused.read(false).is_refused(503, "busy", None);
    service.get("/health").expect(200);
    other.write(b"}");
    other.read(false).expect(201);
    service
        .send(&Request::post_text("/users", of_length(FREE + BUDGET)))
        .expect(409);
}
