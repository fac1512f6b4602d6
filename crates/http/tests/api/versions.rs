//! `ETag` and `If-Match`: nobody overwrites what he has not seen.

use std::thread;

use serde_json::{Value, json};
use users_domain::model::{CodePurpose, User};
use users_testkit::people;

use super::client::{Answer, Request};
use super::service::{Service, Setup, registration};

const ADA: &str = "/users/id-of-ada";

fn with_root() -> (Service, String) {
    let service = Service::start();
    let root = service.token_of(people::an_admin("root"));
    (service, root)
}

/// Every change of an account.
fn changes() -> Vec<Request> {
    vec![
        Request::patch(ADA, &json!({ "first_name": "A" })),
        Request::patch(
            &format!("{ADA}/username"),
            &json!({ "username": "countess" }),
        ),
        Request::patch(
            &format!("{ADA}/picture"),
            &json!({ "profile_picture": null }),
        ),
        Request::patch(&format!("{ADA}/tags"), &json!({ "tags": ["a"] })),
        Request::patch(&format!("{ADA}/tags"), &json!({})),
        Request::patch(
            &format!("{ADA}/email"),
            &json!({ "email": "a@example.com" }),
        ),
        Request::patch(&format!("{ADA}/role"), &json!({ "role": 1 })),
        Request::new("POST", &format!("{ADA}/disable")),
        Request::new("DELETE", ADA),
    ]
}

