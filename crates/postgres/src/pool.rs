//! The connections of one process, handed out one call at a time.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bb8::{ErrorSink, ManageConnection, Pool, PooledConnection};
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::PoolableConnection as _;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;
use users_domain::ports::StoreError;

use crate::connect::{ConnectError, Connector};
use crate::error::OpenError;
use crate::open_connections::{Attempt, Counted, Counts};
use crate::probe::Watch;
use crate::settings::PostgresSettings;

/// A connection is replaced after this time, so that none serves for ever: behind a load balancer
/// the set of servers may have changed.
pub(crate) const MAX_LIFETIME: Duration = Duration::from_mins(30);
/// A connection that nobody needs is closed after this time.
const IDLE_TIMEOUT: Duration = Duration::from_mins(5);

/// What a store is doing at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostgresStats {
    /// Connections that are open.
    pub connections: u32,
    /// Those of them that nobody uses.
    pub idle: u32,
    /// Connections that may be open.
    pub max_connections: u32,
    /// Calls that wait for a connection.
    pub waiting: u64,
    /// Calls since the store was made that got no connection in time.
    pub timed_out: u64,
    /// Calls since the store was made that were given up because the server took too long.
    pub statement_timeouts: u64,
    /// Connections that could not be opened.
    pub connect_errors: u64,
    /// Time that calls have waited for connections, all together.
    pub wait_time: Duration,
}

/// Calls that may wait for a connection at a time; more are refused at once.
const MAX_WAITING: u64 = 1024;

/// The connections of one process.
pub(crate) struct Connections {
    connector: Connector,
    pool: Pool<Opener>,
    counts: Arc<Counts>,
    watch: Watch,
    /// Where connections live and calls run.
    runtime: Handle,
    closed: AtomicBool,
    calls: TaskTracker,
    /// Ends the calls that run.
    abandoned: CancellationToken,
    /// How many connections could not be opened; rung at each.
    connect_errors: Arc<watch::Sender<u64>>,
    /// Calls that wait for a connection. The pool's own count keeps those that stopped waiting.
    waiting: AtomicU64,
    timed_out: AtomicU64,
    wait_nanos: AtomicU64,
    statement_timeouts: AtomicU64,
}

/// Hears of connections that could not be opened: the pool tells nobody else.
#[derive(Debug)]
struct ConnectErrors(Arc<watch::Sender<u64>>);

impl ErrorSink<ConnectError> for ConnectErrors {
    fn sink(&self, error: ConnectError) {
        tracing::error!(%error, "no connection to the database");
        self.0.send_modify(|count| *count += 1);
    }

    fn boxed_clone(&self) -> Box<dyn ErrorSink<ConnectError>> {
        Box::new(Self(self.0.clone()))
    }
}

/// A call that waits for a connection, counted until it has one or has given up.
struct Waiting<'a> {
    connections: &'a Connections,
    since: Instant,
}

