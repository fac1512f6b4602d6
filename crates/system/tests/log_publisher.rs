//! What the log says of an event, and what it does not.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use users_domain::model::{EventBuilder, EventOperation, RequestContext, Timestamp};
use users_domain::ports::{EventPublisher, uuid_v7};
use users_system::{LogPublisher, SystemEntropy};

/// Keeps every line as `LEVEL name=value name=value`.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::TRACE
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// What the log says when an event of this key is published, and the event's id.
fn published(key: &str) -> (Vec<String>, String) {
    let lines = Lines::default();
    let id = uuid_v7(&SystemEntropy::new(), Timestamp::UNIX_EPOCH);
    let context = RequestContext::default();
    let event = EventBuilder::new(
        id,
        EventOperation::Create,
        key,
        Timestamp::UNIX_EPOCH,
        &context,
    )
    .text("email", "ada@example.com")
    .build();
    tracing::subscriber::with_default(lines.clone(), || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(LogPublisher.publish(&event)).unwrap();
    });
    let lines = lines.0.lock().unwrap().clone();
    (lines, id.to_string())
}

#[test]
fn an_event_is_one_line_with_operation_and_ids_and_nothing_else() {
    let (lines, id) = published("id-of-ada");
    let line =
        format!("INFO message=event operation=\"user.create\" event.id={id} user.id=\"id-of-ada\"");
    assert_eq!(lines, [line]);
}

#[test]
fn an_event_about_nobody_names_no_user() {
    let (lines, id) = published("");
    let line = format!("INFO message=event operation=\"user.create\" event.id={id}");
    assert_eq!(lines, [line]);
}
