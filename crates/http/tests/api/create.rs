//! `POST /users`.

use serde_json::json;
use users_domain::model::{Metadata, Role, Status, Tags};
use users_http::EnumFormat;
use users_testkit::people;

use super::client::Request;
use super::service::{Service, Setup, registration};

#[test]
fn the_documented_body_makes_the_documented_account() {
    let service = Service::start();
    let body = r#"{ "first_name": "Ada", "last_name": "Lovelace",
        "credentials": { "username": "ada", "secret": "changeMe123" }, "email": "ada@example.com",
        "role": 0, "status": 0, "tags": ["iot", "beta"], "metadata": { "team": "core" } }"#;
    let answer = service.send(&Request::post_text("/users", body));
    assert_eq!(answer.status, 201, "{answer:?}");
    let made = service.fakes.store.users().pop().unwrap();
    let id = made.id.as_str();
    assert_eq!(
        answer.text,
        format!(
            "{{\"id\":\"{id}\",\"first_name\":\"Ada\",\"last_name\":\"Lovelace\",\
             \"tags\":[\"iot\",\"beta\"],\"metadata\":{{ \"team\": \"core\" }},\"status\":0,\
             \"role\":0,\"credentials\":{{\"username\":\"ada\"}},\"email\":\"ada@example.com\",\
             \"created_at\":\"2026-01-01T00:00:00Z\"}}\n"
        )
    );
    assert_eq!(answer.header("location"), Some(&*format!("/users/{id}")));
    assert_eq!(
        answer.header("etag"),
        Some(&*format!("\"{}\"", made.version))
    );
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
}

#[test]
fn every_member_is_taken_over_and_digits_are_kept() {
    let service = Service::start();
    let mut body = registration("ada");
    body["tags"] = json!(["a", "a"]);
    body["profile_picture"] = json!("https://example.com/a.png");
    body["metadata"] = json!("METADATA");
    body["private_metadata"] = json!({ "b": 1 });
    let body = body
        .to_string()
        .replace("\"METADATA\"", r#"{"n":123456789012345678901234567890}"#);
    let answer = service.send(&Request::post_text("/users/", body));
    let made = answer.expect(201);
    assert!(answer.text.contains(":123456789012345678901234567890}"));
    assert_eq!(made["tags"], json!(["a", "a"]));
    assert_eq!(made["profile_picture"], "https://example.com/a.png");
    assert_eq!(made["private_metadata"], json!({ "b": 1 }));
    let location = answer.header("location").unwrap();
    assert_eq!(location, format!("/users/{}", made["id"].as_str().unwrap()));
}

#[test]
fn what_is_null_or_empty_is_as_good_as_absent() {
    let service = Service::start();
    let mut body = registration("ada");
    for member in [
        "tags",
        "metadata",
        "private_metadata",
        "profile_picture",
        "role",
        "status",
    ] {
        body[member] = json!(null);
    }
    service.post("/users", &body).expect(201);
    let mut body = registration("grace");
    for member in ["profile_picture", "role", "status"] {
        body[member] = json!("");
    }
    body["tags"] = json!([]);
    body["metadata"] = json!({});
    service.post("/users", &body).expect(201);
    let made = service.fakes.store.users().pop().unwrap();
    assert_eq!(made.tags, Tags::default());
    assert_eq!(made.metadata, Metadata::default());
}

#[test]
fn what_is_not_ours_to_choose_is_ignored() {
    let service = Service::start();
    let mut body = registration("ada");
    body["id"] = json!("chosen");
    body["created_at"] = json!("0001-01-01T00:00:00Z");
    body["updated_at"] = json!(17);
    body["verified_at"] = json!("2020-01-01T00:00:00Z");
    body["updated_by"] = json!("me");
    body["auth_provider"] = json!("google");
    body["permissions"] = json!(["everything"]);
    body["First_Name"] = json!(1);
    let made = service.post("/users", &body).expect(201);
    assert_ne!(made["id"], "chosen");
    for member in [
        "updated_at",
        "verified_at",
        "updated_by",
        "auth_provider",
        "permissions",
    ] {
        assert!(made[member].is_null(), "{member}");
    }
}

#[test]
fn role_and_status_are_read_both_ways_and_written_as_set() {
    let setup = Setup {
        enums: EnumFormat::Names,
        ..Setup::new()
    };
    let service = setup.start();
    let admin = service.token_of(people::an_admin("root"));
    for (name, role, status) in [
        ("numbers", json!(1), json!(1)),
        ("names", json!("admin"), json!("disabled")),
    ] {
        let mut body = registration(name);
        body["role"] = role;
        body["status"] = status;
        let made = service
            .send(&Request::post("/users", &body).bearer(&admin))
            .expect(201);
        assert_eq!(made["role"], "admin");
        assert_eq!(made["status"], "disabled");
    }
    let made = service.fakes.store.users();
    let stored = made
        .iter()
        .filter(|user| user.role == Role::Admin && user.status == Status::Disabled);
    assert_eq!(stored.count(), 2);
}

#[test]
fn a_taken_name_is_a_conflict_that_names_the_field() {
    let service = Service::start();
    service.post("/users", &registration("ada")).expect(201);
    let mut same_email = registration("grace");
    same_email["email"] = json!("ADA@example.com");
    service
        .post("/users", &same_email)
        .is_refused(409, "email_taken", Some("email"));
    let mut same_username = registration("grace");
    same_username["credentials"]["username"] = json!("Ada");
    service.post("/users", &same_username).is_refused(
        409,
        "username_taken",
        Some("credentials.username"),
    );
}
