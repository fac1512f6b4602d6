//! What of a fault reaches the log: enough to mend it, and nothing of a row.

use std::fmt::{Debug, Write as _};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::set_global_default;
use tracing::{Event, Metadata, Subscriber};
use users_domain::model::{Arrival, ImportOutcome, Needs, PersonName};
use users_domain::ports::{ImportMode, UserStore as _, UserTransfer as _};
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
async fn an_account_that_the_server_does_not_take_is_told_by_its_id_alone() {
    Recorder::start();
    let fixture = Fixture::new();
    let store = fixture.open();
    // An operator's own rules: of the value, and of what fits.
    fixture.database.execute(
        "ALTER TABLE users ADD CONSTRAINT an_operators_rule CHECK (first_name <> 'Wrong-5d2b');
         ALTER TABLE users ALTER COLUMN last_name TYPE varchar(20)",
    );
    let mut import = store.begin_import(ImportMode::Write).await.unwrap();
    let mut accounts: Vec<_> = (0..100)
        .map(|number| Arrival {
            has_id: true,
            user: user(&format!("culprit-{number}")),
            effects: Vec::new(),
        })
        .collect();
    let (wrong, long) = ("Wrong-5d2b".to_owned(), "Long-5d2b".repeat(5));
    accounts[37].user.first_name = PersonName::from_stored(wrong);
    assert_unavailable(&import.add(&accounts).await);
    assert_logged("id-of-culprit-37");
    assert_logged("an_operators_rule");
    accounts.remove(37);
    accounts[98].user.last_name = PersonName::from_stored(long);
    assert_unavailable(&import.add(&accounts).await);
    assert_logged("id-of-culprit-99");
    assert_eq!(fixture.database.query("SELECT id FROM users").len(), 0);
    accounts.pop();
    let outcomes = import.add(&accounts).await.unwrap();
    assert_eq!(outcomes, [ImportOutcome::Imported; 98]);
    assert_never_logged("5d2b");
    assert_never_logged("id-of-culprit-36");
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
