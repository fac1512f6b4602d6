//! `GET /users`.

use serde_json::json;
use users_domain::model::{Metadata, User};
use users_testkit::people;

use super::service::Service;

fn with_people() -> (Service, String) {
    let service = Service::start();
    let admin = service.token_of(people::an_admin("root"));
    service.fakes.store.put(User {
        private_metadata: Metadata::from_stored(r#"{"secret":1}"#.to_owned()),
        auth_provider: Some("google".to_owned()),
        ..people::ada()
    });
    service.fakes.store.put(people::grace());
    service.fakes.store.put(people::a_disabled_user("mallory"));
    (service, admin)
}

#[test]
fn a_page_shows_limit_offset_total_and_accounts() {
    let (service, admin) = with_people();
    let answer = service.get_as("/users?order=username&dir=asc&limit=1&email=ADA@", &admin);
    assert_eq!(
        answer.text,
        "{\"limit\":1,\"offset\":0,\"total\":1,\"users\":[{\"id\":\"id-of-ada\",\
         \"first_name\":\"Ada\",\"last_name\":\"Example\",\"status\":0,\"role\":0,\
         \"credentials\":{\"username\":\"ada\"},\"email\":\"ada@example.com\",\
         \"created_at\":\"2026-01-01T00:00:00Z\",\"verified_at\":\"2026-01-01T00:00:00Z\"}]}\n"
    );
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[test]
fn a_page_beyond_the_end_is_empty() {
    let (service, admin) = with_people();
    let page = service.get_as("/users/?offset=50", &admin).expect(200);
    assert_eq!(
        page,
        json!({ "limit": 10, "offset": 50, "total": 3, "users": [] })
    );
}

#[test]
fn filters_and_the_total_alone_are_obeyed() {
    let (service, admin) = with_people();
    let names = |query: &str| -> Vec<String> {
        let page = service
            .get_as(&format!("/users?order=username&dir=asc&{query}"), &admin)
            .expect(200);
        let users = page["users"].as_array().unwrap();
        users
            .iter()
            .map(|user| user["credentials"]["username"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names("status=all"), ["ada", "grace", "mallory", "root"]);
    assert_eq!(names("status=1"), ["mallory"]);
    assert_eq!(names("role=admin"), ["root"]);
    assert_eq!(names("username=A"), ["ada", "grace"]);
    assert_eq!(
        names("metadata=%7B%7D&with_metadata=true&limit=2"),
        ["ada", "grace"]
    );
    let page = service.get_as("/users?only_total=true", &admin).expect(200);
    assert_eq!(
        page,
        json!({ "limit": 10, "offset": 0, "total": 3, "users": [] })
    );
}

#[test]
fn a_refused_parameter_is_named() {
    let (service, admin) = with_people();
    for (query, field) in [
        ("limit=0", "limit"),
        ("offset=x", "offset"),
        ("order=age", "order"),
        ("dir=down", "dir"),
        ("status=gone", "status"),
        ("email=%zz", "email"),
        ("tags=a&tags=b", "tags"),
        ("id=%C3%28", "id"),
    ] {
        service
            .get_as(&format!("/users?{query}"), &admin)
            .is_refused(400, "invalid_field", Some(field));
    }
}
