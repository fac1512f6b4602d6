//! A port of 127.0.0.1 that can be closed, cutting what came in, and opened again.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};

use futures::Stream;
use futures::stream::poll_fn;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tonic::transport::server::Connected;

use crate::runtime;

/// So many connections may wait to be accepted.
const BACKLOG: u32 = 1024;

/// The port. Closed when it is dropped.
pub(crate) struct Door {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    entrance: Entrance,
    /// Second handles to the connections that are open, by which they are cut.
    connections: HashMap<u64, std::net::TcpStream>,
    accepted: u64,
}

#[derive(Default)]
enum Entrance {
    Open(TcpListener),
    /// The port is bound and does not listen: connecting is refused, and nobody else gets it.
    Closed(TcpSocket),
    #[default]
    Gone,
}

impl Door {
    /// Opens a port; 0 is any that is free.
    pub(crate) fn open(port: u16) -> io::Result<Self> {
        let listener = listen(bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?)?;
        let address = listener.local_addr()?;
        let state = State {
            entrance: Entrance::Open(listener),
            ..State::default()
        };
        Ok(Self {
            address,
            state: Arc::new(Mutex::new(state)),
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The connections that come in until the door is closed.
    pub(crate) fn connections(
        &self,
    ) -> impl Stream<Item = io::Result<Connection>> + Send + 'static {
        let state = self.state.clone();
        poll_fn(move |context| {
            let mut locked = lock(&state);
            let Entrance::Open(listener) = &locked.entrance else {
                return Poll::Ready(None);
            };
            let accepted = match listener.poll_accept(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(accepted) => accepted,
            };
            Poll::Ready(Some(accepted.and_then(|(stream, _)| {
                let (stream, handle) = doubled(stream)?;
                locked.accepted += 1;
                let number = locked.accepted;
                locked.connections.insert(number, handle);
                Ok(Connection {
                    stream,
                    number,
                    state: Arc::downgrade(&state),
                })
            })))
        })
    }

    /// Refuses new connections and cuts the old ones, from the moment it returns.
    pub(crate) fn close(&self) {
        let mut state = lock(&self.state);
        if matches!(state.entrance, Entrance::Open(_)) {
            state.entrance = Entrance::Gone;
            let socket = bind(self.address).expect("the port was ours a moment ago");
            state.entrance = Entrance::Closed(socket);
        }
        for (_, connection) in state.connections.drain() {
            // One that the other side has closed cannot be cut, and need not be.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        !matches!(lock(&self.state).entrance, Entrance::Open(_))
    }

    /// Lets connections in again, at the same port. Says whether it was closed.
    pub(crate) fn reopen(&self) -> bool {
        let mut state = lock(&self.state);
        match std::mem::take(&mut state.entrance) {
            Entrance::Closed(socket) => {
                let listener = listen(socket).expect("the port is bound and ours");
                state.entrance = Entrance::Open(listener);
                true
            }
            other => {
                state.entrance = other;
                false
            }
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let mut state = lock(&self.state);
        state.entrance = Entrance::Gone;
        for (_, connection) in state.connections.drain() {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Else the port is barred for a minute after connections were cut.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

fn listen(socket: TcpSocket) -> io::Result<TcpListener> {
    let _runtime = runtime::handle().enter();
    socket.listen(BACKLOG)
}

fn doubled(stream: TcpStream) -> io::Result<(TcpStream, std::net::TcpStream)> {
    // Small answers go out at once.
    stream.set_nodelay(true)?;
    let stream = stream.into_std()?;
    let handle = stream.try_clone()?;
    Ok((TcpStream::from_std(stream)?, handle))
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection that can be cut from outside.
pub(crate) struct Connection {
    stream: TcpStream,
    number: u64,
    state: Weak<Mutex<State>>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        // As long as the second handle is there, the other side does not see the end.
        if let Some(state) = self.state.upgrade() {
            lock(&state).connections.remove(&self.number);
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
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
}
