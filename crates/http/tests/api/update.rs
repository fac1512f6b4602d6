//! `PATCH /users/{id}` and its parts: username, picture, tags, e-mail and role.

use serde_json::{Value, json};
use users_domain::model::{
    Effect, EffectKind, MailRequest, Metadata, PictureUrl, Role, Tags, User,
};
use users_testkit::people;

use super::client::Request;
use super::service::Service;

const ADA: &str = "/users/id-of-ada";

/// Ada with everything that can be taken away.
fn rich() -> User {
    User {
        tags: Tags::from_stored(vec!["old".to_owned()]),
        metadata: Metadata::from_stored(r#"{"old":1}"#.to_owned()),
        private_metadata: Metadata::from_stored(r#"{"old":2}"#.to_owned()),
        profile_picture: Some(PictureUrl::from_stored(
            "https://old.example.com/".to_owned(),
        )),
        auth_provider: None,
        ..people::ada()
    }
}

fn with_ada() -> (Service, String) {
    let service = Service::start();
    let token = service.token_of(rich());
    (service, token)
}

#[test]
fn the_documented_body_changes_what_it_says() {
    let (service, token) = with_ada();
    let body = r#"{ "first_name": "Ada", "last_name": "Byron", "metadata": { "team": "edge" },
        "tags": ["edge", "beta"] }"#;
    let request = Request::new("PATCH", ADA).header("Content-Type", "application/json");
    let answer = service.send_as(request.body(body), &token);
    assert_eq!(
        answer.text,
        "{\"id\":\"id-of-ada\",\"first_name\":\"Ada\",\"last_name\":\"Byron\",\
         \"tags\":[\"edge\",\"beta\"],\"metadata\":{ \"team\": \"edge\" },\
         \"private_metadata\":{\"old\":2},\"status\":0,\"role\":0,\
         \"profile_picture\":\"https://old.example.com/\",\"credentials\":{\"username\":\"ada\"},\
         \"email\":\"ada@example.com\",\"created_at\":\"2026-01-01T00:00:00Z\",\
         \"updated_at\":\"2026-01-01T00:00:00Z\",\"verified_at\":\"2026-01-01T00:00:00Z\",\
         \"updated_by\":\"id-of-ada\"}\n"
    );
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("etag"), Some("\"2\""));
}

#[test]
fn null_takes_away_what_can_be_empty_and_nothing_else() {
    let (service, token) = with_ada();
    let body = json!({ "first_name": null, "last_name": "", "tags": null, "metadata": null,
        "private_metadata": null, "profile_picture": null });
    let changed = service.patch_as(ADA, &body, &token).expect(200);
    assert_eq!(changed["first_name"], "Ada");
    assert_eq!(changed["last_name"], "Example");
    for gone in ["tags", "metadata", "private_metadata", "profile_picture"] {
        assert_eq!(changed.get(gone), None, "{gone}");
    }
}

#[test]
fn what_is_not_sent_or_not_to_be_changed_here_stays() {
    let (service, token) = with_ada();
    // What an SDK sends that read an account, and a field that it misspelt.
    let body = json!({ "id": "another", "credentials": { "username": "grace", "secret": "x" },
        "email": "grace@example.com", "status": "deleted", "role": "admin",
        "created_at": "0001-01-01T00:00:00Z", "updated_at": 17, "verified_at": null,
        "auth_provider": "google", "permissions": [], "Tags": ["new"] });
    service.patch_as(ADA, &body, &token).expect(200);
    service.patch_as(ADA, &json!({}), &token).expect(200);
    let stored = service.stored("ada");
    assert_eq!(
        User {
            updated_at: None,
            updated_by: None,
            version: 1,
            ..stored
        },
        rich()
    );
}

