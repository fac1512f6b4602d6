//! What the domains service answers, and what that means.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tonic::Code;
use users_auth_grpc::DomainsGrpc;
use users_domain::ports::{Domains as _, PlatformError};
use users_proto::domains::v1::DeleteUserReq;
use users_test_platform::{DomainsServer, Fault, Listen};
use users_testkit::fakes::SeededEntropy;

use crate::fixture::{AMPLE, ada, settings};

fn start() -> (DomainsServer, DomainsGrpc) {
    start_with(AMPLE)
}

fn start_with(limit: Duration) -> (DomainsServer, DomainsGrpc) {
    let server = DomainsServer::start(&Listen::default()).unwrap();
    let settings = settings(server.host_and_port(), limit);
    let entropy = Arc::new(SeededEntropy::new(7));
    let domains = DomainsGrpc::open(&settings, Handle::current(), entropy).unwrap();
    (server, domains)
}

#[tokio::test]
async fn the_user_is_named_and_nothing_else() {
    let (server, domains) = start();
    domains.remove_user(&ada()).await.unwrap();
    let id = ada().as_str().to_owned();
    assert_eq!(
        server.calls()[0].decode::<DeleteUserReq>(),
        DeleteUserReq { id }
    );
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn what_is_no_answer_about_the_user_is_to_be_asked_again() {
    let (server, domains) = start();
    for (code, expected) in [
        (Code::InvalidArgument, Err(PlatformError::Unavailable)),
        (Code::NotFound, Ok(())),
        (Code::Unauthenticated, Err(PlatformError::Unavailable)),
        (Code::PermissionDenied, Err(PlatformError::Unavailable)),
        (Code::Internal, Err(PlatformError::Unavailable)),
        (Code::Unimplemented, Err(PlatformError::Unavailable)),
    ] {
        server.set_fault(Fault::Status(code, String::new()));
        assert_eq!(domains.remove_user(&ada()).await, expected, "{code:?}");
    }
    server.clear_faults();
    assert_eq!(domains.remove_user(&ada()).await, Ok(()));
    let stats = domains.stats();
    assert_eq!(
        (stats.answered, stats.unreachable, stats.timed_out),
        (7, 0, 0)
    );
}

#[tokio::test]
async fn a_call_ends_before_a_lease_does_whatever_is_set() {
    let (server, domains) = start_with(Duration::from_mins(5));
    server.set_fault(Fault::Hang);
    let user = ada();
    let answer = tokio::time::timeout(Duration::from_mins(2), domains.remove_user(&user));
    assert_eq!(answer.await.unwrap(), Err(PlatformError::Unavailable));
}
