//! Calls as they came over the wire, and what was answered.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use prost::Message;
use tokio::sync::watch;
use tonic::codegen::http::HeaderMap;

/// How long a test waits for calls that it is sure of.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// So many calls are kept: more than any test makes, fewer than fill the memory of a benchmark.
const MOST_CALLS: usize = 20_000;

/// A call as it came over the wire. Its `Debug` keeps what it says to itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// The path, e.g. `/token.v1.TokenService/Issue`.
    pub path: String,
    /// The headers of the request but `:path` and the like, in lower case, in the order in which they
    /// came.
    pub metadata: Vec<(String, String)>,
    /// The message's bytes, without the five that gRPC puts before it; the body, if it was no gRPC.
    pub message: Vec<u8>,
    /// What was answered; `None` as long as nothing was.
    pub answer: Option<Answer>,
}

/// What a server answered to a call.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The number of the gRPC status; for a server of keys: of the HTTP status.
    pub status: u16,
    /// The text of the gRPC status.
    pub text: String,
    /// The message's bytes; empty if the call failed. Several messages follow each other.
    pub message: Vec<u8>,
}

impl Call {
    /// The method's name, e.g. `Issue`.
    pub fn rpc(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The value of a header, the first if there are several.
    pub fn metadata(&self, name: &str) -> Option<&str> {
        let mut headers = self.metadata.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The message.
    ///
    /// # Panics
    ///
    /// It is no such message.
    pub fn decode<M: Message + Default>(&self) -> M {
        M::decode(self.message.as_slice()).expect("the message is of the kind that is asked for")
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("path", &self.path)
            .field("bytes", &self.message.len())
            .field("answer", &self.answer)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("bytes", &self.message.len())
            .finish_non_exhaustive()
    }
}

/// Told of every call once it is answered.
pub(crate) type Observer = Arc<dyn Fn(&Call) + Send + Sync>;

/// The calls since the start, or since they were forgotten; of very many the last ones.
#[derive(Clone)]
pub(crate) struct CallLog {
    kept: Arc<watch::Sender<Kept>>,
    observer: Arc<RwLock<Option<Observer>>>,
}

#[derive(Default)]
struct Kept {
    /// The number of the first of them; the others follow without a gap.
    first: u64,
    calls: VecDeque<Call>,
}

impl Kept {
    /// Where a call is, unless it has been forgotten.
    fn index(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.first)?).ok()
    }

    fn forget(&mut self, count: usize) {
        self.calls.drain(..count);
        self.first += u64::try_from(count).expect("a count of calls in memory");
    }
}

impl CallLog {
    pub(crate) fn new() -> Self {
        Self {
            kept: Arc::new(watch::Sender::new(Kept::default())),
            observer: Arc::default(),
        }
    }

    pub(crate) fn observe(&self, observer: Observer) {
        *self
            .observer
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Some(observer);
    }

    /// Notes a call that has come in. The number is for [`CallLog::answered`].
    pub(crate) fn came(&self, path: &str, headers: &HeaderMap, message: Vec<u8>) -> u64 {
        let metadata = headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.as_str().to_owned(), value.into_owned())
        });
        let call = Call {
            path: path.to_owned(),
            metadata: metadata.collect(),
            message,
            answer: None,
        };
        let mut number = 0;
        self.kept.send_modify(|kept| {
            if kept.calls.len() == MOST_CALLS {
                kept.forget(1);
            }
            number = kept.first + u64::try_from(kept.calls.len()).expect("at most the most calls");
            kept.calls.push_back(call);
        });
        number
    }

    /// Notes what a call was answered, unless it has been forgotten.
    pub(crate) fn answered(&self, number: u64, answer: Answer) {
        let observer = self
            .observer
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let mut answered = None;
        self.kept.send_modify(|kept| {
            let index = kept.index(number);
            if let Some(call) = index.and_then(|index| kept.calls.get_mut(index)) {
                call.answer = Some(answer);
                answered = observer.is_some().then(|| call.clone());
            }
        });
        if let (Some(call), Some(observer)) = (answered, observer) {
            observer(&call);
        }
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.kept.borrow().calls.iter().cloned().collect()
    }

    pub(crate) fn forget(&self) {
        self.kept.send_modify(|kept| kept.forget(kept.calls.len()));
    }

    /// Waits until so many calls of a method have come.
    pub(crate) async fn wait_for(&self, rpc: &str, count: usize) {
        let mut kept = self.kept.subscribe();
        let enough = |kept: &Kept| {
            let calls = kept.calls.iter();
            calls.filter(|call| call.rpc() == rpc).count() >= count
        };
        let came = tokio::time::timeout(LONGEST_WAIT, kept.wait_for(enough)).await;
        assert!(came.is_ok(), "{count} calls of {rpc} did not come");
    }
}
