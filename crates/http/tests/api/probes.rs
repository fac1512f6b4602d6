//! `/livez` and `/readyz`, for whoever decides where requests go and what is started anew.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;
use users_http::{Check, CheckState, Readiness};
use users_testkit::mocks::MockUserStore;
use users_testkit::people;

use super::client::{Connection, Request};
use super::log::lines_with;
use super::service::{Service, Setup, registration};

/// Says what the test says.
#[derive(Clone)]
struct Told {
    checks: Arc<Mutex<Vec<Check>>>,
    has_started: Arc<AtomicBool>,
}

impl Told {
    fn new(has_started: bool) -> Self {
        Self {
            checks: Arc::default(),
            has_started: Arc::new(AtomicBool::new(has_started)),
        }
    }

    fn say(&self, checks: &[(&'static str, CheckState)]) {
        let checks = checks.iter();
        *self.checks.lock().unwrap() = checks
            .map(|&(component, state)| Check { component, state })
            .collect();
    }
}

impl Readiness for Told {
    fn checks(&self) -> Vec<Check> {
        self.checks.lock().unwrap().clone()
    }

    fn has_started(&self) -> bool {
        self.has_started.load(Ordering::Acquire)
    }
}

/// A service, and what its readiness goes by.
fn watched() -> (Service, Told) {
    started(true)
}

fn started(has_started: bool) -> (Service, Told) {
    let told = Told::new(has_started);
    let setup = Setup {
        readiness: Some(Arc::new(told.clone())),
        ..Setup::new()
    };
    (setup.start(), told)
}

#[test]
fn a_process_lives_whatever_is_away() {
    let (service, told) = watched();
    told.say(&[("store", CheckState::Fail("not reachable"))]);
    let answer = service.get("/livez");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.text, "{\"status\":\"pass\"}\n");
    for (header, value) in [
        ("content-type", "application/health+json"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(answer.header(header), Some(value));
    }
    let head = service.send(&Request::new("HEAD", "/livez"));
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    service.get("/health").expect(200);
}

#[test]
fn a_service_with_nothing_to_watch_is_ready_when_it_answers() {
    let service = Service::start();
    let answer = service.get("/readyz");
    assert_eq!(answer.expect(200), json!({ "status": "pass" }));
}

#[test]
fn what_is_away_is_named_and_the_answer_follows_it() {
    let (service, told) = watched();
    let mut connection = Connection::open(service.address);
    let mut ask = |method| connection.send(&Request::new(method, "/readyz"));

    told.say(&[
        ("auth", CheckState::Pass),
        ("store", CheckState::Fail("not reachable")),
    ]);
    let away = ask("GET");
    assert_eq!(
        away.expect(503),
        json!({
            "status": "fail",
            "checks": {
                "auth": [{ "status": "pass" }],
                "store": [{ "status": "fail", "output": "not reachable" }],
            },
        })
    );
    for (header, value) in [
        ("retry-after", "1"),
        ("content-type", "application/health+json"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(away.header(header), Some(value));
    }
    let head = ask("HEAD");
    assert_eq!((head.status, head.text.as_str()), (503, ""));
    assert_eq!(head.header("retry-after"), Some("1"));

    told.say(&[("store", CheckState::Pass)]);
    let back = ask("GET");
    assert_eq!(
        back.text,
        "{\"status\":\"pass\",\"checks\":{\"store\":[{\"status\":\"pass\"}]}}\n"
    );
    assert_eq!(back.status, 200);
    assert_eq!(back.header("retry-after"), None);
    assert_eq!(ask("HEAD").status, 200);
}

#[test]
fn a_store_that_is_only_read_is_ready_and_says_so() {
    let (service, told) = watched();
    told.say(&[("store", CheckState::Warn("read-only"))]);
    assert_eq!(
        service.get("/readyz").expect(200),
        json!({
            "status": "warn",
            "checks": { "store": [{ "status": "warn", "output": "read-only" }] },
        })
    );
    // One thing that is away outweighs it, wherever it stands.
    told.say(&[
        ("store", CheckState::Fail("not reachable")),
        ("auth", CheckState::Warn("slow")),
    ]);
    assert_eq!(service.get("/readyz").expect(503)["status"], "fail");
}

#[test]
fn probes_look_at_no_token_and_call_no_store() {
    // A call that nobody expects panics, and the answer would be 500.
    let mut setup = Setup {
        readiness: Some(Arc::new(Told::new(true))),
        ..Setup::new()
    };
    setup.ports.users = Arc::new(MockUserStore::new());
    let service = setup.start();
    for path in ["/livez", "/readyz", "/livez?verbose", "/readyz?token=x"] {
        service.get(path).expect(200);
        service.get_as(path, "forged").expect(200);
    }
}

#[test]
fn a_red_probe_is_told_at_debug_level() {
    let (service, told) = watched();
    told.say(&[("store", CheckState::Fail("not reachable"))]);
    let probe = Request::get("/readyz").header("X-Request-Id", "log-red-probe");
    service.send(&probe).expect(503);
    let lines = lines_with("log-red-probe");
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains("level=DEBUG"), "{lines:#?}");
}

#[test]
fn nothing_is_carried_out_before_the_start_is_done() {
    let (service, told) = started(false);
    let ada = service.token_of(people::ada());
    let requests = [
        (Request::post("/users", &registration("grace")), 201),
        (Request::get("/users/profile").bearer(&ada), 200),
        (Request::new("POST", "/users/tokens/issue"), 415),
        (Request::post_text("/users", "x".repeat(100_000)), 400),
    ];
    for (request, _) in &requests {
        let answer = service.send(request);
        answer.is_refused(503, "unavailable", None);
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    let head = service.send(&Request::new("HEAD", "/users/profile").bearer(&ada));
    assert_eq!((head.status, head.text.as_str()), (503, ""));
    assert_eq!(service.fakes.store.users().len(), 1);
    for open in ["/livez", "/readyz", "/health", "/openapi.json"] {
        service.get(open).expect(200);
    }
    assert!(service.get("/metrics").text.contains("register_user"));

    told.has_started.store(true, Ordering::Release);
    for (request, status) in &requests {
        service.send(request).expect(*status);
    }
}
