//! Log lines for machines: flat JSON objects, so that `request_id` is found at the same place
//! however deep in the program a line was written.

use serde::Serialize;
use serde_json::{Map, Value};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::{LookupSpan, Scope};

/// Writes an event as `{"time", "level", "msg", "target", "span", ...fields}`.
///
/// `span` is the name of the innermost span; its fields and those of the spans round it stand
/// beside the event's own, the inner ones winning.
pub(super) struct JsonLines;

/// The names that every line has.
const RESERVED: [&str; 5] = ["time", "level", "msg", "target", "span"];

#[derive(Serialize)]
struct Line<'a> {
    time: &'a str,
    level: &'a str,
    msg: Value,
    target: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<&'a str>,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

impl<S> FormatEvent<S, JsonFields> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        let mut fields = Map::new();
        let mut span_name = None;
        for span in context.event_scope().into_iter().flat_map(Scope::from_root) {
            span_name = Some(span.name());
            if let Some(formatted) = span.extensions().get::<FormattedFields<JsonFields>>() {
                fields.append(&mut object(&formatted.fields));
            }
        }
        let mut own = String::new();
        context
            .field_format()
            .format_fields(Writer::new(&mut own), event)?;
        fields.append(&mut object(&own));

        let msg = fields
            .remove("message")
            .unwrap_or_else(|| Value::String(String::new()));
        // What came through the `log` facade has its target among the fields.
        let target = fields.remove("log.target");
        for detail in ["log.module_path", "log.file", "log.line"] {
            fields.remove(detail);
        }
        for name in RESERVED {
            if let Some(value) = fields.remove(name) {
                fields.insert(format!("field.{name}"), value);
            }
        }
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let line = serde_json::to_string(&Line {
            time: &time,
            level: event.metadata().level().as_str(),
            msg,
            target: target
                .as_ref()
                .and_then(Value::as_str)
                .unwrap_or(event.metadata().target()),
            span: span_name,
            fields,
        });
        writeln!(writer, "{}", line.map_err(|_| std::fmt::Error)?)
    }
}

/// The members of a JSON object; a span without fields has an empty text.
fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}
