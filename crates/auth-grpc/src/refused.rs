//! Tokens that are not accepted.

use std::fmt;

use tracing::debug;
use users_domain::ports::TokenError;

/// The answer about a token that is not accepted; only the log has the reason.
pub(crate) fn refused(reason: impl fmt::Display) -> TokenError {
    debug!(%reason, "token refused");
    TokenError::Refused
}
