//! What SpiceDB's statuses mean.

use tonic::{Code, Status};
use users_domain::ports::PlatformError;
use users_grpc_client::{code_name, is_known_away, loggable};

/// What a request itself is found wrong with, among a status's details.
const VIOLATIONS: &[u8] = b"buf.validate.Violations";

/// What a status means for who asked. Logs why.
///
/// Only a request that is wrong in itself is wrong for good. Everything else may pass: a key or a
/// schema that is not there yet too, and with it what was refused because of it.
pub(crate) fn platform_error(status: &Status) -> PlatformError {
    let (code, text) = (code_name(status.code()), loggable(status.message()));
    match status.code() {
        Code::InvalidArgument if is_wrong_in_itself(status) => {
            tracing::error!(code, text, "SpiceDB cannot hold what it was told");
            PlatformError::Refused
        }
        Code::Unauthenticated | Code::PermissionDenied => {
            tracing::error!(
                code,
                text,
                "SpiceDB does not take MG_SPICEDB_PRE_SHARED_KEY"
            );
            PlatformError::Unavailable
        }
        Code::FailedPrecondition | Code::InvalidArgument | Code::NotFound => {
            tracing::error!(
                code,
                text,
                "SpiceDB's schema has no platform with member and administrator to users (yet)"
            );
            PlatformError::Unavailable
        }
        Code::Unimplemented => {
            tracing::error!(code, text, "what answers at MG_SPICEDB_HOST is no SpiceDB");
            PlatformError::Unavailable
        }
        _ if is_known_away(status) => {
            // The connection has said so, once for all calls.
            tracing::debug!(code, text, "SpiceDB is away");
            PlatformError::Unavailable
        }
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::DeadlineExceeded
        | Code::AlreadyExists
        | Code::ResourceExhausted
        | Code::Aborted
        | Code::OutOfRange
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss => {
            tracing::warn!(code, text, "SpiceDB did not do what it was asked");
            PlatformError::Unavailable
        }
    }
}

/// A relation that the schema does not allow is an invalid argument too, but without these details.
fn is_wrong_in_itself(status: &Status) -> bool {
    status
        .details()
        .windows(VIOLATIONS.len())
        .any(|part| part == VIOLATIONS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_wrong_in_itself_is_refused_for_good() {
        for number in 0..=16 {
            let status = Status::new(Code::from_i32(number), "text");
            assert_eq!(platform_error(&status), PlatformError::Unavailable);
            // Details say nothing with another code.
            let details = b"..type.googleapis.com/buf.validate.Violations..";
            let status =
                Status::with_details(Code::from_i32(number), "text", details.to_vec().into());
            let expected = match status.code() {
                Code::InvalidArgument => PlatformError::Refused,
                _ => PlatformError::Unavailable,
            };
            assert_eq!(platform_error(&status), expected, "{number}");
        }
    }
}
