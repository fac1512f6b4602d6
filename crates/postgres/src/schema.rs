//! The tables as diesel sees them; the migrations are the source.

pub(crate) mod outbox;
pub(crate) mod refresh_sessions;
