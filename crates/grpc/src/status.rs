//! The one table from what happened to gRPC's status.

use tonic::{Code, Status};
use users_domain::Error;
use users_domain::error::Unauthenticated;

/// What the caller is told. The text is the domain's own, which holds no internal detail.
pub(crate) fn status(error: &Error) -> Status {
    let code = match error {
        Error::NotFound => Code::NotFound,
        Error::Conflict { .. } => Code::AlreadyExists,
        Error::Invalid(_) | Error::InvalidCode => Code::InvalidArgument,
        Error::Unauthenticated(
            Unauthenticated::MissingToken
            | Unauthenticated::InvalidToken
            | Unauthenticated::InvalidCredentials,
        )
        | Error::EmailNotVerified => Code::Unauthenticated,
        Error::Forbidden => Code::PermissionDenied,
        Error::AlreadyVerified
        | Error::StatusAlreadyAssigned
        | Error::NotEnabled
        | Error::LastAdministrator
        | Error::OwnedByProvider { .. } => Code::FailedPrecondition,
        Error::Stale => Code::Aborted,
        Error::Busy { .. } => Code::ResourceExhausted,
        Error::Unavailable { .. } => Code::Unavailable,
        error => {
            tracing::error!(?error, "an error without a gRPC status");
            return Status::internal("internal error");
        }
    };
    Status::new(code, error.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use users_domain::error::{Invalid, InvalidReason};
    use users_domain::model::ConflictField;

    use super::*;

    #[test]
    fn every_error_has_its_code() {
        let invalid = Invalid::new("ids", InvalidReason::Missing);
        let retry_after = Duration::from_secs(1);
        for (error, code) in [
            (Error::NotFound, Code::NotFound),
            (
                Error::Conflict {
                    field: ConflictField::Email,
                },
                Code::AlreadyExists,
            ),
            (Error::Invalid(invalid), Code::InvalidArgument),
            (Error::InvalidCode, Code::InvalidArgument),
            (
                Error::Unauthenticated(Unauthenticated::MissingToken),
                Code::Unauthenticated,
            ),
            (Error::EmailNotVerified, Code::Unauthenticated),
            (Error::Forbidden, Code::PermissionDenied),
            (Error::AlreadyVerified, Code::FailedPrecondition),
            (Error::StatusAlreadyAssigned, Code::FailedPrecondition),
            (Error::NotEnabled, Code::FailedPrecondition),
            (Error::LastAdministrator, Code::FailedPrecondition),
            (
                Error::OwnedByProvider { field: "email" },
                Code::FailedPrecondition,
            ),
            (Error::Stale, Code::Aborted),
            (Error::Busy { retry_after }, Code::ResourceExhausted),
            (Error::Unavailable { port: "user store" }, Code::Unavailable),
        ] {
            let status = status(&error);
            assert_eq!(status.code(), code, "{error:?}");
            assert_eq!(status.message(), error.to_string());
        }
    }
}
