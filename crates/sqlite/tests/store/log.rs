//! What of the driver's failures reaches the log: enough to mend them, and nothing of a row.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};

use diesel::connection::SimpleConnection;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::set_global_default;
use tracing::{Event, Metadata, Subscriber};
use users_domain::model::{
    Change, CodePurpose, CodeRecord, Effect, EffectKind, Email, MailRequest, Needs, OneTimeCode,
    Proof, RequestContext, Timestamp, User, UserFilter, UserQuery,
};
use users_domain::ports::{Outbox as _, StoreError, UserStore as _};
use users_testkit::people::user;

use crate::fixture::Fixture;

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn lines() -> MutexGuard<'static, Vec<String>> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps every line and every span of the process: the store has threads of its own. Other tests
/// write too, so each looks for what is its own.
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

/// Somebody all of whose values have a mark.
fn marked(name: &str) -> User {
    User {
        email: Email::from_stored(format!("{name}-marked-7f3a@example.com")),
        ..user(&format!("{name}-marked-7f3a"))
    }
}

fn code_of(user: &User) -> CodeRecord {
    CodeRecord {
        digest: OneTimeCode::new([7; OneTimeCode::BYTES]).digest(),
        purpose: CodePurpose::VerifyEmail,
        user: user.id.clone(),
        email: user.email.clone(),
        created_at: Timestamp::UNIX_EPOCH,
        expires_at: Timestamp::UNIX_EPOCH,
    }
}

/// What the log says of the driver, once the schema is broken by these statements and every kind of
/// call was made.
async fn driver_errors(broken_by: &str) -> Vec<String> {
    Recorder::start();
    let fixture = Fixture::new();
    let store = fixture.open();
    let grace = store.insert(marked("grace"), Vec::new()).await.unwrap();
    fixture.connection().batch_execute(broken_by).unwrap();

    let proof = Proof::Digest(code_of(&grace).digest);
    let reset = MailRequest::reset(grace.email.clone(), &RequestContext::default());
    let moves = |user: &User, _: &_| {
        let email = Email::from_stored("moved-marked-7f3a@example.com".to_owned());
        Ok(Change {
            user: User {
                email,
                first_name: user.last_name.clone(),
                ..user.clone()
            },
            effects: Vec::new(),
        })
    };
    let filter = UserFilter {
        email: Some("marked-7f3a".to_owned()),
        ..UserFilter::default()
    };
    let query = UserQuery {
        filter: filter.clone(),
        ..UserQuery::default()
    };
    let outcomes = [
        store.insert(marked("joan"), Vec::new()).await.map(drop),
        store.find_by_login(grace.email.as_str()).await.map(drop),
        store.page(&query).await.map(drop),
        store.count(&filter).await.map(drop),
        store
            .update(&grace.id, Needs::ROW, Arc::new(moves))
            .await
            .map(drop),
        store.add_code(code_of(&grace)).await,
        store
            .find_code(&proof, CodePurpose::VerifyEmail)
            .await
            .map(drop),
        store.add(vec![Effect::Mail(reset)]).await,
        store.depth(EffectKind::Mail).await.map(drop),
    ];
    let failed = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(StoreError::Unavailable)));
    assert!(
        failed.count() > 0,
        "{broken_by} breaks something: {outcomes:?}"
    );
    lines()
        .iter()
        .filter(|line| line.contains("the database failed"))
        .cloned()
        .collect()
}

/// Each names something by which its own line is known.
#[tokio::test]
async fn an_error_of_the_driver_is_logged_with_its_cause_and_without_values() {
    for (broken_by, cause) in [
        (
            "ALTER TABLE users RENAME COLUMN email TO gone_email",
            "users.email",
        ),
        (
            "ALTER TABLE one_time_codes RENAME TO gone_codes",
            "one_time_codes",
        ),
        ("ALTER TABLE outbox RENAME TO gone_outbox", "outbox"),
        // What an operator may add, and existing rows may not meet.
        (
            "CREATE UNIQUE INDEX only_one ON users (last_name)",
            "users.last_name",
        ),
        (
            "CREATE TRIGGER no_more BEFORE INSERT ON users
             BEGIN SELECT RAISE(ABORT, 'no more users'); END",
            "no more users",
        ),
        (
            "CREATE TABLE short (text text, CONSTRAINT fits CHECK (length(text) < 9));
             CREATE TRIGGER too_long BEFORE INSERT ON users
             BEGIN INSERT INTO short VALUES (NEW.email); END",
            "CHECK constraint failed: fits",
        ),
    ] {
        let errors = driver_errors(broken_by).await;
        let told = errors.iter().any(|line| line.contains(cause));
        assert!(told, "{cause} is not in {errors:#?}");
    }
    let leak = lines().iter().find(|line| line.contains("7f3a")).cloned();
    assert_eq!(leak, None);
}
