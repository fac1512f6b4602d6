//! What a gRPC status means: one table for all calls.
//!
//! A status says something about what was asked (a token, an id) or about the service. Only what is
//! certainly the former becomes an answer; everything else is the service being away, so that a fault
//! of the platform is never taken for a wrong token or a missing right.
//!
//! | code | `Authenticate`, `Refresh` | `Authorize` | `Revoke` | `DeleteUserFromDomains` | others |
//! | --- | --- | --- | --- | --- | --- |
//! | Unauthenticated | refused | away | away | away | away |
//! | InvalidArgument | away | away | no | away | away |
//! | NotFound | away | away | no | no | away |
//! | PermissionDenied | away | no, if the message says that it was decided; else away | away | away | away |
//! | OK without an answer, Cancelled, Unknown, DeadlineExceeded, AlreadyExists, ResourceExhausted, FailedPrecondition, Aborted, OutOfRange, Unimplemented, Internal, Unavailable, DataLoss | away | away | away | away | away |
//!
//! - `Issue` is asked for somebody whose password was right: whatever stands in the way is no fault of
//!   his. The deployed service says Internal where it misses the user's relation.
//! - The deployed service also answers Internal to a `Refresh` of something that is no refresh token,
//!   so the issuer looks at the token before it calls.
//! - The deployed service answers `Authorize` with InvalidArgument where its store has no schema yet,
//!   and refuses tokens with Unauthenticated alone.
//! - While the deployed service's store of relations is away, it answers `Authorize` with
//!   PermissionDenied too; only the end of the message tells that from a decision.

use tonic::{Code, Status};

/// The calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Authenticate,
    Authorize,
    Issue,
    Refresh,
    Revoke,
    ListUserRefreshTokens,
    DeleteUserFromDomains,
    Check,
}

impl Call {
    /// Service and method, as in OpenTelemetry's `rpc.method`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Authenticate => "auth.v1.AuthService/Authenticate",
            Self::Authorize => "auth.v1.AuthService/Authorize",
            Self::Issue => "token.v1.TokenService/Issue",
            Self::Refresh => "token.v1.TokenService/Refresh",
            Self::Revoke => "token.v1.TokenService/Revoke",
            Self::ListUserRefreshTokens => "token.v1.TokenService/ListUserRefreshTokens",
            Self::DeleteUserFromDomains => "domains.v1.DomainsService/DeleteUserFromDomains",
            Self::Check => "grpc.health.v1.Health/Check",
        }
    }
}

/// What a call came to that was not answered with OK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The token is not accepted.
    Refused,
    /// What was asked about is not so, or not there.
    No,
    /// The service cannot tell, or did not answer.
    Away,
}

/// How the deployed auth service ends the message of a decision (its store's word for "has not").
const DECIDED: &str = "PERMISSIONSHIP_NO_PERMISSION";

/// What a status means, as the table says.
pub(crate) fn failure(call: Call, status: &Status) -> Failure {
    match (status.code(), call) {
        (Code::Unauthenticated, Call::Authenticate | Call::Refresh) => Failure::Refused,
        (Code::InvalidArgument | Code::NotFound, Call::Revoke)
        | (Code::NotFound, Call::DeleteUserFromDomains) => Failure::No,
        (Code::PermissionDenied, Call::Authorize) if status.message().ends_with(DECIDED) => {
            Failure::No
        }
        _ => Failure::Away,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLS: [Call; 8] = [
        Call::Authenticate,
        Call::Authorize,
        Call::Issue,
        Call::Refresh,
        Call::Revoke,
        Call::ListUserRefreshTokens,
        Call::DeleteUserFromDomains,
        Call::Check,
    ];

    fn all_codes() -> impl Iterator<Item = Code> {
        (0..17).map(Code::from_i32)
    }

    /// Every cell of the table that is not "away".
    fn expected(call: Call, code: Code) -> Failure {
        match code {
            Code::Unauthenticated => match call {
                Call::Authenticate | Call::Refresh => Failure::Refused,
                _ => Failure::Away,
            },
            Code::NotFound => match call {
                Call::Revoke | Call::DeleteUserFromDomains => Failure::No,
                _ => Failure::Away,
            },
            Code::InvalidArgument if call == Call::Revoke => Failure::No,
            _ => Failure::Away,
        }
    }

    #[test]
    fn every_code_of_every_call_means_what_the_table_says() {
        for call in CALLS {
            for code in all_codes() {
                let status = Status::new(code, "some text");
                assert_eq!(
                    failure(call, &status),
                    expected(call, code),
                    "{call:?}, {code:?}"
                );
            }
        }
        assert_eq!(all_codes().count(), 17);
    }

    #[test]
    fn what_may_pass_is_never_an_answer() {
        for call in CALLS {
            for code in [
                Code::Unavailable,
                Code::DeadlineExceeded,
                Code::Internal,
                Code::Unknown,
                Code::ResourceExhausted,
                Code::Cancelled,
                Code::Unimplemented,
                Code::OutOfRange,
            ] {
                let status = Status::new(code, DECIDED);
                assert_eq!(failure(call, &status), Failure::Away, "{call:?}, {code:?}");
            }
        }
    }

    #[test]
    fn a_denial_is_a_decision_only_where_its_message_says_so() {
        let denied = |call, text: &str| failure(call, &Status::permission_denied(text));
        let decided =
            "failed to perform authorization over the entity : PERMISSIONSHIP_NO_PERMISSION";
        assert_eq!(denied(Call::Authorize, decided), Failure::No);
        for undecided in [
            "",
            "failed to perform authorization over the entity",
            "PERMISSIONSHIP_NO_PERMISSION?",
        ] {
            assert_eq!(denied(Call::Authorize, undecided), Failure::Away);
        }
        assert_eq!(denied(Call::Issue, decided), Failure::Away);
        assert_eq!(denied(Call::Authenticate, decided), Failure::Away);
    }
}
