//! What reaches the log: which mail, and nothing about whom.

use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use users_domain::ports::Mailer;
use users_smtp::LogMailer;

use crate::{ID, code, mail, reset};

/// Keeps every event as one line.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
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

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        use fmt::Write as _;

        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

#[test]
fn a_mail_to_the_log_is_one_line_without_address_or_code() {
    let lines = Lines::default();
    // Not even an address that is none is looked at.
    let mail = mail("ada@nowhere", Some("adalovelace"), reset());
    tracing::subscriber::with_default(lines.clone(), || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(LogMailer.send(&mail)).unwrap();
    });
    let lines = lines.0.lock().unwrap();
    assert_eq!(lines.len(), 1);
    let line = &lines[0];
    assert!(line.starts_with("INFO"), "{line}");
    assert!(
        line.contains(&ID.to_string()) && line.contains("reset"),
        "{line}"
    );
    for secret in ["nowhere", "adalovelace", code(&mail), "http"] {
        assert!(!line.contains(secret), "{line}");
    }
}
