//! The connections that come in: so many at once and no more, none that never says what it is, and
//! none that outlives the server.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::{Stream, stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Sleep;
use tonic::transport::server::{Connected, TcpConnectInfo};

/// The pause after a connection could not be taken: there may be no file left to open it as.
const PAUSE: Duration = Duration::from_millis(100);

/// How many bytes every client begins with: HTTP/2's preface (RFC 9113, section 3.4). One that speaks
/// TLS begins with more; from then on the handshake's own limit counts.
const FIRST_WORD: usize = 24;

/// The connections of a listener, at most so many at once; further ones wait. They are cut when the
/// sender of `alive` is gone, and where no client's first word comes in `first_word_within`.
pub(crate) fn incoming(
    listener: TcpListener,
    most: usize,
    first_word_within: Duration,
    alive: watch::Receiver<()>,
) -> impl Stream<Item = io::Result<Incoming>> + Send {
    let places = Arc::new(Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS)));
    stream::unfold(
        (listener, places, alive),
        move |(listener, places, alive)| async move {
            // Nobody closes it; the stream would end.
            let place = places.clone().acquire_owned().await.ok()?;
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => {
                        // Answers are small and waited for.
                        if let Err(error) = stream.set_nodelay(true) {
                            tracing::debug!(%error, "a connection ended at once");
                            continue;
                        }
                        let incoming = Incoming {
                            stream,
                            first_word: Some(Box::pin(tokio::time::sleep(first_word_within))),
                            unsaid: FIRST_WORD,
                            end: Some(Box::pin(end_of(alive.clone()))),
                            _place: place,
                        };
                        return Some((Ok(incoming), (listener, places, alive)));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a gRPC connection could not be taken");
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            }
        },
    )
}

/// Ends when the server does.
async fn end_of(mut alive: watch::Receiver<()>) {
    while alive.changed().await.is_ok() {}
}

/// A connection that holds its place until it ends.
pub(crate) struct Incoming {
    stream: TcpStream,
    /// Until when the first word has to come; `None` when it has.
    first_word: Option<Pin<Box<Sleep>>>,
    /// How many bytes of it are still to come.
    unsaid: usize,
    /// The end of the server; `None` when it has come.
    end: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    _place: OwnedSemaphorePermit,
}

impl Connected for Incoming {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.stream.connect_info()
    }
}

impl AsyncRead for Incoming {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(end) = &mut self.end
            && end.as_mut().poll(context).is_ready()
        {
            self.end = None;
        }
        if self.end.is_none() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let read = buffer.filled().len().saturating_sub(before);
        self.unsaid = self.unsaid.saturating_sub(read);
        if self.unsaid == 0 {
            self.first_word = None;
        } else if let Some(until) = &mut self.first_word
            && until.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        polled
    }
}

impl AsyncWrite for Incoming {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }
}
