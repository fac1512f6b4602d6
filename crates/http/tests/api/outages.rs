//! What clients see when something is away or overloaded.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde_json::json;
use users_domain::model::{Password, PasswordAttempt, PasswordHash};
use users_domain::ports::{
    HashRefusal, HasherError, PasswordHasher, StoreError, UserStore, Verdict,
};
use users_testkit::faults::{Fault, FaultPlan, Faulty};
use users_testkit::mocks::{MockPasswordHasher, MockUserStore};

use super::client::{Connection, PATIENCE, Request};
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

/// How long a request may be worked on here.
const SHORTLY: Duration = Duration::from_millis(200);

#[test]
fn a_store_that_never_answers_is_503_in_time() {
    let mut setup = Setup::new();
    let good: Arc<dyn UserStore> = setup.ports.users.clone();
    setup.ports.users = Arc::new(Faulty::new(good, FaultPlan::always(Fault::Hanging)));
    setup.working_time = Some(SHORTLY);
    let service = setup.start();
    let begun = Instant::now();
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
    assert!(begun.elapsed() >= 2 * SHORTLY);
    service.get("/health").expect(200);
}

/// Takes longer than a request may be worked on.
struct SlowHasher(Arc<dyn PasswordHasher>);

#[async_trait]
impl PasswordHasher for SlowHasher {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, HasherError> {
        tokio::time::sleep(2 * SHORTLY).await;
        self.0.hash(password).await
    }

    async fn verify(
        &self,
        attempt: &PasswordAttempt,
        hash: &PasswordHash,
    ) -> Result<Verdict, HasherError> {
        self.0.verify(attempt, hash).await
    }

    async fn verify_absent(&self, attempt: &PasswordAttempt) -> Result<(), HasherError> {
        self.0.verify_absent(attempt).await
    }

    fn check(&self, hash: &PasswordHash) -> Result<(), HashRefusal> {
        self.0.check(hash)
    }
}

#[test]
fn what_took_too_long_is_finished_all_the_same() {
    let mut setup = Setup::new();
    setup.ports.hasher = Arc::new(SlowHasher(setup.ports.hasher.clone()));
    setup.working_time = Some(SHORTLY);
    let service = setup.start();
    let answer = service.post("/users", &registration("ada"));
    answer.is_refused(503, "unavailable", None);
    let begun = Instant::now();
    while service.fakes.store.users().is_empty() {
        assert!(begun.elapsed() < PATIENCE, "it is never finished");
        std::thread::sleep(SHORTLY / 10);
    }
}

#[test]
fn a_body_that_comes_slowly_costs_nothing_of_the_time_for_work() {
    let mut setup = Setup::new();
    setup.working_time = Some(SHORTLY);
    let service = setup.start();
    let body = registration("ada").to_string();
    let (first, rest) = body.split_at(10);
    let mut connection = Connection::open(service.address);
    connection.write(
        format!(
            "POST /users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{first}",
            body.len()
        )
        .as_bytes(),
    );
    std::thread::sleep(2 * SHORTLY);
    connection.write(rest.as_bytes());
    connection.read(false).expect(201);
}
