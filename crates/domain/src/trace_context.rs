//! The trace that a call belongs to (W3C Trace Context, level 1): what a caller began goes on in the
//! services that are called for him.
//!
//! A driving adapter reads or makes the context of a request and runs the request in its [`scope`];
//! an adapter that calls others asks for the [`current`] one and sends it on with a span id of its
//! own. Nothing in between carries it, and no runtime is needed. `baggage` is neither read nor sent.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::model::RequestId;
use crate::ports::Entropy;

mod trace_state;

/// The flag by which a caller says that he may have recorded his part; the others have no meaning in
/// this level and are not sent on.
const SAMPLED: u8 = 1;

/// A trace: its id, its flags, and what tracing systems noted in it on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: [u8; 16],
    flags: u8,
    state: Option<Arc<str>>,
}

impl TraceContext {
    /// Reads the headers `traceparent` and `tracestate` of a caller (sections 3.2 and 3.3). `None`
    /// where the first is malformed; a malformed second is left out.
    ///
    /// The caller's span is not kept: nothing is recorded of our own part, and those called see a
    /// span of this process as their parent.
    pub fn parse(traceparent: &str, tracestate: Option<&str>) -> Option<Self> {
        let (version, rest) = traceparent.split_at_checked(2)?;
        let rest = rest.strip_prefix('-')?;
        let (trace_id, rest) = rest.split_at_checked(32)?;
        let rest = rest.strip_prefix('-')?;
        let (parent_id, rest) = rest.split_at_checked(16)?;
        let rest = rest.strip_prefix('-')?;
        let (flags, rest) = rest.split_at_checked(2)?;
        // Later versions may add fields, and are read as far as this one goes.
        let ends_well = match hex::<1>(version)? {
            [0] => rest.is_empty(),
            [0xff] => false,
            _ => rest.is_empty() || rest.starts_with('-'),
        };
        let trace_id = hex::<16>(trace_id)?;
        let parent_id = hex::<8>(parent_id)?;
        let [flags] = hex::<1>(flags)?;
        if !ends_well || trace_id == [0; 16] || parent_id == [0; 8] {
            return None;
        }
        Some(Self {
            trace_id,
            flags: flags & SAMPLED,
            state: tracestate.and_then(trace_state::parse).map(Arc::from),
        })
    }

    /// The trace of a request whose caller began none: found by the request's id. That is the trace
    /// id where it is a UUID, else the trace id is derived from it.
    pub fn of_request(id: &RequestId) -> Self {
        let text = id.as_str();
        let uuid = Uuid::try_parse(text).ok().filter(|uuid| !uuid.is_nil());
        let trace_id = uuid.map_or_else(|| derived(text.as_bytes()), Uuid::into_bytes);
        Self::with_id(trace_id)
    }

    /// A trace of its own, for what no request asked for.
    pub fn random(entropy: &dyn Entropy) -> Self {
        Self::with_id(not_zero(entropy))
    }

    const fn with_id(trace_id: [u8; 16]) -> Self {
        Self {
            trace_id,
            flags: 0,
            state: None,
        }
    }

    /// The id of the trace: 32 lower-case hexadecimal digits.
    pub fn trace_id(&self) -> String {
        let mut text = String::with_capacity(32);
        push_hex(&mut text, &self.trace_id);
        text
    }

    /// The header `traceparent` of one call, which gets a new span id.
    pub fn traceparent(&self, entropy: &dyn Entropy) -> String {
        let span_id: [u8; 8] = not_zero(entropy);
        let mut text = String::with_capacity(55);
        text.push_str("00-");
        push_hex(&mut text, &self.trace_id);
        text.push('-');
        push_hex(&mut text, &span_id);
        text.push('-');
        push_hex(&mut text, &[self.flags]);
        text
    }

    /// The header `tracestate`, where the caller sent one.
    pub fn tracestate(&self) -> Option<&str> {
        self.state.as_deref()
    }
}

/// The first bytes of a hash; no text is known whose hash begins with so many zeros.
fn derived(bytes: &[u8]) -> [u8; 16] {
    let mut id = [0; 16];
    id.copy_from_slice(&Sha256::digest(bytes)[..16]);
    id
}

/// Random bytes; zeros alone are no id.
fn not_zero<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    if bytes == [0; N] {
        bytes[N - 1] = 1;
    }
    bytes
}

/// Lower-case hexadecimal digits, and nothing else.
fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
}

thread_local! {
    static CURRENT: RefCell<Option<TraceContext>> = const { RefCell::new(None) };
}

/// The trace of the [`scope`] in which this is called, if it is called in one.
pub fn current() -> Option<TraceContext> {
    CURRENT.with_borrow(Clone::clone)
}

/// Lets a future run as part of a trace, on whatever threads it is polled. What it spawns has no part
/// in it unless it is given a scope too.
pub const fn scope<F>(context: TraceContext, future: F) -> Scope<F> {
    Scope {
        context: Some(context),
        future,
    }
}

/// A future within a [`scope`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Scope<F> {
    context: Option<TraceContext>,
    future: F,
}

