//! Makes connections, and not too many.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::client::legacy::connect::HttpConnector;
use tokio::time::Instant;
use tonic::codegen::{Service, StdError};
use tonic::transport::Uri;

/// The shortest time between two attempts with no answer in between. A connection that cannot be had
/// fails one call, and the next in the channel's queue begins another attempt: without this a crowd
/// of calls would become a crowd of connections. It is over before any pause of
/// [`Backoff`](crate::backoff::Backoff) is.
const SPACING: Duration = Duration::from_millis(50);

/// When a connection was tried last, if nothing was answered since.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastAttempt(Arc<Mutex<Option<Instant>>>);

impl LastAttempt {
    /// Begins an attempt, if it is time for one.
    fn begin(&self, now: Instant) -> Result<(), TooEarly> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|last| now < last + SPACING) {
            return Err(TooEarly);
        }
        *last = Some(now);
        Ok(())
    }

    /// Whether nothing was answered since a connection was tried last.
    pub(crate) fn is_unanswered(&self) -> bool {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some()
    }

    /// The service answered: a connection that ends is made again at once.
    pub(crate) fn answered(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// No connection is tried, since one was a moment ago.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TooEarly;

impl fmt::Display for TooEarly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a connection was tried a moment ago")
    }
}

impl std::error::Error for TooEarly {}

/// TCP, kept to its spacing.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    pub(crate) tcp: HttpConnector,
    pub(crate) last_attempt: LastAttempt,
}

type Connecting<T> = Pin<Box<dyn Future<Output = Result<T, StdError>> + Send>>;

impl Service<Uri> for Connector {
    type Response = <HttpConnector as Service<Uri>>::Response;
    type Error = StdError;
    type Future = Connecting<Self::Response>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), StdError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        if let Err(too_early) = self.last_attempt.begin(Instant::now()) {
            return Box::pin(async move { Err(too_early.into()) });
        }
        let connecting = self.tcp.call(uri);
        Box::pin(async move { Ok(connecting.await?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_without_an_answer_have_their_spacing() {
        let last = LastAttempt::default();
        let now = Instant::now();
        assert!(!last.is_unanswered());
        assert!(last.begin(now).is_ok());
        assert!(last.is_unanswered());
        assert!(last.begin(now).is_err());
        assert!(last.begin(now + SPACING / 2).is_err());
        assert!(last.begin(now + SPACING).is_ok());
        last.answered();
        assert!(!last.is_unanswered());
        assert!(last.begin(now + SPACING).is_ok());
    }
}
