//! Settings of what the service tells about itself.

use std::fmt;

use tracing_subscriber::EnvFilter;

use super::kind;
use super::reader::Reader;
use super::variable::{Kind, Preset, Section, Variable};

/// What is logged: this and everything more important.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// Each step.
    Debug,
    /// Each request and each change of state.
    Info,
    /// What an operator should look at.
    Warn,
    /// What failed.
    Error,
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        })
    }
}

const LOG_LEVEL_NAME: Kind<LogLevel> = Kind {
    name: "choice",
    expected: "debug, info, warn or error (any case)",
    parse: |text| match text.to_ascii_lowercase().as_str() {
        "debug" => Ok(LogLevel::Debug),
        "info" => Ok(LogLevel::Info),
        "warn" => Ok(LogLevel::Warn),
        "error" => Ok(LogLevel::Error),
        _ => Err(None),
    },
};

const LOG_FILTER: Kind<String> = Kind {
    name: "log filter",
    expected: "log directives such as info,users_http=debug",
    parse: |text| match EnvFilter::builder().parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(Some(error.to_string())),
    },
};

static LOG_LEVEL: Variable<LogLevel> = Variable::new(
    "MG_USERS_LOG_LEVEL",
    LOG_LEVEL_NAME,
    Preset::Value("info"),
    "What is logged, from this level up: `debug`, `info`, `warn` or `error`, in any case.",
);

static RUST_LOG: Variable<String> = Variable::new(
    "RUST_LOG",
    LOG_FILTER,
    Preset::Unset("`MG_USERS_LOG_LEVEL` decides alone"),
    "For those who look for a fault: a level for each part of the program, such as \
     `info,users_http=debug`. It takes the place of `MG_USERS_LOG_LEVEL`. Only with `actix_http=debug` \
     is every malformed request of strangers told too.",
);

static INSTANCE_ID: Variable<String> = Variable::new(
    "MG_USERS_INSTANCE_ID",
    kind::TEXT,
    Preset::Unset("a new UUID at each start"),
    "What this process is called in `/health`.",
);

pub(super) static SECTION: Section = Section {
    title: "Telemetry",
    entries: &[&LOG_LEVEL.entry, &RUST_LOG.entry, &INSTANCE_ID.entry],
};

/// What the service tells about itself.
#[derive(Clone, Debug)]
pub struct TelemetrySettings {
    /// What is logged.
    pub level: LogLevel,
    /// Directives that take the place of the level; they have been parsed once as a check.
    pub filter: Option<String>,
    /// What this process is called; `None` asks for a fresh UUID.
    pub instance_id: Option<String>,
}

impl TelemetrySettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let level = reader.required(&LOG_LEVEL);
        let filter = reader.optional(&RUST_LOG);
        let instance_id = reader.optional(&INSTANCE_ID);
        Some(Self {
            level: level?,
            filter,
            instance_id,
        })
    }
}
