//! Whose turn it is on a connection: what a pause means depends on it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

/// Known to a connection's socket and to the requests that come over it.
#[derive(Clone)]
pub(crate) struct Turn(Rc<State>);

struct State {
    whose: Cell<Whose>,
    is_last: Cell<bool>,
    /// How many bytes of the present request's body may still have to be read.
    missing: Cell<usize>,
    /// An answer went out, and nothing was read since.
    has_answered: Cell<bool>,
}

#[derive(Clone, Copy)]
enum Whose {
    /// The connection is new; actix-web has a limit for its first head.
    New,
    /// Ours: a request is being answered. What it still sends is its handler's business.
    Service,
    /// The answer is made, and not yet on its way as a whole.
    Answer,
    /// The client's, who has sent nothing since the last answer.
    Client { until: Option<Instant> },
    /// The client's, who has begun a head, or still sends a body that nobody wanted.
    Head { until: Option<Instant> },
}

impl Turn {
    pub(super) fn new() -> Self {
        Self(Rc::new(State {
            whose: Cell::new(Whose::New),
            is_last: Cell::new(false),
            missing: Cell::new(0),
            has_answered: Cell::new(false),
        }))
    }

    /// A request has come whose body has at most so many bytes; the turn is ours for as long as the
    /// guard lives.
    pub(super) fn serve(&self, body: usize) -> Serving {
        self.0.whose.set(Whose::Service);
        self.0.missing.set(body);
        Serving(self.clone())
    }

    /// The body of the present request has been read.
    pub(crate) fn has_whole_body(&self) {
        self.0.missing.set(0);
    }

    /// How much may be read now: what comes behind the present request must wait, or it would fill
    /// actix-http's buffer, which then asks again and again instead of waiting.
    pub(super) fn readable(&self) -> usize {
        match self.0.whose.get() {
            Whose::Service => self.0.missing.get(),
            Whose::Answer => 0,
            Whose::New | Whose::Client { .. } | Whose::Head { .. } => usize::MAX,
        }
    }

    /// So many bytes were read.
    pub(super) fn has_read(&self, bytes: usize) {
        self.0
            .missing
            .set(self.0.missing.get().saturating_sub(bytes));
    }

    /// Whether an answer went out since this was asked last: then the next request may be in
    /// actix-http's buffer already, and is taken from there first.
    pub(super) fn has_answered(&self) -> bool {
        self.0.has_answered.take()
    }

    /// No request of this connection is served after the present one.
    pub(super) fn make_last(&self) {
        self.0.is_last.set(true);
    }

    /// Whether the connection has had its last request.
    pub(super) fn is_last(&self) -> bool {
        self.0.is_last.get()
    }

    /// Bytes go out.
    pub(super) fn sends(&self) {
        if !matches!(self.0.whose.get(), Whose::Service) {
            self.0.whose.set(Whose::Answer);
        }
    }

    /// All bytes are out. The client may be idle for so long.
    pub(super) fn has_sent(&self, idle: Duration) {
        if matches!(self.0.whose.get(), Whose::Answer) {
            let until = Instant::now().checked_add(idle);
            self.0.whose.set(Whose::Client { until });
            self.0.has_answered.set(true);
        }
    }

    /// Bytes have come in. A head that begins with them may take so long; zero is no limit.
    pub(super) fn hears(&self, head: Duration) {
        if matches!(self.0.whose.get(), Whose::Client { .. }) {
            let until = match head {
                Duration::ZERO => None,
                head => Instant::now().checked_add(head),
            };
            self.0.whose.set(Whose::Head { until });
        }
    }

    /// When the client's turn is over, if it is his turn.
    pub(super) fn until(&self) -> Option<Instant> {
        match self.0.whose.get() {
            Whose::New | Whose::Service | Whose::Answer => None,
            Whose::Client { until } | Whose::Head { until } => until,
        }
    }
}

/// A request that is being answered.
pub(super) struct Serving(Turn);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.0.whose.set(Whose::Answer);
    }
}