impl<'a> Waiting<'a> {
    fn begin(connections: &'a Connections) -> Option<Self> {
        let waiting = Self {
            connections,
            since: Instant::now(),
        };
        let before = connections.waiting.fetch_add(1, Ordering::Relaxed);
        (before < MAX_WAITING).then_some(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let nanos = u64::try_from(self.since.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let Connections {
            waiting,
            wait_nanos,
            ..
        } = self.connections;
        waiting.fetch_sub(1, Ordering::Relaxed);
        wait_nanos.fetch_add(nanos, Ordering::Relaxed);
    }
}

/// A connection and whether it may be used again.
pub(crate) struct Slot {
    pub(crate) connection: AsyncPgConnection,
    /// Something was left half done on it: it is closed instead of handed out again.
    pub(crate) spoiled: bool,
    _counted: Counted,
}

/// Opens the pool's connections and counts them.
pub(crate) struct Opener {
    connector: Connector,
    counts: Arc<Counts>,
}

impl ManageConnection for Opener {
    type Connection = Slot;
    type Error = ConnectError;

    async fn connect(&self) -> Result<Slot, ConnectError> {
        let attempt = Attempt::begin(&self.counts);
        let connection = self.connector.connect().await?;
        Ok(Slot {
            connection,
            spoiled: false,
            _counted: attempt.succeeded(),
        })
    }

    /// Never asked, see [`Connections::new`].
    async fn is_valid(&self, _: &mut Slot) -> Result<(), ConnectError> {
        Ok(())
    }

    fn has_broken(&self, slot: &mut Slot) -> bool {
        slot.spoiled || slot.connection.is_broken()
    }
}

impl Connections {
    pub(crate) fn new(settings: PostgresSettings) -> Result<Self, OpenError> {
        let connector = Connector::new(settings)?;
        let settings = connector.settings();
        let connect_errors = Arc::new(watch::Sender::new(0));
        let counts = Arc::new(Counts::default());
        let pool = Pool::builder()
            .max_size(settings.max_connections.max(1))
            .connection_timeout(settings.connect_timeout)
            .max_lifetime(MAX_LIFETIME)
            .idle_timeout(IDLE_TIMEOUT)
            // Asking first would double the cost of a read; a dead connection is found by its
            // first statement, and what can be done again is.
            .test_on_check_out(false)
            // A server that refuses is told of at once.
            .retry_connection(false)
            .error_sink(Box::new(ConnectErrors(connect_errors.clone())))
            .build_unchecked(Opener {
                connector: connector.clone(),
                counts: counts.clone(),
            });
        Ok(Self {
            connector,
            pool,
            counts,
            watch: Watch::default(),
            runtime: Handle::current(),
            closed: AtomicBool::new(false),
            calls: TaskTracker::new(),
            abandoned: CancellationToken::new(),
            connect_errors,
            waiting: AtomicU64::new(0),
            timed_out: AtomicU64::new(0),
            wait_nanos: AtomicU64::new(0),
            statement_timeouts: AtomicU64::new(0),
        })
    }

    pub(crate) fn settings(&self) -> &PostgresSettings {
        self.connector.settings()
    }

    /// A connection beside the pool, for what takes long.
    pub(crate) fn connector(&self) -> &Connector {
        &self.connector
    }

    /// A connection, within the settings' time.
    ///
    /// When none can be opened and there is none that could become free, nobody waits any longer.
    /// While there are some, as when the server gives this process no more, it is worth to wait; and
    /// so it is for those that are being opened already, but not for what later calls will try.
    pub(crate) async fn take(&self) -> Result<PooledConnection<'_, Opener>, StoreError> {
        let Some(_waiting) = Waiting::begin(self) else {
            tracing::warn!("too many calls wait for a connection to the database");
            return Err(StoreError::Unavailable);
        };
        // Before it is asked for: what happens from now on is not missed.
        let mut errors = self.connect_errors.subscribe();
        let next = self.counts.next_attempt();
        let mut free = pin!(timeout(self.settings().connect_timeout, self.free()));
        loop {
            tokio::select! {
                biased;
                slot = &mut free => {
                    return slot.ok().flatten().ok_or_else(|| {
                        self.timed_out.fetch_add(1, Ordering::Relaxed);
                        tracing::error!("no connection to the database became free in time");
                        StoreError::Unavailable
                    });
                }
                // It does not fail: we have the sender.
                _ = errors.changed() => {
                    if !self.counts.may_have_one(next) {
                        return Err(StoreError::Unavailable);
                    }
                }
            }
        }
    }

    /// Whether the pool has no connection, not even one that is used.
    pub(crate) fn has_none_open(&self) -> bool {
        self.counts.has_none_open()
    }

    /// What watches over the database.
    pub(crate) fn watch(&self) -> &Watch {
        &self.watch
    }

    /// A connection that is not known to be dead; `None` if the pool has none in time.
    async fn free(&self) -> Option<PooledConnection<'_, Opener>> {
        // Those that died while nobody used them are thrown away here, however many they are.
        loop {
            // The pool gives no other error than that of time.
            let mut slot = self.pool.get().await.ok()?;
            if !slot.connection.is_broken() {
                return Some(slot);
            }
            slot.spoiled = true;
        }
    }

    /// Carries a call out where connections live, to its end even if nobody waits for it any more,
    /// unless the store is abandoned.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        call: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        if self.closed.load(Ordering::Acquire) {
            tracing::warn!("the store is closed");
            return Err(StoreError::Unavailable);
        }
        let abandoned = self.abandoned.clone();
        let call = async move { abandoned.run_until_cancelled_owned(call).await };
        let call = self.calls.track_future(call.in_current_span());
        // It fails only if the call panics, which the panic hook logs, or the runtime ends.
        let outcome = self.runtime.spawn(call).await;
        let outcome = outcome.ok().flatten();
        outcome.unwrap_or(Err(StoreError::Unavailable))
    }

    /// Carries out work that nobody waits for but the store's end; none after that.
    pub(crate) fn run_behind(&self, work: impl Future<Output = ()> + Send + 'static) {
        if self.closed.load(Ordering::Acquire) {
            return;
        }
        let abandoned = self.abandoned.clone();
        let work = async move {
            abandoned.run_until_cancelled_owned(work).await;
        };
        self.runtime.spawn(self.calls.track_future(work));
    }

    /// Refuses new calls, and ends those that run wherever they are.
    pub(crate) fn abandon(&self) {
        self.closed.store(true, Ordering::Release);
        self.abandoned.cancel();
    }

    /// Notes that a call was given up, and asks the server to give it up too.
    pub(crate) fn give_up(&self, slot: &mut Slot) {
        slot.spoiled = true;
        self.statement_timeouts.fetch_add(1, Ordering::Relaxed);
        let (token, connector) = (slot.connection.cancel_token(), self.connector.clone());
        self.runtime
            .spawn(async move { connector.cancel(token).await });
    }

    pub(crate) async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.calls.close();
        self.calls.wait().await;
        self.watch.close().await;
    }

    pub(crate) fn stats(&self) -> PostgresStats {
        let state = self.pool.state();
        PostgresStats {
            connections: state.connections,
            idle: state.idle_connections,
            max_connections: self.settings().max_connections,
            waiting: self.waiting.load(Ordering::Relaxed),
            timed_out: self.timed_out.load(Ordering::Relaxed),
            statement_timeouts: self.statement_timeouts.load(Ordering::Relaxed),
            connect_errors: *self.connect_errors.borrow(),
            wait_time: Duration::from_nanos(self.wait_nanos.load(Ordering::Relaxed)),
        }
    }
}
