//! What the platform says of administrators, in all the ways in which it says it.

use tonic::Code;
use users_domain::model::UserId;
use users_domain::ports::{PlatformAuthority as _, PlatformError};
use users_test_platform::Fault;

use crate::fixture::{Fixture, ada};

const DECIDED: &str =
    "failed to perform authorization over the entity : PERMISSIONSHIP_NO_PERMISSION";
const NOT_ASKED: &str =
    "failed to perform authorization over the entity : unexpected gRPC status: Unavailable";

#[tokio::test]
async fn only_a_decision_is_a_no() {
    let fixture = Fixture::start();
    fixture.server.set_administrator(&ada(), true);
    for (code, text, expected) in [
        (Code::PermissionDenied, DECIDED, Ok(false)),
        (
            Code::PermissionDenied,
            NOT_ASKED,
            Err(PlatformError::Unavailable),
        ),
        (Code::PermissionDenied, "", Err(PlatformError::Unavailable)),
        // What it says of every subject while its store has no schema.
        (
            Code::InvalidArgument,
            "object definition `platform` not found",
            Err(PlatformError::Unavailable),
        ),
        (Code::NotFound, "", Err(PlatformError::Unavailable)),
        (
            Code::Unauthenticated,
            DECIDED,
            Err(PlatformError::Unavailable),
        ),
        (Code::Internal, DECIDED, Err(PlatformError::Unavailable)),
        (Code::ResourceExhausted, "", Err(PlatformError::Unavailable)),
    ] {
        let fault = Fault::Status(code, text.to_owned());
        fixture.server.set_fault_of("Authorize", fault);
        let answer = fixture.auth.is_administrator(&ada()).await;
        assert_eq!(answer, expected, "{code:?} {text}");
    }
    // The deployed service never answers so, but the message can say it.
    fixture
        .server
        .set_fault_of("Authorize", Fault::Answer(Vec::new()));
    assert_eq!(fixture.auth.is_administrator(&ada()).await, Ok(false));
    fixture.server.clear_faults();
    assert_eq!(fixture.auth.is_administrator(&ada()).await, Ok(true));
}

#[tokio::test]
async fn whom_the_platform_cannot_hold_is_nothing_there_and_is_not_asked_about() {
    let fixture = Fixture::start();
    for id in ["", "*", "no such id!", "ada@example.com"] {
        let user = UserId::from_stored(id.to_owned());
        assert_eq!(fixture.auth.is_administrator(&user).await, Ok(false));
    }
    assert!(fixture.server.calls().is_empty());
}

#[tokio::test]
async fn a_service_that_does_not_serve_is_not_ready() {
    let fixture = Fixture::start();
    assert_eq!(fixture.auth.check().await, Ok(()));
    fixture.server.set_serving(false);
    assert_eq!(fixture.auth.check().await, Err(PlatformError::Unavailable));
    fixture.server.set_serving(true);
    assert_eq!(fixture.auth.check().await, Ok(()));
    fixture.server.go_away();
    assert_eq!(fixture.auth.check().await, Err(PlatformError::Unavailable));
}
