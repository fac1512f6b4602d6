//! Settings of the HTTP server.

use std::net::IpAddr;
use std::time::Duration;

use super::Profile;
use super::kind;
use super::reader::Reader;
use super::variable::{Kind, Preset, Section, Variable};

/// A port; 0 is for `dev` only, which is seen when the section is read.
const PORT_NUMBER: Kind<u16> = Kind {
    parse: |text| text.parse().map_err(|_| None),
    ..kind::PORT
};

static HOST: Variable<String> = Variable::new(
    "MG_USERS_HTTP_HOST",
    kind::TEXT,
    Preset::Value("localhost"),
    "Host name or address on which the service listens. `dev` accepts only the loopback interface.",
);

pub(super) static PORT: Variable<u16> = Variable::new(
    "MG_USERS_HTTP_PORT",
    PORT_NUMBER,
    Preset::Value("9002"),
    "Port on which the service listens. In `dev`, 0 picks a free one.",
);

static READ_HEADER_TIMEOUT: Variable<Duration> = Variable::new(
    "MG_USERS_HTTP_SERVER_READ_HEADER_TIMEOUT",
    kind::DURATION,
    Preset::Value("5s"),
    "How long a client may take to send the head of a request. For the first of a connection it then \
     gets 408; later ones end the connection. 0 is no limit.",
);

static READ_TIMEOUT: Variable<Duration> = Variable::new(
    "MG_USERS_HTTP_SERVER_READ_TIMEOUT",
    kind::POSITIVE_DURATION,
    Preset::Value("15s"),
    "How long a client may take to send the body of a request before it gets 408.",
);

static WRITE_TIMEOUT: Variable<Duration> = Variable::new(
    "MG_USERS_HTTP_SERVER_WRITE_TIMEOUT",
    kind::POSITIVE_DURATION,
    Preset::Value("15s"),
    "How long a client that does not keep up may need for 64 KiB of its answer before the connection \
     ends.",
);

static IDLE_TIMEOUT: Variable<Duration> = Variable::new(
    "MG_USERS_HTTP_SERVER_IDLE_TIMEOUT",
    kind::DURATION,
    Preset::Value("60s"),
    "How long an idle connection is kept open for the next request. 0 closes it after each answer.",
);

pub(super) static SECTION: Section = Section {
    title: "HTTP",
    entries: &[
        &HOST.entry,
        &PORT.entry,
        &READ_HEADER_TIMEOUT.entry,
        &READ_TIMEOUT.entry,
        &WRITE_TIMEOUT.entry,
        &IDLE_TIMEOUT.entry,
    ],
};

/// How the service is reached.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Host name or address to listen on; in `dev` always the loopback interface.
    pub host: String,
    /// Port to listen on; 0, possible in `dev` only, is any free one.
    pub port: u16,
    /// How long the head of a request may take; zero is no limit.
    pub read_header_timeout: Duration,
    /// How long the body of a request may take.
    pub read_timeout: Duration,
    /// How long a client that does not keep up may need for 64 KiB of its answer.
    pub write_timeout: Duration,
    /// How long an idle connection is kept; zero closes it after each answer.
    pub idle_timeout: Duration,
}

impl HttpSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let host = reader.required(&HOST);
        let port = reader.required(&PORT);
        let read_header_timeout = reader.required(&READ_HEADER_TIMEOUT);
        let read_timeout = reader.required(&READ_TIMEOUT);
        let write_timeout = reader.required(&WRITE_TIMEOUT);
        let idle_timeout = reader.required(&IDLE_TIMEOUT);
        match reader.profile {
            Profile::Dev => {
                if host.as_deref().is_some_and(|host| !is_loopback(host)) {
                    let expected = "localhost, 127.0.0.1 or ::1, for `dev` is reachable from this \
                                    machine only (use `serve` for others)";
                    reader.refuse(&HOST.entry, expected);
                }
            }
            Profile::Serve => {
                if port == Some(0) {
                    reader.refuse(&PORT.entry, PORT.entry.expected);
                }
            }
        }
        Some(Self {
            host: host?,
            port: port?,
            read_header_timeout: read_header_timeout?,
            read_timeout: read_timeout?,
            write_timeout: write_timeout?,
            idle_timeout: idle_timeout?,
        })
    }
}

pub(super) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}
