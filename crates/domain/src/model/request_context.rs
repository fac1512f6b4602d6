//! What accompanies every call: the id by which logs, events and answers are found together.

use std::fmt;

use uuid::Uuid;

/// The id of a request: 1 to 128 visible ASCII characters, but no double quote, backslash or angle
/// bracket, nor what an e-mail address is written with (`@`, and `%`, which may stand for it): the id
/// is in every line of the log.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RequestId(String);

impl RequestId {
    /// Most characters of an id taken over from a caller.
    pub const MAX_CHARS: usize = 128;

    /// Takes over an id that a caller sent, if it is fit to stand in logs and headers.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=Self::MAX_CHARS).contains(&text.len())
            && text.bytes().all(|b| {
                b.is_ascii_graphic() && !matches!(b, b'"' | b'\\' | b'<' | b'>' | b'@' | b'%')
            });
        fits.then(|| Self(text.to_owned()))
    }

    /// The id of a request that brought none.
    pub fn new(uuid: Uuid) -> Self {
        Self(uuid.hyphenated().to_string())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({})", self.0)
    }
}

/// What accompanies a call into the services.
#[derive(Debug, Clone, Default)]
pub struct RequestContext {
    /// The request's id; calls made inside a program may have none.
    pub request_id: Option<RequestId>,
}

impl RequestContext {
    /// The context of a request with an id.
    pub fn new(request_id: RequestId) -> Self {
        Self {
            request_id: Some(request_id),
        }
    }
}
