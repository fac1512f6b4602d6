//! `GET /users/profile`.

use time::macros::datetime;
use users_domain::model::{Metadata, PictureUrl, Tags, User};
use users_testkit::people;

use super::client::Request;
use super::service::Service;

/// An account with everything in it.
fn full() -> User {
    User {
        tags: Tags::from_stored(vec!["a".to_owned()]),
        metadata: Metadata::from_stored(r#"{"m":1.0}"#.to_owned()),
        private_metadata: Metadata::from_stored(r#"["odd"]"#.to_owned()),
        profile_picture: Some(PictureUrl::from_stored("picture".to_owned())),
        auth_provider: Some("google".to_owned()),
        updated_at: Some(datetime!(2026-02-03 4:05:06.789 UTC)),
        updated_by: Some("id-of-root".to_owned()),
        ..people::ada()
    }
}

#[test]
fn the_owner_sees_everything_but_the_password() {
    let service = Service::start();
    let token = service.token_of(full());
    let answer = service.get_as("/users/profile", &token);
    assert_eq!(
        answer.text,
        "{\"id\":\"id-of-ada\",\"first_name\":\"Ada\",\"last_name\":\"Example\",\"tags\":[\"a\"],\
         \"metadata\":{\"m\":1.0},\"private_metadata\":[\"odd\"],\"status\":0,\"role\":0,\
         \"profile_picture\":\"picture\",\"credentials\":{\"username\":\"ada\"},\
         \"email\":\"ada@example.com\",\"created_at\":\"2026-01-01T00:00:00Z\",\
         \"updated_at\":\"2026-02-03T04:05:06.789Z\",\"verified_at\":\"2026-01-01T00:00:00Z\",\
         \"updated_by\":\"id-of-root\",\"auth_provider\":\"google\"}\n"
    );
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("etag"), Some("\"1\""));
}

#[test]
fn an_odd_row_is_shown_as_far_as_it_can_be() {
    let service = Service::start();
    let token = service.token_of(User {
        username: None,
        created_at: Some(datetime!(0001-01-01 0:00 UTC)),
        verified_at: None,
        metadata: Metadata::from_stored("null".to_owned()),
        ..people::ada()
    });
    let profile = service.get_as("/users/profile", &token).expect(200);
    assert_eq!(profile["credentials"], serde_json::json!({}));
    for absent in ["created_at", "verified_at", "metadata", "tags"] {
        assert!(profile.get(absent).is_none(), "{absent}");
    }
}

#[test]
fn head_is_get_without_the_body() {
    let service = Service::start();
    let token = service.token_of(people::ada());
    let got = service.get_as("/users/profile", &token);
    let asked = service.send(&Request::new("HEAD", "/users/profile").bearer(&token));
    assert_eq!(asked.status, 200);
    assert_eq!(asked.header("content-length"), got.header("content-length"));
}