#[test]
fn digits_of_metadata_are_kept() {
    let (service, token) = with_ada();
    let request = Request::new("PATCH", ADA)
        .header("Content-Type", "application/json")
        .body(r#"{"private_metadata":{"n":123456789012345678901234567890.10}}"#);
    let answer = service.send_as(request, &token);
    assert!(answer.text.contains(":123456789012345678901234567890.10}"));
}

#[test]
fn each_part_has_a_path_of_its_own() {
    let (service, token) = with_ada();
    let change = |part: &str, body: Value| {
        let answer = service.patch_as(&format!("{ADA}/{part}"), &body, &token);
        assert!(answer.header("etag").is_some(), "{answer:?}");
        answer.expect(200)
    };
    // Whole accounts are sent: the other members are not looked at.
    let changed = change("username", json!({ "username": "countess", "email": 1 }));
    assert_eq!(changed["credentials"]["username"], "countess");
    let changed = change("tags", json!({ "tags": ["a", "a"], "role": "admin" }));
    assert_eq!(changed["tags"], json!(["a", "a"]));
    let picture = "https://example.com/new.png";
    let changed = change("picture", json!({ "profile_picture": picture }));
    assert_eq!(changed["profile_picture"], picture);
    let changed = change("email", json!({ "email": "Ada@new.example.com" }));
    assert_eq!(changed["email"], "Ada@new.example.com");
    assert_eq!(changed.get("verified_at"), None);
    assert_eq!(changed["tags"], json!(["a", "a"]));
    assert_eq!(changed["private_metadata"], json!({ "old": 2 }));
}

#[test]
fn labels_and_picture_are_taken_away_or_left_alone() {
    let (service, token) = with_ada();
    for (part, body) in [("tags", json!({})), ("picture", json!({ "tags": 1 }))] {
        let changed = service.patch_as(&format!("{ADA}/{part}"), &body, &token);
        let changed = changed.expect(200);
        assert_eq!(changed["tags"], json!(["old"]));
        assert_eq!(changed["profile_picture"], "https://old.example.com/");
    }
    for (part, member, nothing) in [
        ("tags", "tags", json!([])),
        ("tags", "tags", json!(null)),
        ("picture", "profile_picture", json!("")),
        ("picture", "profile_picture", json!(null)),
    ] {
        service.fakes.store.put(rich());
        let body = json!({ member: nothing });
        let changed = service.patch_as(&format!("{ADA}/{part}"), &body, &token);
        assert_eq!(changed.expect(200).get(member), None, "{part} {body}");
    }
}

#[test]
fn another_address_is_unproven_and_the_old_one_is_told() {
    let (service, token) = with_ada();
    let body = json!({ "email": "new@example.com" });
    service
        .patch_as("/users/id-of-ada/email", &body, &token)
        .expect(200);
    let mails = service.fakes.store.effects(EffectKind::Mail);
    let [
        Ok(Effect::Mail(MailRequest::Notice { address, .. })),
        Ok(Effect::Mail(MailRequest::Verification { .. })),
    ] = mails.as_slice()
    else {
        panic!("{mails:?}");
    };
    assert_eq!(address.as_ref().unwrap().as_str(), "ada@example.com");
    service
        .patch_as("/users/id-of-ada/email", &body, &token)
        .is_refused(400, "invalid_field", Some("email"));
}

#[test]
fn a_taken_name_or_address_is_a_conflict_that_names_the_field() {
    let (service, token) = with_ada();
    service.fakes.store.put(people::grace());
    for (part, body, code, field) in [
        (
            "username",
            json!({ "username": "GRACE" }),
            "username_taken",
            "username",
        ),
        (
            "email",
            json!({ "email": "Grace@example.com" }),
            "email_taken",
            "email",
        ),
    ] {
        service
            .patch_as(&format!("{ADA}/{part}"), &body, &token)
            .is_refused(409, code, Some(field));
    }
}

#[test]
fn a_role_is_given_in_words_or_numbers_and_the_same_again_changes_nothing() {
    let service = Service::start();
    let root = service.token_of(people::an_admin("root"));
    service.fakes.store.put(people::ada());
    for (role, version) in [
        (json!("admin"), "\"2\""),
        (json!(1), "\"2\""),
        (json!(0), "\"3\""),
    ] {
        let body = json!({ "role": role, "credentials": {} });
        let answer = service.patch_as("/users/id-of-ada/role", &body, &root);
        assert_eq!(
            answer.expect(200)["role"].as_i64(),
            Some(i64::from(role != json!(0)))
        );
        assert_eq!(answer.header("etag"), Some(version), "{role}");
    }
    for body in [json!({}), json!({ "role": null }), json!({ "role": "" })] {
        service
            .patch_as("/users/id-of-ada/role", &body, &root)
            .is_refused(400, "missing_field", Some("role"));
    }
}

#[test]
fn the_last_administrator_stays_one() {
    let service = Service::start();
    let root = service.token_of(people::an_admin("root"));
    service
        .patch_as("/users/id-of-root/role", &json!({ "role": 0 }), &root)
        .is_refused(409, "last_administrator", None);
    assert_eq!(service.stored("root").role, Role::Admin);
}

#[test]
fn an_account_that_is_not_enabled_is_not_changed() {
    let service = Service::start();
    let root = service.token_of(people::an_admin("root"));
    service.fakes.store.put(people::a_disabled_user("mallory"));
    for (path, body) in [
        ("/users/id-of-mallory", json!({ "first_name": "M" })),
        ("/users/id-of-mallory/tags", json!({ "tags": [] })),
        ("/users/id-of-mallory/role", json!({ "role": 1 })),
    ] {
        service
            .patch_as(path, &body, &root)
            .is_refused(409, "account_not_enabled", None);
    }
}

#[test]
fn what_an_identity_provider_owns_is_changed_there() {
    let service = Service::start();
    let token = service.token_of(User {
        auth_provider: Some("google".to_owned()),
        ..rich()
    });
    for (path, body, field) in [
        (ADA, json!({ "first_name": "A" }), "first_name"),
        (ADA, json!({ "last_name": "L" }), "last_name"),
        (ADA, json!({ "profile_picture": null }), "profile_picture"),
        (
            "/users/id-of-ada/email",
            json!({ "email": "a@example.com" }),
            "email",
        ),
        (
            "/users/id-of-ada/picture",
            json!({ "profile_picture": "" }),
            "profile_picture",
        ),
    ] {
        service
            .patch_as(path, &body, &token)
            .is_refused(409, "owned_by_provider", Some(field));
    }
    let same = json!({ "first_name": "Ada", "tags": ["mine"] });
    service.patch_as(ADA, &same, &token).expect(200);
}

#[test]
fn an_id_that_no_account_has_is_404() {
    let service = Service::start();
    let root = service.token_of(people::an_admin("root"));
    let long = "x".repeat(37);
    for id in [
        "nobody",
        "ID-OF-ROOT",
        "%00",
        "%FF",
        "a%2Fb",
        "a%0Ab",
        "verify",
        &long,
    ] {
        let path = format!("/users/{id}");
        service
            .get_as(&path, &root)
            .is_refused(404, "not_found", None);
        service
            .patch_as(&path, &json!({}), &root)
            .is_refused(404, "not_found", None);
        let enable = Request::new("POST", &format!("{path}/enable"));
        service
            .send_as(enable, &root)
            .is_refused(404, "not_found", None);
    }
}
