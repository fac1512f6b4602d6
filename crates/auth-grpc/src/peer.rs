//! A service of the platform, and how it is called: as part of a trace, and with whatever went wrong
//! in the log.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};
use tracing::{Instrument as _, debug, warn};
use users_domain::ports::Entropy;
use users_domain::trace_context::{self, TraceContext};
use users_grpc_client::{
    self as client, AbortOnDrop, Connection, ConnectionStats, OpenError, code_name, is_known_away,
    loggable, trace_headers,
};

use crate::settings::PeerSettings;
use crate::status::{self, Call, Failure};

/// A service at one address.
pub(crate) struct Peer {
    /// What the log calls it.
    name: &'static str,
    connection: Connection,
    runtime: Handle,
    entropy: Arc<dyn Entropy>,
}

impl Peer {
    /// Connects to nothing yet. Everything is done on `runtime`, whoever calls.
    pub(crate) fn open(
        name: &'static str,
        settings: &PeerSettings,
        runtime: Handle,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, OpenError> {
        let connection = Connection::open(&settings.of(name), runtime.clone())?;
        Ok(Self {
            name,
            connection,
            runtime,
            entropy,
        })
    }

    /// Makes a call. What it came to stands in the log where it was not answered with OK.
    pub(crate) async fn call<T, F, A>(&self, call: Call, make: F) -> Result<T, Failure>
    where
        F: FnOnce(client::Call) -> A,
        A: Future<Output = Result<T, Status>> + Send + 'static,
        T: Send + 'static,
    {
        let answer = self.connection.call(self.headers(), make).await;
        answer.map_err(|status| self.note(call, &status))
    }

    /// Waits. The runtime of a caller may have no timers.
    pub(crate) async fn pause(&self, duration: Duration) {
        let pause = async move { tokio::time::sleep(duration).await };
        let mut task = AbortOnDrop(self.runtime.spawn(pause));
        // It cannot fail but with its runtime, and then the next call tells.
        let _ = (&mut task.0).await;
    }

    /// Has something done to the end, also when nobody waits for that any more.
    pub(crate) fn see_through<F>(&self, work: F) -> impl Future<Output = ()> + use<F>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let work = Box::pin(work.in_current_span());
        let task = match trace_context::current() {
            Some(trace) => self.runtime.spawn(trace_context::scope(trace, work)),
            None => self.runtime.spawn(work),
        };
        async move {
            // It cannot fail but with its runtime, or by a panic that is in the log.
            let _ = task.await;
        }
    }

    pub(crate) fn stats(&self) -> ConnectionStats {
        self.connection.stats()
    }

    /// The caller's trace, or one of its own; a new span each time.
    fn headers(&self) -> MetadataMap {
        let entropy = &*self.entropy;
        let trace = trace_context::current().unwrap_or_else(|| TraceContext::random(entropy));
        trace_headers(&trace.traceparent(entropy), trace.tracestate())
    }

    /// Puts into the log why there is no good answer. The service's own words go nowhere else.
    fn note(&self, call: Call, status: &Status) -> Failure {
        let failure = status::failure(call, status);
        let (service, method, code) = (self.name, call.name(), code_name(status.code()));
        let said = loggable(status.message());
        if (call, status.code()) == (Call::Issue, Code::Internal) {
            warn!(
                service,
                rpc.method = method,
                code,
                said,
                "the auth service issues no token: it misses the user's relation, which is written \
                 after registration, or its store of relations is away"
            );
        } else if call == Call::Check {
            // Asked every few seconds; whoever asks tells when the answer changes.
            debug!(service, rpc.method = method, code, said, "not healthy");
        } else if is_known_away(status) {
            // The connection has said so, once for all calls.
            debug!(service, rpc.method = method, code, said, "away");
        } else if failure == Failure::Away {
            warn!(
                service,
                rpc.method = method,
                code,
                said,
                "a service of the platform is away, too slow, or does not do its part"
            );
        } else {
            debug!(service, rpc.method = method, code, said, "answered with no");
        }
        failure
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer")
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}
