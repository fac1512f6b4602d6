//! What a server does instead of answering as it should.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tonic::Code;

/// What a server does instead of answering as it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It takes its time, then does as asked.
    Delay(Duration),
    /// It never answers, and does nothing.
    Hang,
    /// It does nothing and answers this status.
    Status(Code, String),
    /// It does nothing and answers OK with these bytes as the message. For a server of keys: the
    /// body, with status 200.
    Answer(Vec<u8>),
    /// It does nothing and answers in HTTP with this status, as a proxy does that knows no gRPC.
    Http(u16),
    /// The same without a page: callers take such a status for one of gRPC's.
    BareHttp(u16),
    /// It does as asked, and the answer is lost: the caller hears UNAVAILABLE.
    LoseAnswer,
}

impl Fault {
    /// An answer with OK whose message is no message of any kind.
    pub fn garbage() -> Self {
        Self::Answer(vec![0xff; 16])
    }

    /// An answer with OK that is longer than callers accept: `bytes` of one unknown field.
    pub fn longer_than(bytes: usize) -> Self {
        // Field 100, length-delimited, its length as five bytes of a varint.
        let mut message = vec![0xa2, 0x06];
        for shift in [0, 7, 14, 21] {
            let septet = u8::try_from((bytes >> shift) & 0x7f).expect("seven bits");
            message.push(septet | 0x80);
        }
        message.push(u8::try_from((bytes >> 28) & 0x0f).expect("four bits"));
        message.resize(message.len() + bytes, 0);
        Self::Answer(message)
    }
}

/// The faults that are in force.
#[derive(Clone, Default)]
pub(crate) struct Faults(Arc<Mutex<InForce>>);

#[derive(Default)]
struct InForce {
    everywhere: Option<Fault>,
    of: HashMap<String, Fault>,
}

impl Faults {
    pub(crate) fn set(&self, rpc: Option<&str>, fault: Option<Fault>) {
        self.locked(|faults| match (rpc, fault) {
            (None, fault) => faults.everywhere = fault,
            (Some(rpc), Some(fault)) => {
                faults.of.insert(rpc.to_owned(), fault);
            }
            (Some(rpc), None) => {
                faults.of.remove(rpc);
            }
        });
    }

    pub(crate) fn clear(&self) {
        self.locked(|faults| *faults = InForce::default());
    }

    /// The call's own fault, else the one of all calls.
    pub(crate) fn of(&self, rpc: &str) -> Option<Fault> {
        self.locked(|faults| faults.of.get(rpc).or(faults.everywhere.as_ref()).cloned())
    }

    fn locked<T>(&self, look: impl FnOnce(&mut InForce) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
