//! A client's socket, on which every wait ends.
//!
//! actix-web bounds the wait for a connection's first head, and for the first byte of a later one.
//! What it leaves open is closed here: a later head that does not arrive whole, a body that is
//! still sent when the answer is out, and an answer that is not taken.
//!
//! And what a client sends behind a request waits in the socket until that one is answered:
//! actix-http would read it into a buffer, and ask without end for more once that is full.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::alarm::Alarm;
use super::long_names::LongNames;
use super::turn::Turn;

/// How long a client may make us wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// For a head that he has begun; zero is no limit.
    pub(super) head: Duration,
    /// For the first byte of the next request.
    pub(super) idle: Duration,
    /// Until he takes some more of his answer.
    pub(super) write: Duration,
}

/// How much of an answer must be taken within [`Limits::write`] for the limit to begin anew: a
/// byte now and then would keep an answer in memory for ever.
const SOME: usize = 64 * 1024;

/// How much is read before what was read is looked at.
const AT_ONCE: usize = 32 * 1024;

/// A client's socket.
pub(super) struct ClientSocket<S> {
    stream: S,
    turn: Turn,
    limits: Limits,
    names: LongNames,
    /// The client does not take what was written.
    blocked: Option<Blocked>,
    /// The client was not read from, and nothing else will say when he can be.
    held_back: bool,
    /// What was read since the task last had a pause.
    at_once: usize,
    read_alarm: Alarm,
    write_alarm: Alarm,
}

struct Blocked {
    until: Instant,
    /// What was taken since the limit began.
    taken: usize,
}

impl<S> ClientSocket<S> {
    pub(super) fn new(stream: S, limits: Limits) -> Self {
        Self {
            stream,
            turn: Turn::new(),
            limits,
            names: LongNames::default(),
            blocked: None,
            held_back: false,
            at_once: 0,
            read_alarm: Alarm::default(),
            write_alarm: Alarm::default(),
        }
    }

    /// Whose turn it is; requests say when they take it and give it back.
    pub(super) fn turn(&self) -> &Turn {
        &self.turn
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ClientSocket<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.blocked.is_some() {
            // Who takes no answers gets no further ones: they would pile up.
            this.held_back = true;
            return Poll::Pending;
        }
        let readable = this.turn.readable();
        if readable == 0 {
            // Until the answer is out.
            this.held_back = true;
            this.at_once = 0;
            return Poll::Pending;
        }
        let readable = readable.min(AT_ONCE.saturating_sub(this.at_once));
        if this.turn.has_answered() || readable == 0 {
            this.at_once = 0;
            task.waker().wake_by_ref();
            return Poll::Pending;
        }
        let until = this.turn.until();
        if until.is_some_and(|until| Instant::now() >= until) {
            // Nothing read is the end: the same as if the client had hung up.
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let polled = poll_read_at_most(&mut this.stream, task, buffer, readable);
        match polled {
            Poll::Pending => {
                this.at_once = 0;
                if let Some(until) = until {
                    this.read_alarm.set(until, task);
                }
            }
            Poll::Ready(Ok(())) => {
                let read = buffer.filled().get(before..).unwrap_or_default();
                let bytes = read.len();
                if this.names.end_in(read) {
                    buffer.set_filled(before);
                } else if bytes > 0 {
                    this.turn.hears(this.limits.head);
                    this.turn.has_read(bytes);
                    this.at_once += bytes;
                }
            }
            Poll::Ready(Err(_)) => {}
        }
        polled
    }
}

/// Reads at most so much, however much room there is.
fn poll_read_at_most<S: AsyncRead + Unpin>(
    stream: &mut S,
    task: &mut Context<'_>,
    buffer: &mut ReadBuf<'_>,
    most: usize,
) -> Poll<io::Result<()>> {
    if most >= buffer.remaining() {
        return Pin::new(stream).poll_read(task, buffer);
    }
    let mut some = [0; 4096];
    let most = most.min(some.len());
    let mut part = ReadBuf::new(some.get_mut(..most).unwrap_or_default());
    ready!(Pin::new(stream).poll_read(task, &mut part))?;
    buffer.put_slice(part.filled());
    Poll::Ready(Ok(()))
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ClientSocket<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.turn.sends();
        let Poll::Ready(written) = Pin::new(&mut this.stream).poll_write(task, bytes) else {
            let now = Instant::now();
            let blocked = this.blocked.get_or_insert_with(|| Blocked {
                until: now + this.limits.write,
                taken: 0,
            });
            if now >= blocked.until {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            this.write_alarm.set(blocked.until, task);
            return Poll::Pending;
        };
        let written = written?;
        if let Some(blocked) = &mut this.blocked {
            blocked.taken += written;
            if blocked.taken >= SOME {
                *blocked = Blocked {
                    until: Instant::now() + this.limits.write,
                    taken: 0,
                };
            }
        }
        Poll::Ready(Ok(written))
    }

    /// Called when everything was written.
    fn poll_flush(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.stream).poll_flush(task))?;
        this.blocked = None;
        this.turn.has_sent(this.limits.idle);
        // Not while a request is being answered: it would be asked again and again.
        if this.held_back && this.turn.readable() > 0 {
            this.held_back = false;
            task.waker().wake_by_ref();
        }
        if let Some(until) = this.turn.until() {
            // Nobody need try to read from now on, unless the client sends something.
            this.read_alarm.set(until, task);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(task)
    }
}

#[cfg(test)]
mod tests;
