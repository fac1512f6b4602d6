//! The tables as diesel sees them; the migrations are the source.

pub(crate) mod one_time_codes;
pub(crate) mod outbox;
pub(crate) mod refresh_sessions;
pub(crate) mod users;
