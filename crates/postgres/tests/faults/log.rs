//! What of a fault reaches the log: enough to mend it, and nothing of a row.

use std::fmt::{Debug, Write as _};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::set_global_default;
use tracing::{Event, Metadata, Subscriber};
use users_domain::model::Needs;
use users_domain::ports::UserStore as _;
use users_postgres::PostgresSettings;
use users_testkit::people::user;

use crate::fixture::Fixture;
use crate::work::{assert_unavailable, bounded, call, find};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn lines() -> MutexGuard<'static, Vec<String>> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps every line and every span of the process, that of other tests too.
struct Recorder;

impl Recorder {
    fn start() {
        static STARTED: Once = Once::new();
        STARTED.call_once(|| set_global_default(Self).unwrap());
    }

    fn keep(write: impl FnOnce(&mut Line)) {
        let mut line = Line(String::new());
        write(&mut line);
        lines().push(line.0);
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{field}={value:?} ");
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        Self::keep(|line| span.record(line));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        Self::keep(|line| values.record(line));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        Self::keep(|line| event.record(line));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[track_caller]
fn assert_logged(text: &str) {
    assert!(
        lines().iter().any(|line| line.contains(text)),
        "{text:?} is not told"
    );
}

#[track_caller]
fn assert_never_logged(text: &str) {
    let lines = lines();
    let leak = lines.iter().find(|line| line.contains(text));
    assert_eq!(leak, None, "{text:?} is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_refuses_is_told_without_the_row() {
    Recorder::start();
    let fixture = Fixture::new();
    let store = fixture.open();
    let marked = user("marked-7f3a");
    let marked = store.insert(marked, Vec::new()).await.unwrap();
    // An operator's own rule: the server's detail holds the whole row that it refused.
    fixture.database.execute(
        "ALTER TABLE users ADD CONSTRAINT an_operators_own CHECK (first_name NOT LIKE 'Refused%')",
    );
    let update = store.update(&marked.id, Needs::ROW, call("Refused-7f3a"));
    assert_unavailable(&update.await);
    assert_logged("an_operators_own");
    // Among statements that cannot be carried out at all.
    fixture
        .database
        .execute("ALTER TABLE users RENAME COLUMN email TO gone");
    let login = "marked-7f3a@example.com";
    assert_unavailable(&store.find_by_login(login).await);
    assert_logged("email");
    assert_never_logged("7f3a");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_connection_is_told_without_the_password() {
    Recorder::start();
    let fixture = Fixture::new();
    let settings = bounded(&fixture, PostgresSettings::TIMEOUT, 4);
    let store = fixture.open_with(PostgresSettings {
        password: "a-password-9c1e".to_owned().into(),
        database: "a_database_that_nobody_made".to_owned(),
        ..settings
    });
    assert_unavailable(&find(&store, "ada").await);
    assert_logged("a_database_that_nobody_made");
    assert_never_logged("a-password-9c1e");
}
