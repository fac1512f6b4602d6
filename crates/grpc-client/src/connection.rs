//! The connection to one service.

use std::error::Error;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper_util::client::legacy::connect::HttpConnector;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};
use tonic::metadata::MetadataMap;
use tonic::transport::{Channel, Endpoint};
use tonic::{ConnectError, Status, TimeoutExpired};
use tracing::Instrument as _;

use crate::backoff::Backoff;
use crate::channel::is_not_grpc;
use crate::connector::{Connector, LastAttempt, TooEarly};
use crate::error_chain::{any_is, error_chain};
use crate::known_away::known_away;
use crate::{AbortOnDrop, Address, Call, OpenError, Tls};

/// How long it may take at most until a connection stands.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// After how much silence TCP asks whether the other side is there, and how often.
const TCP_KEEPALIVE: Duration = Duration::from_secs(30);
const TCP_KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const TCP_KEEPALIVE_RETRIES: u32 = 3;
/// How long what was sent may go without TCP's acknowledgement. Meanwhile TCP does not ask whether the
/// other side is there, and would try again for a quarter of an hour.
#[cfg(target_os = "linux")]
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(20);

/// Where a service is, and how it is spoken to.
#[derive(Debug, Clone)]
pub struct ConnectionSettings {
    /// What the service is called in the log.
    pub name: &'static str,
    /// `host:port`; `dns:///` may stand before it, as in gRPC's own names.
    pub address: String,
    /// The longest that a call may take.
    pub timeout: Duration,
    /// `None`: in clear text.
    pub tls: Option<Tls>,
}

/// What came of the calls so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionStats {
    /// Calls under way.
    pub in_flight: u64,
    /// Calls that the service answered, with whatever status.
    pub answered: u64,
    /// Calls that found no service or something else in its place, or whose connection broke.
    pub unreachable: u64,
    /// Calls that got no answer in time.
    pub timed_out: u64,
}

/// A connection that is made when it is needed, and made again when it broke.
#[derive(Debug)]
pub struct Connection {
    shared: Arc<Shared>,
    runtime: Handle,
}

#[derive(Debug)]
struct Shared {
    name: &'static str,
    timeout: Duration,
    endpoint: Endpoint,
    connector: Connector,
    line: Mutex<Line>,
    in_flight: AtomicU64,
    answered: AtomicU64,
    unreachable: AtomicU64,
    timed_out: AtomicU64,
}

/// The channel in use, and what is known about it.
#[derive(Debug)]
struct Line {
    channel: Channel,
    /// How many there were before it.
    number: u64,
    answered_at: Option<Instant>,
    backoff: Backoff,
}

impl Connection {
    /// Takes the settings; connects nowhere. What it does later runs on `runtime`.
    pub fn open(settings: &ConnectionSettings, runtime: Handle) -> Result<Self, OpenError> {
        let address = Address::parse(&settings.address)?;
        let connect_timeout = settings.timeout.min(CONNECT_TIMEOUT);
        let mut endpoint = Endpoint::from_shared(address.url(settings.tls.is_some()))
            .and_then(|it| it.user_agent(concat!("magistrala-users/", env!("CARGO_PKG_VERSION"))))
            .map_err(|_| OpenError::Address {
                address: settings.address.clone(),
                reason: "host:port is wanted",
            })?;
        if let Some(tls) = &settings.tls {
            let config = tls.config(&address.host)?.timeout(connect_timeout);
            endpoint = endpoint
                .tls_config(config)
                .map_err(|error| OpenError::Tls(error_chain(&error)))?;
        }
        let connector = Connector {
            tcp: tcp(connect_timeout),
            last_attempt: LastAttempt::default(),
        };
        let channel = connect_lazy(&endpoint, &connector, &runtime);
        let line = Line {
            channel,
            number: 0,
            answered_at: None,
            backoff: Backoff::default(),
        };
        let shared = Shared {
            name: settings.name,
            timeout: settings.timeout,
            endpoint,
            connector,
            line: Mutex::new(line),
            in_flight: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            unreachable: AtomicU64::new(0),
            timed_out: AtomicU64::new(0),
        };
        Ok(Self {
            shared: Arc::new(shared),
            runtime,
        })
    }

    /// The longest that a call may take.
    pub fn timeout(&self) -> Duration {
        self.shared.timeout
    }

    /// What came of the calls so far.
    pub fn stats(&self) -> ConnectionStats {
        let shared = &self.shared;
        ConnectionStats {
            in_flight: shared.in_flight.load(Ordering::Relaxed),
            answered: shared.answered.load(Ordering::Relaxed),
            unreachable: shared.unreachable.load(Ordering::Relaxed),
            timed_out: shared.timed_out.load(Ordering::Relaxed),
        }
    }

