//! Calls that failed because of what the log knows already.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use tonic::Status;

use crate::error_chain::any_is;

/// The service was away when a call came, or could not be connected to for it.
#[derive(Debug)]
struct KnownAway;

impl fmt::Display for KnownAway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the service is away")
    }
}

impl Error for KnownAway {}

/// `Unavailable`, for such a call.
pub(crate) fn known_away(text: String) -> Status {
    let mut status = Status::unavailable(text);
    status.set_source(Arc::new(KnownAway));
    status
}

/// Whether a call failed since its service is away, which its
/// [`Connection`](crate::Connection) puts into the log once and not for each call.
pub fn is_known_away(status: &Status) -> bool {
    status.source().is_some_and(any_is::<KnownAway>)
}
