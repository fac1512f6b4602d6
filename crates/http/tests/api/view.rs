//! `GET /users/{id}` and `GET /users/search`.

use serde_json::json;
use users_domain::model::{Metadata, Tags, User};
use users_testkit::people;

use super::service::Service;

fn ada() -> User {
    User {
        tags: Tags::from_stored(vec!["secret".to_owned()]),
        metadata: Metadata::from_stored(r#"{"m":1}"#.to_owned()),
        private_metadata: Metadata::from_stored(r#"{"p":1}"#.to_owned()),
        auth_provider: Some("google".to_owned()),
        ..people::ada()
    }
}

#[test]
fn the_owner_and_administrators_see_everything() {
    let service = Service::start();
    let own = service.token_of(ada());
    let root = service.token_of(people::an_admin("root"));
    let profile = service.get_as("/users/profile", &own);
    for token in [own, root] {
        let answer = service.get_as("/users/id-of-ada", &token);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.text, profile.text);
        assert_eq!(answer.header("etag"), Some("\"1\""));
    }
}

#[test]
fn others_see_who_it_is_and_nothing_made_up() {
    let service = Service::start();
    service.fakes.store.put(ada());
    service.fakes.store.put(people::a_disabled_user("mallory"));
    let grace = service.token_of(people::grace());
    let answer = service.get_as("/users/id-of-ada", &grace);
    assert_eq!(
        answer.text,
        "{\"id\":\"id-of-ada\",\"first_name\":\"Ada\",\"last_name\":\"Example\",\
         \"metadata\":{\"m\":1},\"credentials\":{\"username\":\"ada\"}}\n"
    );
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("etag"), None);
    let mallory = service.get_as("/users/id-of-mallory", &grace).expect(200);
    assert_eq!(mallory.get("status"), None);
}

#[test]
fn people_are_found_by_parts_of_name_or_id() {
    let service = Service::start();
    service.fakes.store.put(ada());
    service.fakes.store.put(people::an_admin("adam"));
    service.fakes.store.put(people::a_disabled_user("adalbert"));
    let grace = service.token_of(people::grace());
    let answer = service.get_as(
        "/users/search?username=ADA&order=x&dir=y&status=all",
        &grace,
    );
    assert_eq!(
        answer.text,
        "{\"limit\":10,\"offset\":0,\"total\":1,\"users\":[{\"id\":\"id-of-ada\",\
         \"first_name\":\"Ada\",\"last_name\":\"Example\",\"metadata\":{\"m\":1},\"status\":0,\
         \"role\":0,\"credentials\":{\"username\":\"ada\"},\
         \"created_at\":\"2026-01-01T00:00:00Z\"}]}\n"
    );
    assert_eq!(answer.status, 200);
    for (query, total) in [
        ("id=id-of", 2),
        ("first_name=g", 1),
        ("last_name=EXAMPLE&first_name=ada", 1),
        ("username=___", 0),
    ] {
        let page = service.get_as(&format!("/users/search?{query}&limit=0"), &grace);
        let page = page.expect(200);
        assert_eq!(
            page,
            json!({ "limit": 0, "offset": 0, "total": total, "users": [] })
        );
    }
}

#[test]
fn a_search_for_nothing_or_too_much_is_refused() {
    let service = Service::start();
    let grace = service.token_of(people::grace());
    for (query, code, field) in [
        ("", "missing_field", "username"),
        ("username=&email=ada", "missing_field", "username"),
        ("username=ad", "invalid_field", "username"),
        ("id=i", "invalid_field", "id"),
        ("username=ada&limit=101", "invalid_field", "limit"),
        ("username=ada&offset=-1", "invalid_field", "offset"),
        ("username=ada&username=ada", "invalid_field", "username"),
        ("first_name=%ff", "invalid_field", "first_name"),
    ] {
        service
            .get_as(&format!("/users/search?{query}"), &grace)
            .is_refused(400, code, Some(field));
    }
}
