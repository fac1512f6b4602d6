//! A service of the platform, and how it is called: with a deadline, as part of a trace, counted, and
//! with whatever went wrong in the log.

use std::error::Error as _;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tonic::metadata::MetadataMap;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, ConnectError, Request, Response, Status};
use tracing::{Instrument as _, debug, warn};
use users_domain::ports::Entropy;
use users_domain::trace_context::{self, TraceContext};

use crate::connector::{ConnectFailure, Connector, Pace};
use crate::settings::{GrpcSettings, OpenError};
use crate::status::{self, Call, Failure};
use crate::tls;

/// Most bytes of a message, either way.
pub(crate) const MOST_BYTES: usize = 1024 * 1024;
/// Connecting takes no longer than this, however long a call may take.
const LONGEST_CONNECT: Duration = Duration::from_secs(5);
/// A connection over which nothing came for so long, though something is awaited, is asked for a
/// sign of life (HTTP/2 PING). Not more often: the platform's servers take that amiss.
const QUIET: Duration = Duration::from_secs(20);
/// Without a sign of life for so long it is given up.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

/// A service at one address.
pub(crate) struct Peer {
    /// What the log calls it.
    name: &'static str,
    channel: Channel,
    timeout: Duration,
    runtime: Handle,
    entropy: Arc<dyn Entropy>,
    pace: Arc<Pace>,
    calls: AtomicU64,
    failures: AtomicU64,
}

/// Numbers of a service that is called, counted since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallStats {
    /// Calls made.
    pub calls: u64,
    /// Calls of these that the service did not answer, or answered with a fault.
    pub failures: u64,
    /// Connections tried.
    pub connects: u64,
}

/// Why a call has no answer.
enum NoAnswer {
    Status(Status),
    TooSlow,
    /// The runtime that calls are made on has ended.
    Ended,
}

