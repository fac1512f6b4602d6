//! Input that nobody should send: a new case is a line.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::json;
use users_domain::model::EffectKind;
use users_testkit::people;

use super::client::{Connection, Request};
use super::service::{Service, registration};

/// A registration with one member replaced by JSON as it is written here.
fn with(member: &str, json: &str) -> String {
    let mut body = registration("ada");
    let (object, name) = match member.split_once('.') {
        Some((object, name)) => (&mut body[object], name),
        None => (&mut body, member),
    };
    object[name] = json!("PLACE");
    body.to_string().replace("\"PLACE\"", json)
}

#[test]
fn a_member_that_cannot_be_accepted_is_named() {
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(64), "]".repeat(64));
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(64 * 1024));
    let long = format!(r#""{}""#, "x".repeat(255));
    let service = Service::start();
    for (member, json, code) in [
        ("first_name", "null", "missing_field"),
        ("first_name", r#""""#, "missing_field"),
        ("first_name", r#"" ""#, "missing_field"),
        ("first_name", "1", "invalid_field"),
        ("first_name", r#"["Ada"]"#, "invalid_field"),
        ("first_name", r#""a\u0000""#, "invalid_field"),
        ("first_name", r#""\ud800""#, "invalid_field"),
        ("first_name", &long, "invalid_field"),
        ("last_name", r#""a","last_name":"b""#, "invalid_field"),
        ("last_name", "null", "missing_field"),
        ("email", r#""""#, "missing_field"),
        ("email", r#""ada""#, "invalid_field"),
        ("email", r#""Ada <ada@example.com>""#, "invalid_field"),
        ("email", "{}", "invalid_field"),
        ("credentials", "null", "missing_field"),
        ("credentials", r#""ada""#, "invalid_field"),
        ("credentials", "[]", "invalid_field"),
        ("credentials.username", "null", "missing_field"),
        ("credentials.username", "17", "invalid_field"),
        ("credentials.username", r#""-ada""#, "invalid_field"),
        (
            "credentials.username",
            r#""a","username":"b""#,
            "invalid_field",
        ),
        ("credentials.secret", "null", "missing_field"),
        ("credentials.secret", "12345678", "invalid_field"),
        ("credentials.secret", r#""short""#, "weak_password"),
        (
            "credentials.secret",
            r#""with\u0000inside""#,
            "invalid_field",
        ),
        ("credentials.secret", &long, "invalid_field"),
        ("tags", r#""iot""#, "invalid_field"),
        ("tags", "[1]", "invalid_field"),
        ("tags", "[null]", "invalid_field"),
        ("tags", r#"[""]"#, "invalid_field"),
        ("tags", r#"["\u0000"]"#, "invalid_field"),
        ("metadata", "[]", "invalid_field"),
        ("metadata", r#""{}""#, "invalid_field"),
        ("metadata", r#"{"a":"\u0000"}"#, "invalid_field"),
        ("metadata", r#"{"a":1e400}"#, "invalid_field"),
        ("metadata", &deep, "invalid_field"),
        ("metadata", &large, "invalid_field"),
        ("private_metadata", "1", "invalid_field"),
        ("private_metadata", &deep, "invalid_field"),
        (
            "profile_picture",
            r#""javascript:alert(1)""#,
            "invalid_field",
        ),
        ("profile_picture", "{}", "invalid_field"),
        ("role", "2", "invalid_field"),
        ("role", r#""all""#, "invalid_field"),
        ("role", "true", "invalid_field"),
        ("role", "0,\"role\":0", "invalid_field"),
        ("status", "3", "invalid_field"),
        ("status", r#""gone""#, "invalid_field"),
        ("status", "0.0", "invalid_field"),
    ] {
        let field = match (member, json) {
            ("credentials", "null") => "credentials.username",
            _ => member,
        };
        let answer = service.send(&Request::post_text("/users", with(member, json)));
        assert_eq!(answer.status, 400, "{member}: {json}: {answer:?}");
        answer.is_refused(400, code, Some(field));
    }
    assert!(service.fakes.store.users().is_empty());
    assert_eq!(service.fakes.hasher.hashes(), 0);
}

#[test]
fn a_member_of_a_change_that_cannot_be_accepted_is_named() {
    let service = Service::start();
    let root = service.token_of(people::an_admin("root"));
    service.fakes.store.put(people::ada());
    let (long, many) = (json!("x".repeat(255)), json!(vec!["x"; 65]));
    for (part, member, value, code) in [
        ("", "first_name", json!(" "), "missing_field"),
        ("", "first_name", json!(1), "invalid_field"),
        ("", "first_name", json!("a\nb"), "invalid_field"),
        ("", "last_name", long, "invalid_field"),
        ("", "tags", json!("a"), "invalid_field"),
        ("", "tags", json!([""]), "invalid_field"),
        ("", "tags", many.clone(), "invalid_field"),
        ("", "metadata", json!([]), "invalid_field"),
        ("", "private_metadata", json!("{}"), "invalid_field"),
        (
            "",
            "private_metadata",
            json!({ "a": "\0" }),
            "invalid_field",
        ),
        ("", "profile_picture", json!("not a url"), "invalid_field"),
        ("/username", "username", json!(null), "missing_field"),
        ("/username", "username", json!(""), "missing_field"),
        ("/username", "username", json!("two words"), "invalid_field"),
        (
            "/username",
            "username",
            json!("a@example.com"),
            "invalid_field",
        ),
        (
            "/picture",
            "profile_picture",
            json!("data:x"),
            "invalid_field",
        ),
        ("/picture", "profile_picture", json!(1), "invalid_field"),
        ("/tags", "tags", json!([null]), "invalid_field"),
        ("/tags", "tags", many, "invalid_field"),
        ("/email", "email", json!(null), "missing_field"),
        (
            "/email",
            "email",
            json!("Ada <ada@example.com>"),
            "invalid_field",
        ),
        ("/email", "email", json!("a@localhost"), "invalid_field"),
        ("/role", "role", json!(2), "invalid_field"),
        ("/role", "role", json!("all"), "invalid_field"),
    ] {
        let request = Request::patch(
            &format!("/users/id-of-ada{part}"),
            &json!({ member: value }),
        );
        service
            .send_as(request, &root)
            .is_refused(400, code, Some(member));
    }
    for (path, member, value, code) in [
        (
            "/users/tokens/revoke",
            "token_id",
            json!(null),
            "missing_field",
        ),
        (
            "/users/tokens/revoke",
            "token_id",
            json!(7),
            "invalid_field",
        ),
        (
            "/users/tokens/revoke",
            "token_id",
            json!("x".repeat(255)),
            "invalid_field",
        ),
        (
            "/password/reset-request",
            "email",
            json!(null),
            "missing_field",
        ),
        (
            "/password/reset-request",
            "email",
            json!("ada"),
            "invalid_field",
        ),
        (
            "/password/reset-request",
            "email",
            json!("a\0@example.com"),
            "invalid_field",
        ),
    ] {
        let request = Request::post(path, &json!({ member: value }));
        service
            .send_as(request, &root)
            .is_refused(400, code, Some(member));
    }
    assert_eq!(service.stored("ada"), people::ada());
    assert!(service.fakes.store.effects(EffectKind::Mail).is_empty());
}

#[test]
fn every_body_is_json_and_says_so() {
    let service = Service::start();
    let root = service.token_of(people::an_admin("root"));
    for (method, path) in [
        ("PATCH", "/users/secret"),
        ("PATCH", "/users/id-of-root"),
        ("PATCH", "/users/id-of-root/username"),
        ("PATCH", "/users/id-of-root/picture"),
        ("PATCH", "/users/id-of-root/tags"),
        ("PATCH", "/users/id-of-root/email"),
        ("PATCH", "/users/id-of-root/role"),
        ("POST", "/users/tokens/revoke"),
        ("POST", "/password/reset-request"),
        ("PUT", "/password/reset"),
    ] {
        service
            .send_as(Request::new(method, path).body("{}"), &root)
            .is_refused(415, "unsupported_media_type", None);
        let request = Request::new(method, path).header("Content-Type", "application/json");
        service
            .send_as(request.body("[]"), &root)
            .is_refused(400, "malformed_body", None);
    }
}

#[test]
fn a_body_that_is_not_one_json_object_is_malformed() {
    let service = Service::start();
    let good = registration("ada").to_string();
    let deep = format!(
        r#"{{"unknown":{}{},{}"#,
        "[".repeat(65),
        "]".repeat(65),
        &good[1..]
    );
    for body in [
        "",
        " ",
        "null",
        "[]",
        "17",
        "\"text\"",
        "{",
        "{]",
        "{'a':1}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        &format!("{good}x"),
        &format!("{good}{good}"),
        &format!("\u{feff}{good}"),
        &good[..good.len() - 1],
        &deep,
    ] {
        service
            .send(&Request::post_text("/users", body))
            .is_refused(400, "malformed_body", None);
    }
}

#[test]
fn what_is_not_utf_8_is_refused_where_it_stands() {
    let service = Service::start();
    for (body, code, field) in [
        (
            &b"{\"first_name\":\"\xff\"}"[..],
            "invalid_field",
            Some("first_name"),
        ),
        (
            b"{\"first_name\":\"a\",\"credentials\":{\"username\":\"\xc3\x28\"}}",
            "invalid_field",
            Some("credentials.username"),
        ),
        (
            b"{\"tags\":[\"\xed\xa0\x80\"]}",
            "invalid_field",
            Some("tags"),
        ),
        (b"{\"unknown\":\"\xff\"}", "malformed_body", None),
        (b"{\"\xff\":1}", "malformed_body", None),
        (b"\xff\xfe{}", "malformed_body", None),
    ] {
        service
            .send(&Request::post_text("/users", body))
            .is_refused(400, code, field);
    }
}

/// One case, since each is hundreds of requests, and the same in every run.
fn one_fixed_case() -> ProptestConfig {
    ProptestConfig {
        cases: 1,
        rng_seed: RngSeed::Fixed(9002),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(one_fixed_case())]

    #[test]
    fn nothing_that_is_sent_is_the_services_fault(
        bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 100),
        members in proptest::collection::vec(
            ("first_name|email|credentials|tags|metadata|role|identity|secret", ".{0,20}"), 100),
        queries in proptest::collection::vec("[ -~&&[^ #]]{0,60}", 100),
        tokens in proptest::collection::vec("[!-~]{0,60}", 100),
    ) {
        let service = Service::start();
        let admin = service.token_of(people::an_admin("root"));
        let mut answered = Vec::new();
        let mut send = |request: Request| {
            answered.push(Connection::open(service.address).send(&request).status);
        };
        for path in ["/users", "/users/tokens/issue"] {
            for body in &bodies {
                send(Request::post_text(path, body.clone()));
            }
            for (name, text) in &members {
                send(Request::post(path, &json!({ name: text })));
                send(Request::post_text(path, format!("{{\"{name}\":{text}}}")));
            }
        }
        for query in &queries {
            send(Request::get(&format!("/users?{query}")).bearer(&admin));
            send(Request::get(&format!("/users/search?{query}")).bearer(&admin));
            send(Request::get(&format!("/verify-email?token={query}")));
            send(Request::get(&format!("/password/reset?token={query}")));
            send(Request::get(&format!("/{query}")));
        }
        for (name, text) in &members {
            send(Request::patch("/users/id-of-root", &json!({ name: text })).bearer(&admin));
            send(Request::form("/password/reset", &[("token", text), (name, text)]));
        }
        for token in &tokens {
            send(Request::get("/users/profile").header("Authorization", token));
            send(Request::get("/users/profile").bearer(token));
            let change = Request::patch("/users/id-of-root", &json!({}));
            send(change.bearer(&admin).header("If-Match", token));
        }
        let faults = answered.iter().filter(|status| **status >= 500).count();
        prop_assert_eq!(faults, 0);
        prop_assert_eq!(answered.len(), 2 * 300 + 500 + 200 + 300);
    }
}
