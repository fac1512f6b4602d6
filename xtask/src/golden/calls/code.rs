//! The codes of gRPC (`grpc/status.proto`) by the names that the records have.

const NAMES: [&str; 17] = [
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
];

/// The name of a number.
pub(super) fn name(number: i64) -> &'static str {
    let known = usize::try_from(number).ok().and_then(|at| NAMES.get(at));
    known.copied().unwrap_or("no status")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_names() {
        assert_eq!(name(1), "Canceled");
        assert_eq!(name(14), "Unavailable");
        assert_eq!(name(16), "Unauthenticated");
        assert_eq!(name(17), "no status");
        assert_eq!(name(-1), "no status");
    }
}
