//! Slow, broken and long-lived connections.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Semaphore;
use users_domain::model::{Password, PasswordAttempt, PasswordHash};
use users_domain::ports::{HasherError, PasswordHasher, StoreError, Verdict};
use users_http::ServerSettings;
use users_testkit::fakes::PlainHasher;
use users_testkit::mocks::MockUserStore;

use super::client::{Connection, PATIENCE, Request};
use super::service::{Service, Setup, registration};

/// As short as a limit can be.
const SHORTLY: Duration = Duration::from_millis(50);

#[test]
fn a_connection_is_kept_from_request_to_request() {
    let service = Service::start();
    let mut connection = Connection::open(service.address);
    for name in ["ada", "grace", "joan"] {
        connection
            .send(&Request::post("/users", &registration(name)))
            .expect(201);
        assert_eq!(connection.send(&Request::get("/nowhere")).status, 404);
    }
}

#[test]
fn without_idle_time_a_connection_ends_with_its_answer() {
    let mut setup = Setup::new();
    setup.server.idle_timeout = Duration::ZERO;
    let service = setup.start();
    let mut connection = Connection::open(service.address);
    connection.send(&Request::get("/health")).expect(200);
    assert!(connection.has_ended());
}

#[test]
fn a_body_that_never_arrives_is_408() {
    let setup = Setup {
        body_timeout: Some(SHORTLY),
        ..Setup::new()
    };
    let service = setup.start();
    let mut connection = Connection::open(service.address);
    connection.write(
        b"POST /users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
          Content-Length: 100\r\n\r\n{\"first",
    );
    connection
        .read(false)
        .is_refused(408, "request_timeout", None);
}

#[test]
fn a_head_that_never_arrives_is_408() {
    let mut setup = Setup::new();
    setup.server.read_header_timeout = SHORTLY;
    let service = setup.start();
    let mut connection = Connection::open(service.address);
    connection.write(b"GET /health HTTP/1.1\r\nHo");
    assert_eq!(connection.read(false).status, 408);
    assert!(connection.has_ended());
}

#[test]
fn what_is_no_request_is_refused_and_the_service_goes_on() {
    let service = Service::start();
    let long = format!(
        "GET / HTTP/1.1\r\nHost: localhost\r\nx: {}",
        "x".repeat(200_000)
    );
    for (bytes, status) in [
        (&b"nonsense\r\n\r\n"[..], 400),
        (b"GET /health HTTP/1.1\r\n\r\n", 400),
        (b"GET /health\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (
            b"POST /users HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            400,
        ),
        (long.as_bytes(), 431),
    ] {
        let mut connection = Connection::open(service.address);
        connection.write(bytes);
        assert_eq!(connection.read(false).status, status);
    }
    assert_eq!(service.get("/health").status, 200);
}

/// A hasher that says when it begins and waits to be let on.
struct Gate {
    begun: mpsc::Sender<()>,
    opened: Semaphore,
    hasher: PlainHasher,
}

#[async_trait]
impl PasswordHasher for Gate {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, HasherError> {
        self.begun.send(()).map_err(|_| HasherError::Stopped)?;
        let _opened = self.opened.acquire().await;
        self.hasher.hash(password).await
    }

    async fn verify(
        &self,
        attempt: &PasswordAttempt,
        hash: &PasswordHash,
    ) -> Result<Verdict, HasherError> {
        self.hasher.verify(attempt, hash).await
    }

    async fn verify_absent(&self, attempt: &PasswordAttempt) -> Result<(), HasherError> {
        self.hasher.verify_absent(attempt).await
    }
}

#[test]
fn a_client_that_goes_away_does_not_undo_what_was_begun() {
    let (begun, has_begun) = mpsc::channel();
    let gate = Arc::new(Gate {
        begun,
        opened: Semaphore::new(0),
        hasher: PlainHasher::new(),
    });
    let (inserted, is_inserted) = mpsc::channel();
    let mut store = MockUserStore::new();
    store.expect_insert().returning(move |user, _| {
        inserted.send(()).map_err(|_| StoreError::Unavailable)?;
        Ok(user)
    });
    let mut setup = Setup::new();
    setup.ports.hasher = gate.clone();
    setup.ports.users = Arc::new(store);
    let service = setup.start();

    let body = registration("ada").to_string();
    let mut connection = Connection::open(service.address);
    connection.write(
        format!(
            "POST /users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .as_bytes(),
    );
    has_begun.recv_timeout(PATIENCE).unwrap();
    drop(connection);
    // The one worker has seen the end of that connection once it answers this one.
    service.get("/health").expect(200);
    gate.opened.add_permits(1);
    is_inserted.recv_timeout(PATIENCE).unwrap();
}

#[test]
fn settings_of_nothing_still_serve() {
    let mut setup = Setup::new();
    setup.server = ServerSettings {
        read_header_timeout: Duration::ZERO,
        idle_timeout: Duration::from_mins(1),
        workers: 0,
        max_connections: 0,
    };
    let service = setup.start();
    service.get("/health").expect(200);
}
