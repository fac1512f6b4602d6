//! Enable, disable, delete.

use serde_json::json;
use users_domain::model::Status;
use users_testkit::people;

use super::client::Request;
use super::service::Service;

fn with_root() -> (Service, String) {
    let service = Service::start();
    let root = service.token_of(people::an_admin("root"));
    (service, root)
}

fn post(path: &str) -> Request {
    Request::new("POST", path)
}

#[test]
fn an_account_is_disabled_enabled_and_deleted() {
    let (service, root) = with_root();
    service.fakes.store.put(people::ada());
    for (request, status) in [
        (post("/users/id-of-ada/disable"), 1),
        (post("/users/id-of-ada/enable"), 0),
        // Neither a body nor what it says it is matters.
        (Request::post_text("/users/id-of-ada/disable", "{"), 1),
        (
            post("/users/id-of-ada/enable").header("Content-Type", "text/x"),
            0,
        ),
    ] {
        let answer = service.send_as(request, &root);
        assert!(answer.header("etag").is_some(), "{answer:?}");
        assert_eq!(answer.expect(200)["status"], status);
    }
    let answer = service.send_as(Request::new("DELETE", "/users/id-of-ada"), &root);
    answer.is_empty(204);
    assert_eq!(service.stored("ada").status, Status::Deleted);
    let shown = service.get_as("/users/id-of-ada", &root).expect(200);
    assert_eq!(shown["status"], 2);
    // Until it is removed, a deleted account can be brought back.
    service
        .send_as(post("/users/id-of-ada/enable"), &root)
        .expect(200);
}

#[test]
fn the_state_that_an_account_has_already_is_a_conflict() {
    let (service, root) = with_root();
    service.fakes.store.put(people::ada());
    for (method, path) in [
        ("POST", "/users/id-of-ada/enable"),
        ("POST", "/users/id-of-ada/disable"),
        ("DELETE", "/users/id-of-ada"),
    ] {
        service.send_as(Request::new(method, path), &root);
        service
            .send_as(Request::new(method, path), &root)
            .is_refused(409, "status_already_assigned", None);
    }
}

#[test]
fn who_disables_or_deletes_himself_is_out_at_once_and_cannot_undo_it() {
    let service = Service::start();
    for (method, part) in [("POST", "/disable"), ("DELETE", "")] {
        let token = service.token_of(people::ada());
        let path = format!("/users/id-of-ada{part}");
        let answer = service.send_as(Request::new(method, &path), &token);
        assert!(answer.status < 300, "{answer:?}");
        service
            .get_as("/users/profile", &token)
            .is_refused(401, "invalid_token", None);
        service
            .send_as(post("/users/id-of-ada/enable"), &token)
            .is_refused(401, "invalid_token", None);
    }
}

#[test]
fn tokens_from_before_a_suspension_stay_dead_after_it() {
    let (service, root) = with_root();
    let token = service.token_of(people::ada());
    service
        .fakes
        .clock
        .advance(std::time::Duration::from_secs(5));
    for part in ["disable", "enable"] {
        service
            .send_as(post(&format!("/users/id-of-ada/{part}")), &root)
            .expect(200);
    }
    service
        .get_as("/users/profile", &token)
        .is_refused(401, "invalid_token", None);
    let login = json!({ "identity": "ada", "secret": people::password_of("ada") });
    service.post("/users/tokens/issue", &login).expect(201);
}

#[test]
fn the_last_administrator_stays_one() {
    let (service, root) = with_root();
    for (method, path) in [
        ("POST", "/users/id-of-root/disable"),
        ("DELETE", "/users/id-of-root"),
    ] {
        service
            .send_as(Request::new(method, path), &root)
            .is_refused(409, "last_administrator", None);
    }
}
