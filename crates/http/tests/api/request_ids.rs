//! The id by which answers, log lines and events are found together.

use users_domain::model::{Effect, EffectKind};

use super::client::Request;
use super::service::{Service, registration};

#[test]
fn every_answer_has_an_id_of_its_own() {
    let service = Service::start();
    let mut ids = Vec::new();
    for request in [
        Request::get("/health"),
        Request::get("/livez"),
        Request::get("/readyz"),
        Request::get("/metrics"),
        Request::get("/.well-known/jwks.json"),
        Request::get("/nowhere"),
        Request::new("PUT", "/users"),
        Request::get("/users/profile"),
        Request::post_text("/users", "x".repeat(users_http::MAX_BODY_BYTES + 1)),
        Request::post("/users", &registration("ada")),
    ] {
        let answer = service.send(&request);
        let id = answer.header("x-request-id").unwrap().to_owned();
        assert_eq!((id.len(), &id[14..15]), (36, "4"), "{id} is a UUIDv4");
        ids.push(id);
    }
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn an_id_fit_for_a_log_is_taken_over() {
    let service = Service::start();
    for id in ["a", "6f1c:17/x.y_z-0", &"x".repeat(128)] {
        let answer = service.send(&Request::get("/nowhere").header("X-Request-Id", id));
        assert_eq!(answer.header("x-request-id"), Some(id));
        assert_eq!(answer.expect(404)["request_id"], id);
    }
}

#[test]
fn an_id_unfit_for_a_log_is_replaced() {
    let service = Service::start();
    for id in [
        &b""[..],
        b"two words",
        b"quote\"",
        b"back\\slash",
        b"<script>",
        b"\xc3\xa9",
        &[b'x'; 129],
    ] {
        let answer = service.send(&Request::get("/health").header("x-request-id", id));
        assert_eq!(answer.header("x-request-id").unwrap().len(), 36);
    }
}

#[test]
fn the_event_of_a_change_has_the_id() {
    let service = Service::start();
    let request = Request::post("/users", &registration("ada")).header("X-Request-Id", "mine");
    service.send(&request).expect(201);
    let effects = service.fakes.store.effects(EffectKind::Event);
    let [Ok(Effect::Event(event))] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert!(event.json().contains(r#""request_id":"mine""#));
}
