//! What the API writes to the log.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::{Debug, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use users_domain::model::OneTimeCode;
use users_domain::ports::StoreError;
use users_testkit::mocks::MockUserStore;

use users_testkit::people;

use super::client::Request;
use super::service::{Service, Setup, registration};

static LINES: LazyLock<Mutex<Vec<String>>> = LazyLock::new(Mutex::default);
static SPANS: LazyLock<Mutex<HashMap<u64, String>>> = LazyLock::new(Mutex::default);

thread_local! {
    static ENTERED: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// Keeps every line together with the fields of the spans round it.
struct Recorder(AtomicU64);

/// Begins to keep lines and spans of the whole process, libraries included, at every level. Tests run
/// beside each other: each looks for its own request ids or marks.
pub(super) fn start() {
    // A test before may have begun already.
    let _ = tracing::subscriber::set_global_default(Recorder(AtomicU64::new(1)));
}

/// Our own lines that hold a text.
pub(super) fn lines_with(text: &str) -> Vec<String> {
    let lines = LINES.lock().unwrap();
    lines
        .iter()
        .filter(|line| line.contains("target=users_") && line.contains(text))
        .cloned()
        .collect()
}

/// Every line and every span so far, of whomever, that a text is found in whatever its case.
pub(super) fn anywhere(text: &str) -> Vec<String> {
    let text = text.to_ascii_lowercase();
    let (lines, spans) = (LINES.lock().unwrap(), SPANS.lock().unwrap());
    lines
        .iter()
        .chain(spans.values())
        .filter(|one| one.to_ascii_lowercase().contains(&text))
        .cloned()
        .collect()
}

struct Written<'a>(&'a mut String);

impl Visit for Written<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{field}={value:?} ");
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = self.0.fetch_add(1, Ordering::Relaxed);
        let mut text = format!("span={} ", span.metadata().name());
        span.record(&mut Written(&mut text));
        SPANS.lock().unwrap().insert(id, text);
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        if let Some(text) = SPANS.lock().unwrap().get_mut(&span.into_u64()) {
            values.record(&mut Written(text));
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let (level, target) = (event.metadata().level(), event.metadata().target());
        let mut line = format!("level={level} target={target} ");
        event.record(&mut Written(&mut line));
        let spans = SPANS.lock().unwrap();
        ENTERED.with_borrow(|entered| {
            for text in entered.iter().filter_map(|id| spans.get(id)) {
                line.push_str(text);
            }
        });
        // Whoever reads both takes the other one first.
        drop(spans);
        LINES.lock().unwrap().push(line);
    }

    fn enter(&self, span: &Id) {
        ENTERED.with_borrow_mut(|entered| entered.push(span.into_u64()));
    }

    fn exit(&self, span: &Id) {
        ENTERED.with_borrow_mut(|entered| {
            let place = entered.iter().rposition(|id| *id == span.into_u64());
            if let Some(place) = place {
                entered.remove(place);
            }
        });
    }
}

#[test]
fn every_request_leaves_one_line_with_its_id_route_and_status() {
    let service = Service::start();
    let sent = Request::post("/users/", &registration("ada")).header("X-Request-Id", "log-made");
    service.send(&sent).expect(201);
    let lines = lines_with("log-made");
    let closing: Vec<_> = lines
        .iter()
        .filter(|line| line.contains("answered"))
        .collect();
    let [line] = closing.as_slice() else {
        panic!("{lines:#?}");
    };
    for part in [
        "level=INFO",
        "span=request",
        "operation=\"create\"",
        "duration_us=",
        "http.request.method=\"POST\"",
        "http.route=\"/users\"",
        "http.response.status_code=201",
    ] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
}

#[test]
fn the_lines_of_a_request_say_whose_it_was() {
    let service = Service::start();
    let ada = service.token_of(people::user("ada"));
    for (id, target, status) in [
        ("log-may", "/users/profile", 200),
        ("log-may-not", "/users", 403),
    ] {
        let sent = Request::get(target).bearer(&ada).header("X-Request-Id", id);
        assert_eq!(service.send(&sent).status, status);
        let lines = lines_with(&format!("request_id={id} "));
        let told = lines
            .iter()
            .any(|line| line.contains("user.id=\"id-of-ada\"") && !line.contains("level=DEBUG"));
        assert!(told, "{lines:#?}");
    }
}

#[test]
fn the_line_of_a_failure_inside_a_service_has_the_id_too() {
    let service = Service::start();
    let sent = Request::get("/users/profile")
        .bearer("forged")
        .header("X-Request-Id", "log-forged");
    service.send(&sent).expect(401);
    let lines = lines_with("log-forged");
    assert!(
        lines.iter().any(|line| line.contains("token refused")),
        "{lines:#?}"
    );
}

#[test]
fn an_outage_is_a_warning_and_has_the_id() {
    let mut setup = Setup::new();
    let mut store = MockUserStore::new();
    store
        .expect_insert()
        .returning(|_, _| Err(StoreError::Unavailable));
    setup.ports.users = Arc::new(store);
    let service = setup.start();
    let sent = Request::post("/users", &registration("ada")).header("X-Request-Id", "log-outage");
    service.send(&sent).expect(503);
    let lines = lines_with("log-outage");
    assert!(
        lines.iter().any(|line| line.contains("level=WARN")),
        "{lines:#?}"
    );
}

#[test]
fn neither_path_nor_query_nor_body_nor_token_is_written() {
    let service = Service::start();
    let code = "private-code-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaA";
    assert!(OneTimeCode::parse(code).is_some());
    let new_password = [
        ("token", code),
        ("password", "private!"),
        ("confirm_password", "private!"),
    ];
    for (number, request) in [
        Request::get("/users?email=private%40example.com&limit=0"),
        Request::get("/private/path"),
        Request::get("/users/profile").bearer("private-token"),
        Request::post_text("/users", r#"{"first_name":"private","email":1}"#),
        Request::post_text(
            "/users/tokens/issue",
            r#"{"identity":"private","secret":"private"}"#,
        ),
        Request::get(&format!("/verify-email?token={code}")),
        Request::get(&format!("/verify-email?token={code}")).header("Accept", "text/html"),
        Request::form("/verify-email", &[("token", code)]),
        Request::get(&format!("/password/reset?token={code}")),
        Request::form("/password/reset", &new_password),
        Request::put(
            "/password/reset",
            &json!({ "password": "private!", "confirm_password": "private!" }),
        )
        .bearer(code),
        Request::get("/users/private-id").bearer(code),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("log-quiet-{number}");
        assert!(service.send(&request.header("X-Request-Id", &id)).status >= 400);
        let lines = lines_with(&id);
        assert!(!lines.is_empty());
        for line in lines {
            assert!(!line.contains("private"), "{line}");
        }
    }
}

#[test]
fn probes_are_told_at_debug_level() {
    let service = Service::start();
    service.send(&Request::get("/health").header("X-Request-Id", "log-probe"));
    let lines = lines_with("log-probe");
    assert!(
        lines.iter().all(|line| line.contains("level=DEBUG")),
        "{lines:#?}"
    );
    assert_eq!(lines.len(), 1);
}
