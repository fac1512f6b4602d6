//! Pages of `GET /users` behind a cursor.

use std::collections::BTreeSet;

use serde_json::Value;
use users_domain::model::{Metadata, User};
use users_testkit::people;

use super::client::{Answer, escaped};
use super::service::Service;

fn with_people(count: usize) -> (Service, String) {
    let service = Service::start();
    let root = service.token_of(people::an_admin("root"));
    for number in 1..count {
        service
            .fakes
            .store
            .put(people::user(&format!("p{number:02}")));
    }
    (service, root)
}

fn ids(page: &Value) -> Vec<String> {
    let users = page["users"].as_array().unwrap();
    let ids = users
        .iter()
        .map(|user| user["id"].as_str().unwrap().to_owned());
    ids.collect()
}

/// Where `Link` leads from the page of accounts.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    let query = link.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")?;
    Some(format!("/users{query}"))
}

#[test]
fn links_lead_from_page_to_page_and_every_account_comes_once() {
    let (service, root) = with_people(23);
    for order in [
        "created_at",
        "updated_at",
        "id",
        "email",
        "username",
        "first_name",
    ] {
        for dir in ["asc", "desc"] {
            let mut path = format!("/users?limit=5&order={order}&dir={dir}&offset=0");
            let (mut seen, mut pages) = (Vec::new(), 0);
            loop {
                let answer = service.get_as(&path, &root);
                let page = answer.expect(200);
                assert_eq!(
                    (page["total"].as_u64(), page["limit"].as_u64()),
                    (Some(23), Some(5))
                );
                assert_eq!(page["offset"], 0);
                seen.extend(ids(&page));
                pages += 1;
                let Some(following) = next(&answer) else {
                    assert_eq!(page.get("next_cursor"), None);
                    break;
                };
                let cursor = page["next_cursor"].as_str().unwrap();
                assert_eq!(
                    following,
                    format!("/users?limit=5&order={order}&dir={dir}&cursor={cursor}")
                );
                path = following;
            }
            assert_eq!(pages, 5, "{order} {dir}");
            let once: BTreeSet<_> = seen.iter().collect();
            assert_eq!((seen.len(), once.len()), (23, 23), "{order} {dir}");
        }
    }
}

#[test]
fn accounts_that_come_or_go_meanwhile_neither_repeat_nor_hide_others() {
    let (service, root) = with_people(9);
    let first = service.get_as("/users?order=id&dir=asc&limit=4", &root);
    service.fakes.store.put(people::user("a-newcomer"));
    service.fakes.store.put(people::user("p06b"));
    // The last of the first page is not there any more.
    let last = ids(&first.expect(200)).pop().unwrap();
    service.fakes.store.put(people::a_disabled_user(
        last.strip_prefix("id-of-").unwrap(),
    ));
    let second = service.get_as(&next(&first).unwrap(), &root);
    let names: Vec<_> = ids(&second.expect(200));
    assert_eq!(names, ["id-of-p05", "id-of-p06", "id-of-p06b", "id-of-p07"]);
}

#[test]
fn a_page_without_successor_has_no_cursor() {
    let (service, root) = with_people(3);
    for query in [
        "limit=3",
        "limit=2&offset=1",
        "offset=50",
        "only_total=true&limit=1",
    ] {
        let answer = service.get_as(&format!("/users?{query}"), &root);
        assert_eq!(answer.expect(200).get("next_cursor"), None, "{query}");
        assert_eq!(answer.header("link"), None, "{query}");
    }
    let answer = service.get_as("/users?limit=2", &root);
    assert!(answer.expect(200)["next_cursor"].is_string());
}

#[test]
fn a_cursor_of_another_list_is_refused() {
    let (service, root) = with_people(3);
    let page = service.get_as("/users?limit=1&order=id", &root).expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    for query in [
        format!("order=id&offset=1&cursor={cursor}"),
        format!("order=email&cursor={cursor}"),
        format!("order=id&dir=asc&cursor={cursor}"),
        format!("order=id&status=all&cursor={cursor}"),
        "order=id&cursor=made-up".to_owned(),
    ] {
        service
            .get_as(&format!("/users?{query}"), &root)
            .is_refused(400, "invalid_field", Some("cursor"));
    }
    // How many are shown may change from page to page.
    service
        .get_as(&format!("/users?order=id&limit=2&cursor={cursor}"), &root)
        .expect(200);
}

#[test]
fn accounts_are_found_by_what_their_metadata_contains() {
    let (service, root) = with_people(3);
    let metadata = r#"{"team":{"name":"edge","size":3},"tags":["a","b"]}"#;
    service.fakes.store.put(User {
        metadata: Metadata::from_stored(metadata.to_owned()),
        ..people::ada()
    });
    for (metadata, total) in [
        (r#"{"team":{"name":"edge"}}"#, 1),
        (r#"{"tags":["b"]}"#, 1),
        (r#"{"team":{"name":"core"}}"#, 0),
        ("{}", 4),
        ("null", 4),
    ] {
        let page = service.get_as(&format!("/users?metadata={}", escaped(metadata)), &root);
        assert_eq!(page.expect(200)["total"], total, "{metadata}");
    }
    service.get_as("/users?metadata=%5B%5D", &root).is_refused(
        400,
        "invalid_field",
        Some("metadata"),
    );
}