    /// Makes a call: `make` sends one request or several, which together have the connection's
    /// timeout. Dropping the future gives the call up.
    ///
    /// An error is the service's own status, `Unavailable` where it could not be reached, something
    /// else answered with an HTTP error, or the connection broke (the call may have been carried out
    /// then), or `DeadlineExceeded`. Its text is for the log only, which need not have it where
    /// [`is_known_away`](crate::is_known_away).
    pub async fn call<T, F, A>(&self, headers: MetadataMap, make: F) -> Result<T, Status>
    where
        F: FnOnce(Call) -> A,
        A: Future<Output = Result<T, Status>> + Send + 'static,
        T: Send + 'static,
    {
        let began = Instant::now();
        let until = began + self.shared.timeout;
        let (channel, number) = {
            let line = self.shared.line();
            if !line.backoff.is_over(began) {
                self.shared.unreachable.fetch_add(1, Ordering::Relaxed);
                let text = format!("{} was not there a moment ago", self.shared.name);
                return Err(known_away(text));
            }
            (line.channel.clone(), line.number)
        };
        let exchange = make(Call {
            channel,
            headers,
            until,
        });
        let shared = self.shared.clone();
        let runtime = self.runtime.clone();
        let call = async move {
            let _in_flight = InFlight::of(&shared);
            match timeout_at(until, exchange).await {
                // The channel keeps to `grpc-timeout` too.
                Ok(answer) if !is_timeout(&answer) => shared.judge(answer),
                _ => {
                    shared.no_answer(&runtime, number, began);
                    let text = format!("{} took too long", shared.name);
                    Err(Status::deadline_exceeded(text))
                }
            }
        };
        // The channel's tasks and timers live there; a task that is dropped is aborted.
        let mut task = AbortOnDrop(self.runtime.spawn(call.in_current_span()));
        // It fails only if the call panics, which the panic hook logs, or the runtime ends.
        (&mut task.0).await.unwrap_or_else(|_| {
            let text = format!("the call to {} was given up", self.shared.name);
            Err(Status::unavailable(text))
        })
    }
}

/// Its tasks are spawned on the runtime, whoever calls.
fn connect_lazy(endpoint: &Endpoint, connector: &Connector, runtime: &Handle) -> Channel {
    let _entered = runtime.enter();
    endpoint.connect_with_connector_lazy(connector.clone())
}

fn tcp(connect_timeout: Duration) -> HttpConnector {
    let mut tcp = HttpConnector::new();
    // The scheme may be https: TLS comes on top.
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(connect_timeout));
    tcp.set_keepalive(Some(TCP_KEEPALIVE));
    tcp.set_keepalive_interval(Some(TCP_KEEPALIVE_INTERVAL));
    tcp.set_keepalive_retries(Some(TCP_KEEPALIVE_RETRIES));
    #[cfg(target_os = "linux")]
    tcp.set_tcp_user_timeout(Some(TCP_USER_TIMEOUT));
    tcp
}

impl Shared {
    fn line(&self) -> MutexGuard<'_, Line> {
        // Nothing in it can be half done.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What became of a call that ended in time.
    fn judge<T>(&self, answer: Result<T, Status>) -> Result<T, Status> {
        let now = Instant::now();
        let Err(status) = answer else {
            self.has_answered(now);
            return answer;
        };
        // What the service said has no source; what the transport says has.
        let Some(source) = status.source() else {
            self.has_answered(now);
            return Err(status);
        };
        self.unreachable.fetch_add(1, Ordering::Relaxed);
        let text = error_chain(source);
        let is_unconnected = any_is::<ConnectError>(source);
        // What was connected to and never answered is no better.
        let is_useless =
            is_unconnected || !is_not_grpc(source) && self.connector.last_attempt.is_unanswered();
        // The attempt that came before one too early has a reason, and is counted.
        let is_attempt = is_useless && !any_is::<TooEarly>(source);
        if is_attempt && self.line().backoff.failed(now) {
            tracing::warn!(service = self.name, error = text, "cannot connect");
        }
        Err(if is_useless {
            known_away(text)
        } else {
            Status::unavailable(text)
        })
    }

    fn has_answered(&self, now: Instant) {
        self.answered.fetch_add(1, Ordering::Relaxed);
        self.connector.last_attempt.answered();
        let mut line = self.line();
        line.answered_at = Some(now);
        if line.backoff.answered() {
            tracing::info!(service = self.name, "connected again");
        }
    }

    /// A connection on which nothing was heard since the call began may be dead without a word:
    /// the next call gets another. Calls under way keep theirs.
    fn no_answer(&self, runtime: &Handle, number: u64, began: Instant) {
        self.timed_out.fetch_add(1, Ordering::Relaxed);
        let mut line = self.line();
        if line.number == number && line.answered_at.is_none_or(|at| at < began) {
            line.channel = connect_lazy(&self.endpoint, &self.connector, runtime);
            line.number += 1;
        }
    }
}

/// Counts a call while it is under way.
struct InFlight<'s>(&'s AtomicU64);

impl<'s> InFlight<'s> {
    fn of(shared: &'s Shared) -> Self {
        shared.in_flight.fetch_add(1, Ordering::Relaxed);
        Self(&shared.in_flight)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn is_timeout<T>(answer: &Result<T, Status>) -> bool {
    let source = answer.as_ref().err().and_then(Error::source);
    source.is_some_and(any_is::<TimeoutExpired>)
}
