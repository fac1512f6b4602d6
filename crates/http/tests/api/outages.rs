//! What clients see when something is away or overloaded.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use users_domain::ports::{HasherError, StoreError};
use users_testkit::mocks::{MockPasswordHasher, MockUserStore};

use super::client::Request;
use super::service::{Setup, registration};

#[test]
fn an_absent_store_is_503_and_tells_nothing_of_itself() {
    let mut setup = Setup::new();
    let mut store = MockUserStore::new();
    store
        .expect_insert()
        .returning(|_, _| Err(StoreError::Unavailable));
    store
        .expect_find_by_login()
        .returning(|_| Err(StoreError::Unavailable));
    setup.ports.users = Arc::new(store);
    let service = setup.start();
    for request in [
        Request::post("/users", &registration("ada")),
        Request::post(
            "/users/tokens/issue",
            &json!({ "identity": "a", "secret": "b" }),
        ),
    ] {
        let answer = service.send(&request);
        answer.is_refused(503, "unavailable", None);
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[test]
fn people_are_told_on_a_page_and_may_try_again() {
    let mut setup = Setup::new();
    let mut store = MockUserStore::new();
    store
        .expect_find_code()
        .returning(|_, _| Err(StoreError::Unavailable));
    store
        .expect_redeem()
        .returning(|_, _, _| Err(StoreError::Unavailable));
    setup.ports.users = Arc::new(store);
    let service = setup.start();
    let code = "A".repeat(43);
    let fields = [
        ("token", &*code),
        ("password", "a new password"),
        ("confirm_password", "a new password"),
    ];
    for request in [
        Request::get(&format!("/verify-email?token={code}")).header("Accept", "text/html"),
        Request::form("/verify-email", &fields),
        Request::get(&format!("/password/reset?token={code}")),
        Request::form("/password/reset", &fields),
    ] {
        let answer = service.send(&request);
        assert_eq!(answer.status, 503, "{answer:?}");
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        let told = "This does not work right now, try again a little later.";
        assert!(answer.text.contains(told), "{answer:?}");
    }
}

#[test]
fn a_full_hasher_is_503_and_says_when_to_come_back() {
    let mut setup = Setup::new();
    let mut hasher = MockPasswordHasher::new();
    hasher.expect_hash().returning(|_| {
        Err(HasherError::Busy {
            retry_after: Duration::from_secs(7),
        })
    });
    setup.ports.hasher = Arc::new(hasher);
    let service = setup.start();
    let answer = service.post("/users", &registration("ada"));
    answer.is_refused(503, "busy", None);
    assert_eq!(answer.header("retry-after"), Some("7"));
}
