//! What reaches the log while promises are looked at.

use std::fmt::{self, Write as _};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::set_global_default;
use tracing::{Event, Metadata, Subscriber};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// From now on every line and every span of the program is kept, whatever its level and thread:
/// adapters have threads of their own.
///
/// Other promises may be at work at the same time, so look for what is yours alone.
pub(super) fn listen() {
    static LISTENING: Once = Once::new();

    LISTENING.call_once(|| {
        set_global_default(Listener).expect("nobody else listens in a program that runs suites");
    });
    tracing::trace!(answer = "I can hear you");
    assert!(
        lines().iter().any(|line| line.contains("I can hear you")),
        "the log is built in at all levels"
    );
}

/// Nothing that was logged since [`listen`] may hold this text.
pub(super) fn assert_never_logged(text: &str) {
    let lines = lines();
    let leak = lines.iter().find(|line| line.contains(text));
    assert_eq!(leak, None, "{text:?} reached the log");
}

fn lines() -> MutexGuard<'static, Vec<String>> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Listener;

impl Listener {
    fn keep(record: impl FnOnce(&mut Line)) {
        let mut line = Line::default();
        record(&mut line);
        lines().push(line.0);
    }
}

impl Subscriber for Listener {
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

/// The fields of a line, one after the other.
#[derive(Default)]
struct Line(String);

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        // As it stands, not quoted.
        let _ = write!(self.0, "{field}={value} ");
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, "{field}={value:?} ");
    }
}
