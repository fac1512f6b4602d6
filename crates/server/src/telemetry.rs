//! What the service tells about itself: its log, the metrics of its process, and what it was built
//! from.

pub mod build_info;
mod json_lines;
pub mod metrics;
pub mod outbox_metrics;
pub(crate) mod panics;
pub mod samples;

use std::io::IsTerminal as _;

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{FilterExt as _, ParseError, filter_fn};
use tracing_subscriber::layer::{Filter, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::config::{LogLevel, Profile, TelemetrySettings};

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For machines: one JSON object a line on standard output, with `time`, `level`, `msg`,
    /// `target`, and the fields of the event and of the spans round it, `request_id` among them.
    Json,
    /// For people: short lines on standard error, coloured if that is a terminal. Standard output
    /// stays free for what the program has to say to its user.
    Console,
}

impl From<Profile> for LogFormat {
    fn from(profile: Profile) -> Self {
        match profile {
            Profile::Serve => Self::Json,
            Profile::Dev => Self::Console,
        }
    }
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The directives of `RUST_LOG` cannot be read.
    #[error("RUST_LOG cannot be read: {0}")]
    Filter(#[from] ParseError),
    /// Somebody in this process has set it up already.
    #[error("logging is set up already: {0}")]
    Repeated(#[from] TryInitError),
}

/// Sets up the log of this process, panics included. Works once in a process.
pub fn init(settings: &TelemetrySettings, format: LogFormat) -> Result<(), TelemetryError> {
    let filter = filter(settings)?;
    match format {
        LogFormat::Json => {
            tracing_subscriber::registry()
                .with(json_layer(std::io::stdout).with_filter(filter))
                .try_init()?;
        }
        LogFormat::Console => {
            let layer = fmt::layer()
                .compact()
                .with_ansi(std::io::stderr().is_terminal())
                .with_writer(std::io::stderr)
                .with_filter(filter);
            tracing_subscriber::registry().with(layer).try_init()?;
        }
    }
    panics::log_them();
    Ok(())
}

/// Sets up the log of a command that comes to its own end: for people, through what writes on standard
/// error, and only what its user should look at, unless `RUST_LOG` asks for more. Works once in a
/// process.
pub fn init_for_command<W>(settings: &TelemetrySettings, writer: W) -> Result<(), TelemetryError>
where
    W: for<'w> fmt::MakeWriter<'w> + Send + Sync + 'static,
{
    let settings = TelemetrySettings {
        level: LogLevel::Warn,
        ..settings.clone()
    };
    let layer = fmt::layer()
        .compact()
        .without_time()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(writer)
        .with_filter(filter(&settings)?);
    tracing_subscriber::registry().with(layer).try_init()?;
    panics::log_them();
    Ok(())
}

fn json_layer<S, W>(writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> fmt::MakeWriter<'w> + 'static,
{
    fmt::layer()
        .fmt_fields(json_lines::JsonFields)
        .event_format(json_lines::JsonLines)
        .with_writer(writer)
}

/// The server library announces its start and end, of which this program tells already, and calls
/// every malformed request an error: strangers could fill the log.
const QUIET: &str = "actix_server=warn,actix_http=off";

/// These quote what they read and write, headers of strangers, mails and passwords to servers among
/// it: whatever the settings ask for, they are not heard.
const QUOTING: [&str; 2] = ["actix_http::h1::decoder", "lettre"];

/// Lets through what the settings ask for, and in any case our own spans down to INFO: they carry
/// the request id, which a warning must show even if nothing less important is logged.
fn filter<S: Subscriber>(
    settings: &TelemetrySettings,
) -> Result<impl Filter<S> + use<S>, ParseError> {
    let level = settings.level.to_string();
    let directives = settings.filter.as_ref().unwrap_or(&level);
    // Of two directives for the same part the last holds, so the operator may undo ours.
    let wanted = EnvFilter::builder().parse(format!("{QUIET},{directives}"))?;
    let discreet = filter_fn(|metadata| {
        let target = metadata.target();
        !QUOTING.iter().any(|quoting| target.starts_with(quoting))
    });
    let spans = filter_fn(|metadata| {
        metadata.is_span()
            && *metadata.level() <= tracing::Level::INFO
            && ["users_", "magistrala_users"]
                .iter()
                .any(|ours| metadata.target().starts_with(ours))
    })
    .with_max_level_hint(LevelFilter::INFO);
    Ok(wanted.and(discreet).or(spans))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use serde_json::Value;

    use super::*;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(level: LogLevel, filter_text: Option<&str>, work: impl FnOnce()) -> Vec<Value> {
        let buffer = Buffer::default();
        let writer = buffer.clone();
        let settings = TelemetrySettings {
            level,
            filter: filter_text.map(str::to_owned),
            instance_id: None,
        };
        let layer = json_layer(move || writer.clone()).with_filter(filter(&settings).unwrap());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
        let bytes = buffer.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a line is JSON"))
            .collect()
    }

    #[test]
    fn a_line_has_time_level_message_target_and_fields() {
        let lines = logged(LogLevel::Info, None, || {
            tracing::info!(answer = 42, who = %"ada\n", "it \"works\"");
        });
        let [line] = lines.as_slice() else {
            panic!("{lines:?}")
        };
        assert!(line["time"].as_str().unwrap().ends_with('Z'), "{line}");
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["msg"], "it \"works\"");
        assert_eq!(line["target"], "magistrala_users::telemetry::tests");
        assert_eq!(line["answer"], 42);
        assert_eq!(line["who"], "ada\n");
    }

    #[test]
    fn the_request_id_of_an_outer_span_is_on_every_line() {
        let lines = logged(LogLevel::Info, None, || {
            let request =
                tracing::info_span!("request", request_id = "r-1", user = tracing::field::Empty);
            let _request = request.enter();
            request.record("user", "u-1");
            let _query = tracing::info_span!("find").entered();
            tracing::info!("inside");
        });
        assert_eq!(lines[0]["request_id"], "r-1");
        assert_eq!(lines[0]["user"], "u-1");
        assert_eq!(lines[0]["span"], "find");
    }

    #[test]
    fn a_warning_shows_the_request_id_even_if_nothing_less_is_logged() {
        let lines = logged(LogLevel::Warn, None, || {
            let _request = tracing::info_span!("request", request_id = "r-1").entered();
            tracing::info!("too little");
            tracing::warn!("look at this");
        });
        let [line] = lines.as_slice() else {
            panic!("{lines:?}")
        };
        assert_eq!(line["msg"], "look at this");
        assert_eq!(line["request_id"], "r-1");
    }

    #[test]
    fn of_two_fields_of_one_name_the_inner_and_later_one_is_on_the_line() {
        let lines = logged(LogLevel::Info, None, || {
            let outer = tracing::info_span!("outer", a = "outer", b = "outer", c = "first");
            let _outer = outer.enter();
            outer.record("c", "later");
            let _inner = tracing::info_span!("inner", a = "inner", b = "inner").entered();
            tracing::info!(a = "own", "message");
        });
        let [line] = lines.as_slice() else {
            panic!("{lines:?}")
        };
        assert_eq!(line["a"], "own");
        assert_eq!(line["b"], "inner");
        assert_eq!(line["c"], "later");
    }

    #[test]
    fn values_keep_their_types_and_whatever_stands_in_them() {
        let odd = "\0\t\r\n\u{1b}[31m\"\\\u{2028}ü";
        let lines = logged(LogLevel::Info, None, || {
            let _span = tracing::info_span!("span", odd, of_span = -1).entered();
            tracing::info!(text = odd, debug = ?odd, number = u64::MAX, yes = true, half = 0.5,
                none = f64::NAN, r#type = "word", "{odd}");
        });
        let [line] = lines.as_slice() else {
            panic!("{lines:?}")
        };
        assert_eq!(line["odd"], odd);
        assert_eq!(line["text"], odd);
        assert_eq!(line["msg"], odd);
        assert_eq!(line["debug"], format!("{odd:?}"));
        assert_eq!(line["of_span"], -1);
        assert_eq!(line["number"], u64::MAX);
        assert_eq!(line["yes"], true);
        assert_eq!(line["half"], 0.5);
        assert_eq!(line["none"], Value::Null);
        assert_eq!(line["type"], "word");
    }

    #[test]
    fn fields_never_take_the_place_of_what_every_line_has() {
        let lines = logged(LogLevel::Info, None, || {
            tracing::info!(level = "none", time = 0, "message");
        });
        assert_eq!(lines[0]["level"], "INFO");
        assert_eq!(lines[0]["field.level"], "none");
        assert_eq!(lines[0]["field.time"], 0);
    }

    #[test]
    fn strangers_cannot_fill_the_log_unless_it_is_asked_for() {
        let noise = || {
            tracing::error!(target: "actix_http::h1::dispatcher", "stream error");
            tracing::info!(target: "actix_server::builder", "starting");
        };
        for directives in [None, Some("info"), Some("debug,users_http=trace")] {
            let lines = logged(LogLevel::Info, directives, noise);
            assert!(lines.is_empty(), "{directives:?}: {lines:?}");
        }
        let wanted = "warn,actix_http=debug,actix_server=info";
        assert_eq!(logged(LogLevel::Info, Some(wanted), noise).len(), 2);
    }

    #[test]
    fn what_quotes_headers_and_mails_is_never_heard() {
        let wanted = "trace,actix_http=trace,actix_http::h1::decoder=trace,lettre=trace";
        let lines = logged(LogLevel::Debug, Some(wanted), || {
            tracing::debug!(target: "actix_http::h1::decoder", "illegal Content-Length: x");
            tracing::debug!(target: "lettre::transport::smtp::client", "Wrote: x");
        });
        assert!(lines.is_empty(), "{lines:?}");
    }

    #[test]
    fn directives_take_the_place_of_the_level() {
        let lines = logged(LogLevel::Error, Some("warn,magistrala_users=debug"), || {
            tracing::debug!("ours");
            tracing::info!(target: "hyper", "theirs");
        });
        let [line] = lines.as_slice() else {
            panic!("{lines:?}")
        };
        assert_eq!(line["msg"], "ours");
    }
}
