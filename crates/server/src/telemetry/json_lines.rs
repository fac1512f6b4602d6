//! Log lines for machines: flat JSON objects, so that `request_id` is found at the same place
//! however deep in the program a line was written.
//!
//! A request writes a line or two within spans that are filled in as one learns more, so this is on
//! the way of every request: values are written as JSON once, and never read again.

use std::fmt;

use serde::Serialize;
use tracing::field::{Field, Visit};
use tracing::span::Record;
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::{LookupSpan, Scope};

/// Keeps the fields of a span as lines of a name, [`BEHIND_NAME`] and a value in JSON, the later ones
/// winning.
pub(super) struct JsonFields;

/// Stands between a name and its value. Neither this nor a line's end is in JSON as it is written
/// here, nor in the name of a field.
const BEHIND_NAME: char = '\t';

impl<'w> FormatFields<'w> for JsonFields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut outcome = Ok(());
        fields.record(&mut EachField(|name: &str, json: &str| {
            let written = writeln!(writer, "{name}{BEHIND_NAME}{json}");
            outcome = outcome.and(written);
        }));
        outcome
    }

    fn add_fields(
        &self,
        current: &'w mut FormattedFields<Self>,
        fields: &Record<'_>,
    ) -> fmt::Result {
        self.format_fields(current.as_writer(), fields)
    }
}

/// Writes an event as `{"time", "level", "msg", "target", "span", ...fields}`.
///
/// `span` is the name of the innermost span; its fields and those of the spans round it stand
/// beside the event's own, the inner ones winning.
pub(super) struct JsonLines;

/// The names that every line has.
const RESERVED: [&str; 5] = ["time", "level", "msg", "target", "span"];

/// How events that came through the `log` facade say where they are from.
const FROM_LOG: &str = "log.";

impl<S> FormatEvent<S, JsonFields> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut members = Members::default();
        let mut span_name = None;
        for span in context.event_scope().into_iter().flat_map(Scope::from_root) {
            span_name = Some(span.name());
            if let Some(formatted) = span.extensions().get::<FormattedFields<JsonFields>>() {
                for line in formatted.fields.lines() {
                    if let Some((name, json)) = line.split_once(BEHIND_NAME) {
                        members.put(name, json);
                    }
                }
            }
        }
        event.record(&mut EachField(|name: &str, json: &str| {
            members.put(name, json);
        }));

        let message = members.take("message");
        let target = members.take("log.target");
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let metadata = event.metadata();
        let mut line = Line(String::with_capacity(512));
        line.member("time", &json(time.as_str()));
        line.member("level", &json(metadata.level().as_str()));
        line.member("msg", message.as_deref().unwrap_or("\"\""));
        match target {
            Some(target) => line.member("target", &target),
            None => line.member("target", &json(metadata.target())),
        }
        if let Some(name) = span_name {
            line.member("span", &json(name));
        }
        for (name, value) in members.sorted() {
            if name.starts_with(FROM_LOG) {
                continue;
            }
            if RESERVED.contains(&name.as_str()) {
                line.member(&format!("field.{name}"), &value);
            } else {
                line.member(&name, &value);
            }
        }
        writeln!(writer, "{}}}", line.0)
    }
}

/// Names and values in JSON; a name that comes again replaces the value.
///
/// They are a dozen at most: to look through them is quicker than any map.
#[derive(Default)]
struct Members(Vec<(String, String)>);

impl Members {
    fn put(&mut self, name: &str, json: &str) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, value)) => json.clone_into(value),
            None => self.0.push((name.to_owned(), json.to_owned())),
        }
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let place = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(place).1)
    }

    fn sorted(mut self) -> Vec<(String, String)> {
        self.0.sort_unstable();
        self.0
    }
}

/// A JSON object but for its end.
struct Line(String);

impl Line {
    fn member(&mut self, name: &str, json_value: &str) {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0.push_str(&json(name));
        self.0.push(':');
        self.0.push_str(json_value);
    }
}

/// A value as JSON. Numbers that JSON does not know are null.
fn json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

/// Gives each field's name and value in JSON to a function.
struct EachField<F>(F);

impl<F: FnMut(&str, &str)> EachField<F> {
    fn give(&mut self, field: &Field, value: &(impl Serialize + ?Sized)) {
        // Names that are words of the language carry a mark.
        let name = field.name();
        (self.0)(name.strip_prefix("r#").unwrap_or(name), &json(value));
    }
}

impl<F: FnMut(&str, &str)> Visit for EachField<F> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.give(field, &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.give(field, &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.give(field, &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.give(field, &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.give(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.give(field, &format!("{value:?}"));
    }
}
