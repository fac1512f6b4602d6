//! `GET /users/tokens/refresh-tokens` and `POST /users/tokens/revoke`.

use std::time::Duration;

use serde_json::{Value, json};
use users_testkit::people;

use super::client::Request;
use super::service::Service;

fn log_in(service: &Service, name: &str, description: Option<&str>) -> (String, String) {
    let body = json!({ "identity": name, "secret": people::password_of(name),
        "description": description });
    let pair = service.post("/users/tokens/issue", &body).expect(201);
    let token = |name: &str| pair[name].as_str().unwrap().to_owned();
    (token("access_token"), token("refresh_token"))
}

fn sessions(service: &Service, token: &str) -> Vec<Value> {
    let answer = service.get_as("/users/tokens/refresh-tokens", token);
    answer.expect(200)["refresh_tokens"]
        .as_array()
        .unwrap()
        .clone()
}

#[test]
fn sessions_are_listed_oldest_first() {
    let service = Service::start();
    service.fakes.store.put(people::ada());
    service.fakes.store.put(people::grace());
    log_in(&service, "ada", Some("laptop"));
    service.fakes.clock.advance(Duration::from_mins(1));
    let (access, _) = log_in(&service, "ada", None);
    log_in(&service, "grace", Some("not hers"));
    let listed = sessions(&service, &access);
    let [laptop, other] = listed.as_slice() else {
        panic!("{listed:?}");
    };
    let id = laptop["id"].as_str().unwrap();
    assert_eq!(
        *laptop,
        json!({ "id": id, "description": "laptop", "created_at": "2026-01-01T00:00:00Z",
            "expires_at": "2026-01-02T00:00:00Z" })
    );
    assert_eq!(other.get("description"), None);
    assert_eq!(other["created_at"], "2026-01-01T00:01:00Z");
}

#[test]
fn nobody_has_an_empty_list() {
    let service = Service::start();
    let token = service.token_of(people::ada());
    let answer = service.get_as("/users/tokens/refresh-tokens", &token);
    assert_eq!(answer.text, "{\"refresh_tokens\":[]}\n");
}

#[test]
fn a_revoked_session_is_not_refreshed() {
    let service = Service::start();
    service.fakes.store.put(people::ada());
    let (access, refresh) = log_in(&service, "ada", None);
    let id = sessions(&service, &access)[0]["id"].clone();
    let revoke = Request::post("/users/tokens/revoke", &json!({ "token_id": id }));
    service.send_as(revoke, &access).is_empty(204);
    assert_eq!(sessions(&service, &access), Vec::<Value>::new());
    service
        .send_as(Request::post_text("/users/tokens/refresh", ""), &refresh)
        .is_refused(401, "invalid_token", None);
}

#[test]
fn the_session_of_another_is_left_alone_and_nothing_is_told() {
    let service = Service::start();
    service.fakes.store.put(people::ada());
    let grace = service.token_of(people::grace());
    let (access, _) = log_in(&service, "ada", None);
    let id = sessions(&service, &access)[0]["id"].clone();
    for id in [id, json!("unknown")] {
        let revoke = Request::post("/users/tokens/revoke", &json!({ "token_id": id }));
        service.send_as(revoke, &grace).is_empty(204);
    }
    assert_eq!(sessions(&service, &access).len(), 1);
}