impl Peer {
    /// Connects to nothing yet. Everything is done on `runtime`, whoever calls.
    pub(crate) fn open(
        name: &'static str,
        settings: &GrpcSettings,
        runtime: Handle,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, OpenError> {
        let timeout = settings.checked_timeout()?;
        let (host, port) = settings.host_and_port()?;
        let connect_timeout = timeout.min(LONGEST_CONNECT);
        let scheme = if settings.tls.is_some() {
            "https"
        } else {
            "http"
        };
        let endpoint = Endpoint::from_shared(format!("{scheme}://{}", settings.address))
            .map_err(|_| OpenError::Address)?
            .user_agent(concat!("magistrala-users/", env!("CARGO_PKG_VERSION")))
            .map_err(|_| OpenError::Address)?
            .http2_keep_alive_interval(QUIET)
            .keep_alive_timeout(SIGN_OF_LIFE);
        let endpoint = match &settings.tls {
            None => endpoint,
            Some(tls_settings) => {
                tls::check(tls_settings)?;
                let config = tls::config(tls_settings, &host, connect_timeout);
                endpoint
                    .tls_config(config)
                    .map_err(|error| tls::unusable(&error))?
            }
        };
        let pace = Arc::new(Pace::default());
        let connector = Connector {
            host: host.into(),
            port,
            timeout: connect_timeout,
            pace: pace.clone(),
        };
        // The channel's own tasks live where it is made, and its connections with them.
        let within = runtime.enter();
        let channel = endpoint.connect_with_connector_lazy(connector);
        drop(within);
        Ok(Self {
            name,
            channel,
            timeout,
            runtime,
            entropy,
            pace,
            calls: AtomicU64::new(0),
            failures: AtomicU64::new(0),
        })
    }

    /// Makes a call. What it came to stands in the log where it was not answered with OK.
    ///
    /// It runs on the service's own runtime; it ends in time, and when nobody waits for it any more.
    pub(crate) async fn call<Q, A, F>(
        &self,
        call: Call,
        message: Q,
        send: impl Fn(Channel, Request<Q>) -> F + Send + Sync + 'static,
    ) -> Result<A, Failure>
    where
        Q: Clone + Send + Sync + 'static,
        A: Send + 'static,
        F: Future<Output = Result<Response<A>, Status>> + Send + 'static,
    {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let answer = self.answer(message, send).await;
        if !matches!(&answer, Err(NoAnswer::Status(status)) if !came_from_the_service(status))
            && !matches!(answer, Err(NoAnswer::TooSlow | NoAnswer::Ended))
        {
            self.pace.answered();
        }
        answer.map_err(|no_answer| self.note(call, &no_answer))
    }

    async fn answer<Q, A, F>(
        &self,
        message: Q,
        send: impl Fn(Channel, Request<Q>) -> F + Send + Sync + 'static,
    ) -> Result<A, NoAnswer>
    where
        Q: Clone + Send + Sync + 'static,
        A: Send + 'static,
        F: Future<Output = Result<Response<A>, Status>> + Send + 'static,
    {
        let metadata = self.metadata();
        let (channel, timeout) = (self.channel.clone(), self.timeout);
        let asking = async move {
            let request = || {
                let mut request = Request::new(message.clone());
                *request.metadata_mut() = metadata.clone();
                request.set_timeout(timeout);
                request
            };
            let first = send(channel.clone(), request()).await;
            match first {
                // An attempt that nobody waited for any more may have failed long ago, and only be
                // told to this call. Nothing was sent, so it is safe to go on; where it is too early
                // for another attempt, that ends at once.
                Err(status) if could_not_connect(&status) => {
                    let second = send(channel, request()).await;
                    match second {
                        Err(status_again) if is_pausing(&status_again) => Err(status),
                        second => second,
                    }
                }
                first => first,
            }
        };
        // The bare runtime of a caller may have no timers.
        let asking = async move { tokio::time::timeout(timeout, asking).await };
        let task = self.runtime.spawn(asking.in_current_span());
        match Awaited(task).await {
            Ok(Ok(Ok(response))) => Ok(response.into_inner()),
            Ok(Ok(Err(status))) => Err(NoAnswer::Status(status)),
            Ok(Err(_)) => Err(NoAnswer::TooSlow),
            Err(_) => Err(NoAnswer::Ended),
        }
    }

    /// Waits, on the service's own runtime.
    pub(crate) async fn pause(&self, duration: Duration) {
        let task = self
            .runtime
            .spawn(async move { tokio::time::sleep(duration).await });
        // It cannot fail but with its runtime, and then the next call tells.
        let _ = Awaited(task).await;
    }

    pub(crate) fn stats(&self) -> CallStats {
        CallStats {
            calls: self.calls.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            connects: self.pace.connects(),
        }
    }

    /// The caller's trace, or one of its own.
    fn metadata(&self) -> MetadataMap {
        let trace =
            trace_context::current().unwrap_or_else(|| TraceContext::random(&*self.entropy));
        let mut metadata = MetadataMap::new();
        if let Ok(parent) = trace.traceparent(&*self.entropy).parse() {
            metadata.insert("traceparent", parent);
        }
        if let Some(Ok(state)) = trace.tracestate().map(str::parse) {
            metadata.insert("tracestate", state);
        }
        metadata
    }

    /// Puts into the log why there is no good answer. The service's own words go nowhere else.
    fn note(&self, call: Call, no_answer: &NoAnswer) -> Failure {
        let (service, method) = (self.name, call.name());
        let failure = match no_answer {
            NoAnswer::Status(status) => {
                let failure = status::failure(call, status);
                let code = status_name(status.code());
                let said = reason(status);
                if (call, status.code()) == (Call::Issue, Code::Internal) {
                    warn!(
                        service,
                        rpc.method = method,
                        code,
                        said,
                        "the auth service issues no token: it misses the user's relation (written \
                         at registration and by the relay), or its store of relations is away"
                    );
                } else if failure == Failure::Away {
                    warn!(
                        service,
                        rpc.method = method,
                        code,
                        said,
                        "a service of the platform is away or does not do its part"
                    );
                } else {
                    debug!(service, rpc.method = method, code, said, "answered with no");
                }
                failure
            }
            NoAnswer::TooSlow => {
                let timeout_ms = u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX);
                warn!(
                    service,
                    rpc.method = method,
                    timeout_ms,
                    "a service of the platform is too slow"
                );
                Failure::Away
            }
            NoAnswer::Ended => {
                warn!(
                    service,
                    rpc.method = method,
                    "a service of the platform cannot be called: the program is ending"
                );
                Failure::Away
            }
        };
        if failure == Failure::Away {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
        failure
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer")
            .field("name", &self.name)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// A status has a source only where it was made on this side.
fn came_from_the_service(status: &Status) -> bool {
    status.source().is_none()
}

fn connect_error(status: &Status) -> Option<&ConnectError> {
    let mut source = status.source();
    while let Some(error) = source {
        if let Some(connect_error) = error.downcast_ref() {
            return Some(connect_error);
        }
        source = error.source();
    }
    None
}

fn could_not_connect(status: &Status) -> bool {
    connect_error(status).is_some()
}

fn is_pausing(status: &Status) -> bool {
    connect_error(status).is_some_and(|error| {
        let reason = error.0.downcast_ref();
        matches!(reason, Some(ConnectFailure::Pausing))
    })
}

/// What a status says: the service's text, or the last reason of what failed on this side.
fn reason(status: &Status) -> String {
    let mut source = status.source();
    let mut text = None;
    while let Some(error) = source {
        text = Some(error.to_string());
        source = error.source();
    }
    status::loggable(&text.unwrap_or_else(|| status.message().to_owned()))
}

/// A code as gRPC's own list writes it.
fn status_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// A task that ends when nobody waits for it any more.
struct Awaited<T>(JoinHandle<T>);

impl<T> Future for Awaited<T> {
    type Output = Result<T, tokio::task::JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<T> Drop for Awaited<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
