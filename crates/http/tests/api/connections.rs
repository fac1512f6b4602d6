//! Connections that are kept, broken off, half closed, and sent several requests at once.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Semaphore;
use users_domain::model::{Password, PasswordAttempt, PasswordHash};
use users_domain::ports::{HashRefusal, HasherError, PasswordHasher, StoreError, Verdict};
use users_http::ServerSettings;
use users_testkit::fakes::PlainHasher;
use users_testkit::mocks::MockUserStore;

use super::client::{Connection, PATIENCE, Request};
use super::service::{Service, Setup, registration};

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
fn answers_come_in_the_order_of_the_requests() {
    let service = Service::start();
    let mut connection = Connection::open(service.address);
    // More than actix-web reads ahead.
    let names: Vec<String> = (0..40).map(|number| format!("request-{number}")).collect();
    let body = |name: &str| registration(name).to_string();
    let mut bytes = Vec::new();
    for name in &names {
        bytes.extend(
            format!(
                "POST /users HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {name}\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}\
                 GET /nowhere HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {name}.\r\n\r\n",
                body(name).len(),
                body(name),
            )
            .into_bytes(),
        );
    }
    connection.write(&bytes);
    for name in &names {
        let created = connection.read(false);
        assert_eq!(created.header("x-request-id"), Some(name.as_str()));
        assert_eq!(&created.expect(201)["credentials"]["username"], name);
        let missing = connection.read(false);
        assert_eq!(missing.expect(404)["request_id"], format!("{name}."));
    }
}

#[test]
fn what_follows_a_request_does_not_spoil_its_answer() {
    let service = Service::start();
    for (number, (rest, statuses)) in [
        ("nonsense\r\n\r\n", &[201, 400][..]),
        ("GET /health HTTP/1.1\r\n\r\n", &[201, 400]),
        ("GET /health HTTP/1.1\r\nHo", &[201]),
        (
            "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\nGET /health HTTP/1.1\r\n\
             Host: a\r\n\r\n",
            &[201, 404, 400],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let body = registration(&format!("user-{number}")).to_string();
        let mut connection = Connection::open(service.address);
        connection.write(
            format!(
                "POST /users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\n\r\n{body}{rest}",
                body.len()
            )
            .as_bytes(),
        );
        connection.finish_sending();
        let answers = connection.rest();
        let came: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(came, statuses, "{rest}");
    }
}

#[test]
fn who_has_finished_sending_is_still_answered() {
    let service = Service::start();
    let mut connection = Connection::open(service.address);
    assert!(connection.ask(&Request::post("/users", &registration("ada"))));
    connection.finish_sending();
    connection.read(false).expect(201);
    assert!(connection.has_ended());
}

#[test]
fn who_has_finished_sending_too_early_is_told() {
    let service = Service::start();
    for (length, begun) in [
        ("Content-Length: 100", "{\"first"),
        ("Content-Length: 100", ""),
        ("Transfer-Encoding: chunked", "5\r\n{}"),
        ("Transfer-Encoding: chunked", "2\r\n{}\r\n"),
        ("Transfer-Encoding: chunked", "2\r\n{}\r\n0\r\n"),
    ] {
        let mut connection = Connection::open(service.address);
        connection.write(
            format!(
                "POST /users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                 {length}\r\n\r\n{begun}"
            )
            .as_bytes(),
        );
        connection.finish_sending();
        connection
            .read(false)
            .is_refused(400, "malformed_body", None);
        assert!(connection.has_ended(), "{length} {begun}");
    }
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

    fn check(&self, hash: &PasswordHash) -> Result<(), HashRefusal> {
        self.hasher.check(hash)
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
        write_timeout: Duration::from_mins(1),
        workers: 0,
        max_connections: 0,
    };
    let service = setup.start();
    service.get("/health").expect(200);
}
