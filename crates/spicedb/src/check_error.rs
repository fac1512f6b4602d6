//! Why SpiceDB cannot be used now, for whoever operates the service.

use tonic::{Code, Status};
use users_grpc_client::loggable;

/// Why SpiceDB cannot be used now, for whoever operates the service: it holds SpiceDB's own words, as
/// [the log may have them](loggable).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// It is not there, or answers too late or not as SpiceDB does.
    #[error("SpiceDB does not answer ({0})")]
    Unavailable(String),
    /// It does not take the key.
    #[error("SpiceDB does not take the key (MG_SPICEDB_PRE_SHARED_KEY): {0}")]
    Key(String),
    /// Its schema is not the platform's.
    #[error("SpiceDB's schema has no platform with membership (yet): {0}")]
    Schema(String),
}

impl From<Status> for CheckError {
    fn from(status: Status) -> Self {
        let text = loggable(status.message());
        match status.code() {
            Code::Unauthenticated | Code::PermissionDenied => Self::Key(text),
            Code::FailedPrecondition | Code::InvalidArgument | Code::NotFound => Self::Schema(text),
            _ => Self::Unavailable(text),
        }
    }
}