impl<F: Future + Unpin> Future for Scope<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let _within = Within::begin(&mut this.context);
        Pin::new(&mut this.future).poll(context)
    }
}

/// While it lives, the context of a scope is the current one, and what was current before lies in
/// its place: scopes may be nested, and a panic leaves nothing behind.
struct Within<'a> {
    elsewhere: &'a mut Option<TraceContext>,
}

impl<'a> Within<'a> {
    fn begin(elsewhere: &'a mut Option<TraceContext>) -> Self {
        CURRENT.with_borrow_mut(|current| std::mem::swap(current, elsewhere));
        Self { elsewhere }
    }
}

impl Drop for Within<'_> {
    fn drop(&mut self) {
        CURRENT.with_borrow_mut(|current| std::mem::swap(current, self.elsewhere));
    }
}

#[cfg(test)]
mod tests {
    use std::future::{poll_fn, ready};
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::task::Waker;

    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    /// Fills with one byte.
    struct Always(u8);

    impl Entropy for Always {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    fn parse(traceparent: &str) -> Option<TraceContext> {
        TraceContext::parse(traceparent, None)
    }

    fn numbered(number: u8) -> TraceContext {
        TraceContext::with_id([number; 16])
    }

    fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
        Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_callers_trace_goes_on_under_a_span_of_ours() {
        for (flags, sent) in [("00", "00"), ("01", "01"), ("ff", "01"), ("02", "00")] {
            let context = parse(&format!("00-{TRACE}-00f067aa0ba902b7-{flags}")).unwrap();
            assert_eq!(context.trace_id(), TRACE);
            let expected = format!("00-{TRACE}-abababababababab-{sent}");
            assert_eq!(context.traceparent(&Always(0xab)), expected);
        }
    }

    #[test]
    fn a_malformed_traceparent_is_none() {
        for text in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "0g-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067aa0ba902b7-01",
            "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
            " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e47-00f067aa0ba902b7-0123",
            "üü-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        for text in [
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "fe-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes",
        ] {
            let sent = parse(text).unwrap().traceparent(&Always(1));
            assert_eq!(sent, format!("00-{TRACE}-0101010101010101-01"));
        }
    }

    #[test]
    fn a_sane_tracestate_is_sent_on_as_it_came() {
        let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
        let with = |state| TraceContext::parse(&parent, Some(state)).unwrap();
        let context = with("congo=t61rcWkgMzE,rojo=00f067aa0ba902b7");
        assert_eq!(
            context.tracestate(),
            Some("congo=t61rcWkgMzE,rojo=00f067aa0ba902b7")
        );
        assert_eq!(with("no list").tracestate(), None);
    }

    #[test]
    fn a_requests_id_is_its_trace_id() {
        let trace = |id: &str| {
            let id = RequestId::parse(id).unwrap();
            TraceContext::of_request(&id).traceparent(&Always(0))
        };
        assert_eq!(
            trace("4bf92f35-77b3-4da6-a3ce-929d0e0e4736"),
            format!("00-{TRACE}-0000000000000001-00")
        );
        // SHA-256 of "mine".
        assert_eq!(
            trace("mine"),
            "00-3fd30542fe3f61b14bd4a4b2dc0b6fb3-0000000000000001-00"
        );
        assert_ne!(trace("mine"), trace("thine"));
        let nil = trace("00000000-0000-0000-0000-000000000000");
        assert!(parse(&nil).is_some(), "{nil}");
    }

    #[test]
    fn what_no_request_asked_for_has_a_random_trace() {
        for byte in [0, 1, 0xff] {
            let text = TraceContext::random(&Always(byte)).traceparent(&Always(byte));
            assert!(parse(&text).is_some(), "{text}");
        }
    }

    #[test]
    fn the_context_is_current_while_its_future_runs_and_not_between() {
        let mut turn = 0;
        let mut outer = scope(
            numbered(1),
            poll_fn(|_| {
                assert_eq!(current(), Some(numbered(1)));
                let mut inner = scope(numbered(2), poll_fn(|_| Poll::Ready(current())));
                assert_eq!(poll_once(&mut inner), Poll::Ready(Some(numbered(2))));
                assert_eq!(current(), Some(numbered(1)));
                turn += 1;
                if turn < 3 {
                    Poll::Pending
                } else {
                    Poll::Ready(())
                }
            }),
        );
        for _ in 0..2 {
            assert_eq!(poll_once(&mut outer), Poll::Pending);
            assert_eq!(current(), None);
        }
        assert_eq!(poll_once(&mut outer), Poll::Ready(()));
        assert_eq!(current(), None);
    }

    #[test]
    fn a_future_that_panics_leaves_nothing_behind() {
        let mut panics = scope(
            numbered(1),
            poll_fn(|_| -> Poll<()> { panic!("on purpose") }),
        );
        assert!(catch_unwind(AssertUnwindSafe(|| poll_once(&mut panics))).is_err());
        assert_eq!(current(), None);
        assert_eq!(
            poll_once(&mut scope(numbered(2), ready(()))),
            Poll::Ready(())
        );
    }
}
