//! A TCP proxy in front of a server, which a test lets freeze, refuse and cut.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::ports::free_port;
use crate::processes::within;

mod pump;
mod wire;

/// How long the port may be taken by what lingers there.
const BIND_LIMIT: Duration = Duration::from_secs(10);

/// A proxy on a port of 127.0.0.1. What it forwards it does not change.
///
/// Connections are cut at a statement only where Postgres's protocol is spoken without TLS. All ends
/// when this value is dropped.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    /// `None` while connections are refused.
    acceptor: Mutex<Option<JoinHandle<()>>>,
}

/// When a connection is cut, as seen from the statement that is waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Moment {
    /// The server never sees it.
    Before,
    /// The server carries it out, and its answer is lost.
    After,
}

/// What cuts a connection.
#[derive(Clone, Debug)]
struct Trap {
    moment: Moment,
    /// Part of the statement; `None` is the end of a transaction that commits.
    needle: Option<String>,
    /// How often it still acts.
    times: u32,
}

#[derive(Debug)]
struct Shared {
    to: SocketAddr,
    state: Mutex<State>,
    /// Rung when `state` changes.
    changed: Condvar,
    cuts: AtomicUsize,
    accepted: AtomicUsize,
    next_connection: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    frozen: bool,
    ended: bool,
    trap: Option<Trap>,
    /// The two sockets of each connection.
    connections: Vec<(u64, [TcpStream; 2])>,
}

impl Proxy {
    /// Starts to forward to this address.
    ///
    /// # Panics
    ///
    /// It is no address, or no port is free.
    pub fn start(to: impl ToSocketAddrs) -> Self {
        let mut addresses = to.to_socket_addrs().expect("a proxy needs an address");
        let shared = Arc::new(Shared {
            to: addresses.next().expect("the name has an address"),
            state: Mutex::default(),
            changed: Condvar::new(),
            cuts: AtomicUsize::new(0),
            accepted: AtomicUsize::new(0),
            next_connection: AtomicU64::new(0),
        });
        let proxy = Self {
            port: free_port(),
            shared,
            acceptor: Mutex::default(),
        };
        proxy.accept();
        proxy
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How many connections it has taken.
    pub fn accepted(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// How many connections a trap has cut: those of [`Proxy::cut_after_commit`] and the like.
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }

    /// Cuts all connections now.
    pub fn cut_all(&self) {
        for (_, sockets) in self.shared.lock().connections.drain(..) {
            cut(&sockets);
        }
        self.shared.changed.notify_all();
    }

    /// Refuses new connections, as a server that is not there; those that are open go on.
    pub fn refuse(&self) {
        let Some(acceptor) = self.acceptor().take() else {
            return;
        };
        // It waits for a connection: this one tells it to look up.
        self.shared.lock().ended = true;
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        let joined = acceptor.join();
        self.shared.lock().ended = false;
        joined.expect("the proxy's thread does not panic");
    }

    /// Takes connections again after [`Proxy::refuse`], at the same port.
    pub fn accept(&self) {
        let mut acceptor = self.acceptor();
        if acceptor.is_some() {
            return;
        }
        let address = (Ipv4Addr::LOCALHOST, self.port);
        let listener = within(BIND_LIMIT, || TcpListener::bind(address).ok())
            .unwrap_or_else(|| panic!("port {} does not become free", self.port));
        let shared = Arc::clone(&self.shared);
        *acceptor = Some(thread::spawn(move || shared.take_connections(&listener)));
    }

    /// Forwards nothing from now on, in either direction; connections stay open, and new ones are
    /// taken.
    pub fn freeze(&self) {
        self.shared.lock().frozen = true;
    }

    /// Forwards again, beginning with what came meanwhile.
    pub fn thaw(&self) {
        self.shared.lock().frozen = false;
        self.shared.changed.notify_all();
    }

    /// Lets the server carry out the next `COMMIT`, and cuts the connection before its answer
    /// reaches the client.
    pub fn cut_after_commit(&self) {
        self.set_trap(Moment::After, None, 1);
    }

    /// As [`Proxy::cut_after_commit`], for the next `times` commits.
    pub fn cut_after_commits(&self, times: u32) {
        self.set_trap(Moment::After, None, times);
    }

    /// Cuts the connection at the next `COMMIT`, which never reaches the server.
    pub fn cut_before_commit(&self) {
        self.set_trap(Moment::Before, None, 1);
    }

    /// As [`Proxy::cut_before_commit`], for the next `times` commits.
    pub fn cut_before_commits(&self, times: u32) {
        self.set_trap(Moment::Before, None, times);
    }

    /// Lets the server carry out the next statement with this text in it, whatever its case, and
    /// cuts the connection before the answer reaches the client.
    pub fn cut_after(&self, text: &str) {
        self.set_trap(Moment::After, Some(text.to_lowercase()), 1);
    }

    /// Cuts the connection at the next statement with this text in it, whatever its case, which
    /// never reaches the server.
    pub fn cut_before(&self, text: &str) {
        self.set_trap(Moment::Before, Some(text.to_lowercase()), 1);
    }

    /// Cuts at no statement any longer.
    pub fn disarm(&self) {
        self.shared.lock().trap = None;
    }

    fn acceptor(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.acceptor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_trap(&self, moment: Moment, needle: Option<String>, times: u32) {
        self.shared.lock().trap = Some(Trap {
            moment,
            needle,
            times,
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.thaw();
        self.refuse();
        self.cut_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The acceptor's life.
    fn take_connections(self: &Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming() {
            if self.lock().ended {
                return;
            }
            // A client that left at once, or a server that is away: the client sees a cut.
            if let Ok(client) = client {
                self.accepted.fetch_add(1, Ordering::SeqCst);
                let _ = self.connect(client);
            }
        }
    }

    fn connect(self: &Arc<Self>, client: TcpStream) -> io::Result<()> {
        let server = TcpStream::connect_timeout(&self.to, Duration::from_secs(5))?;
        for socket in [&client, &server] {
            socket.set_nodelay(true)?;
        }
        let number = self.next_connection.fetch_add(1, Ordering::SeqCst);
        let sockets = [client.try_clone()?, server.try_clone()?];
        self.lock().connections.push((number, sockets));
        pump::start(self, number, client, server)
    }

    /// Waits while frozen.
    fn wait_until_thawed(&self) {
        let state = self.lock();
        let waited = self.changed.wait_while(state, |state| state.frozen);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// When a connection with this statement is to be cut; the trap acts once less then.
    fn trapped(&self, statement: &str) -> Option<Moment> {
        let mut state = self.lock();
        let trap = state.trap.as_mut()?;
        let caught = match &trap.needle {
            Some(needle) => statement.to_lowercase().contains(needle),
            None => wire::commits(statement),
        };
        if !caught {
            return None;
        }
        let moment = trap.moment;
        trap.times = trap.times.saturating_sub(1);
        if trap.times == 0 {
            state.trap = None;
        }
        Some(moment)
    }

    /// Ends one connection; the other direction of it learns that from its socket.
    fn end(&self, number: u64) {
        let mut state = self.lock();
        let found = state.connections.iter().position(|(n, _)| *n == number);
        if let Some(position) = found {
            let (_, sockets) = state.connections.swap_remove(position);
            cut(&sockets);
        }
    }

    /// Ends one connection because of a trap.
    fn end_trapped(&self, number: u64) {
        self.cuts.fetch_add(1, Ordering::SeqCst);
        self.end(number);
    }
}

fn cut(sockets: &[TcpStream; 2]) {
    for socket in sockets {
        // One side may be gone already.
        let _ = socket.shutdown(std::net::Shutdown::Both);
    }
}
