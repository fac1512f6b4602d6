//! Connections to a service: made when a call needs one, not too often, and in bounded time.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use std::{fmt, io};

use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tonic::codegen::Service;
use tonic::codegen::http::Uri;

/// The pause after a connection was tried and nothing was answered over it.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Pauses grow up to this: a service that is back is noticed so soon.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// When the next connection may be tried. A service that is away is not asked by every call: while
/// it pauses, calls end at once.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    next: Mutex<Next>,
    connects: AtomicU64,
}

#[derive(Debug, Default)]
struct Next {
    not_before: Option<Instant>,
    pause: Duration,
}

impl Pace {
    /// Begins an attempt, if it is time for one.
    fn begin(&self, now: Instant) -> Result<(), ConnectFailure> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if next.not_before.is_some_and(|not_before| now < not_before) {
            return Err(ConnectFailure::Pausing);
        }
        next.pause = (next.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        next.not_before = now.checked_add(next.pause);
        self.connects.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// The service answered: when its connection ends, the next one is tried at once.
    pub(crate) fn answered(&self) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        *next = Next::default();
    }

    /// How many connections were tried.
    pub(crate) fn connects(&self) -> u64 {
        self.connects.load(Ordering::Relaxed)
    }
}

/// Why there is no connection.
#[derive(Debug)]
pub(crate) enum ConnectFailure {
    /// One was tried a moment ago, in vain.
    Pausing,
    /// It took too long.
    TooSlow,
    /// The system's reason.
    Io(io::Error),
}

impl fmt::Display for ConnectFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pausing => f.write_str("not connected; tried a moment ago"),
            Self::TooSlow => f.write_str("connecting took too long"),
            Self::Io(error) => write!(f, "cannot connect: {error}"),
        }
    }
}

impl std::error::Error for ConnectFailure {}

/// Connects to one host and port, whatever it is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    pub(crate) host: Arc<str>,
    pub(crate) port: u16,
    pub(crate) timeout: Duration,
    pub(crate) pace: Arc<Pace>,
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectFailure;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectFailure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectFailure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            this.pace.begin(Instant::now())?;
            let connecting = TcpStream::connect((&*this.host, this.port));
            let stream = tokio::time::timeout(this.timeout, connecting)
                .await
                .map_err(|_| ConnectFailure::TooSlow)?
                .map_err(ConnectFailure::Io)?;
            // Calls are small and wait for their answer.
            stream.set_nodelay(true).map_err(ConnectFailure::Io)?;
            Ok(TokioIo::new(stream))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_until_the_service_answers() {
        let pace = Pace::default();
        let mut now = Instant::now();
        for pause in [100, 200, 400, 800, 1600, 2000, 2000].map(Duration::from_millis) {
            assert!(pace.begin(now).is_ok(), "{pause:?}");
            assert!(pace.begin(now + pause - Duration::from_millis(1)).is_err());
            now += pause;
        }
        assert_eq!(pace.connects(), 7);
        pace.answered();
        assert!(pace.begin(now).is_ok());
        assert!(pace.begin(now + FIRST_PAUSE / 2).is_err());
        assert!(pace.begin(now + FIRST_PAUSE).is_ok());
    }
}