#[test]
fn a_change_is_made_to_what_its_client_has_seen() {
    let (service, root) = with_root();
    for change in changes() {
        for (tag, status) in [
            (r#""7""#, 2),
            ("*", 2),
            (r#""6""#, 412),
            (r#""07""#, 412),
            (r#"W/"7""#, 412),
            (r#""something else""#, 400),
            (r#""6", "7""#, 400),
            ("7", 400),
        ] {
            service.fakes.store.put(User {
                version: 7,
                ..people::ada()
            });
            let answer = service.send_as(change.clone().header("If-Match", tag), &root);
            match status {
                412 => answer.is_refused(412, "precondition_failed", None),
                400 => answer.is_refused(400, "invalid_field", Some("If-Match")),
                _ => assert_eq!(answer.status / 100, 2, "{tag}: {answer:?}"),
            }
        }
    }
    service.fakes.store.put(people::a_disabled_user("ada"));
    let enable = Request::new("POST", &format!("{ADA}/enable"));
    service
        .send_as(enable.clone().header("If-Match", "\"2\""), &root)
        .is_refused(412, "precondition_failed", None);
    service
        .send_as(enable.header("If-Match", "\"1\""), &root)
        .expect(200);
}

#[test]
fn a_password_is_changed_only_at_the_version_that_its_holder_has_seen() {
    let service = Service::start();
    let ada = service.token_of(people::ada());
    let body = json!({ "old_secret": people::password_of("ada"), "new_secret": "another secret" });
    let change = Request::patch("/users/secret", &body);
    service
        .send_as(change.clone().header("If-Match", "\"7\""), &ada)
        .is_refused(412, "precondition_failed", None);
    service
        .send_as(change.clone().header("If-Match", "7"), &ada)
        .is_refused(400, "invalid_field", Some("If-Match"));
    service
        .send_as(change.header("If-Match", "\"1\""), &ada)
        .expect(200);
}

#[test]
fn a_stranger_learns_no_version() {
    let service = Service::start();
    service.fakes.store.put(people::ada());
    let grace = service.token_of(people::grace());
    for tag in ["\"1\"", "\"2\""] {
        let change = Request::patch(ADA, &json!({ "first_name": "A" })).header("If-Match", tag);
        service
            .send_as(change, &grace)
            .is_refused(403, "forbidden", None);
    }
}

#[test]
fn the_tag_of_an_answer_fits_the_next_change() {
    let (service, root) = with_root();
    let created = service.post("/users", &registration("ada"));
    let id = created.expect(201)["id"].as_str().unwrap().to_owned();
    let mut tag = created.header("etag").unwrap().to_owned();
    for name in ["A", "B", "C"] {
        let change = Request::patch(&format!("/users/{id}"), &json!({ "first_name": name }));
        let stale = tag.clone();
        let answer = service.send_as(change.clone().header("If-Match", &tag), &root);
        answer.expect(200);
        answer.header("etag").unwrap().clone_into(&mut tag);
        service
            .send_as(change.header("If-Match", &stale), &root)
            .is_refused(412, "precondition_failed", None);
    }
    let shown = service.get_as(&format!("/users/{id}"), &root);
    assert_eq!(shown.header("etag"), Some(&*tag));
}

/// Sends every request at once, from a thread of its own.
fn at_once(service: &Service, requests: &[Request]) -> Vec<Answer> {
    thread::scope(|scope| {
        let sent: Vec<_> = requests
            .iter()
            .map(|request| scope.spawn(|| service.send(request)))
            .collect();
        sent.into_iter().map(|sent| sent.join().unwrap()).collect()
    })
}

fn with_workers() -> Service {
    let mut setup = Setup::new();
    setup.server.workers = 4;
    setup.start()
}

fn statuses(answers: &[Answer]) -> Vec<u16> {
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    statuses
}

#[test]
fn changes_of_different_fields_at_once_are_both_kept() {
    let service = with_workers();
    let token = service.token_of(people::ada());
    for round in 0..20 {
        let value = |field: &str| format!("{field}{round}");
        let change = |body: &Value| Request::patch(ADA, body).bearer(&token);
        let answers = at_once(
            &service,
            &[
                change(&json!({ "first_name": value("first") })),
                change(&json!({ "last_name": value("last") })),
                change(&json!({ "tags": [value("tag")] })),
                change(&json!({ "metadata": { "round": round } })),
            ],
        );
        assert_eq!(statuses(&answers), [200; 4]);
        let stored = service.stored("ada");
        assert_eq!(stored.first_name.as_str(), value("first"));
        assert_eq!(stored.last_name.as_str(), value("last"));
        assert_eq!(stored.tags.as_slice(), [value("tag")]);
        assert_eq!(
            stored.metadata.as_str(),
            json!({ "round": round }).to_string()
        );
    }
}

#[test]
fn of_two_who_saw_the_same_one_is_told_so() {
    let service = with_workers();
    let token = service.token_of(people::ada());
    for round in 0..20 {
        let tag = format!("\"{}\"", service.stored("ada").version);
        let change = |name: &str| {
            Request::patch(ADA, &json!({ "first_name": format!("{name}{round}") }))
                .bearer(&token)
                .header("If-Match", &tag)
        };
        let answers = at_once(&service, &[change("one"), change("other")]);
        assert_eq!(statuses(&answers), [200, 412]);
    }
}

#[test]
fn of_two_who_want_a_name_one_gets_it() {
    let service = with_workers();
    for round in 0..20 {
        let ada = service.token_of(people::ada());
        let grace = service.token_of(people::grace());
        let wanted = json!({ "username": format!("wanted{round}") });
        let answers = at_once(
            &service,
            &[
                Request::patch("/users/id-of-ada/username", &wanted).bearer(&ada),
                Request::patch("/users/id-of-grace/username", &wanted).bearer(&grace),
            ],
        );
        assert_eq!(statuses(&answers), [200, 409]);
    }
}

#[test]
fn a_code_that_is_used_twice_at_once_works_once() {
    let service = with_workers();
    for _ in 0..20 {
        service.fakes.store.put(people::an_unverified_user("ada"));
        let code = service.mailed_code("ada", CodePurpose::VerifyEmail);
        let verify = Request::get(&format!("/verify-email?token={code}"));
        let answers = at_once(&service, &[verify.clone(), verify]);
        assert_eq!(statuses(&answers), [200, 400]);

        let code = service.mailed_code("ada", CodePurpose::ResetSecret);
        let body = json!({ "token": code, "password": "new password", "confirm_password": "new password" });
        let reset = Request::put("/password/reset", &body);
        let answers = at_once(&service, &[reset.clone(), reset]);
        assert_eq!(statuses(&answers), [201, 400]);
    }
}
