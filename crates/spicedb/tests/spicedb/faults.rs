//! What SpiceDB and the network between may do, and what the adapter makes of it.

use std::time::Duration;

use tokio::time::timeout;
use tonic::Code;
use users_domain::model::Role;
use users_domain::ports::{LEASE, PlatformError, PlatformRelations as _};
use users_spicedb::{CheckError, OpenError, SpiceDb, SpiceDbSettings};
use users_test_platform::Fault;

use crate::fixture::{KEY, LONG, adapter, adapter_with, id, server};

const UNAVAILABLE: Result<(), PlatformError> = Err(PlatformError::Unavailable);
/// Short, for calls that are to find no answer.
const SHORT: Duration = Duration::from_millis(200);

/// `deletion_progress` (field 2) PARTIAL (2).
const PARTIAL: [u8; 2] = [0x10, 0x02];

#[tokio::test]
async fn every_status_but_a_wrong_request_may_pass() {
    let server = server();
    let adapter = adapter(&server);
    for number in 1..=16 {
        let text = "what others are not told".to_owned();
        server.set_fault(Fault::Status(Code::from_i32(number), text));
        let put = adapter.put(&id("ada"), Role::User).await;
        assert_eq!(put, UNAVAILABLE, "{number}");
        assert_eq!(adapter.remove(&id("ada")).await, UNAVAILABLE, "{number}");
    }
    server.clear_faults();
    adapter.put(&id("ada"), Role::User).await.unwrap();
}

#[tokio::test]
async fn answers_that_are_none_are_unavailable() {
    let server = server();
    let adapter = adapter(&server);
    for fault in [
        Fault::garbage(),
        Fault::longer_than(2 * 1024 * 1024),
        Fault::Http(200),
        Fault::Http(400),
        Fault::Http(401),
        Fault::Http(502),
        Fault::BareHttp(401),
        Fault::LoseAnswer,
    ] {
        server.set_fault(fault.clone());
        let put = adapter.put(&id("ada"), Role::User).await;
        assert_eq!(put, UNAVAILABLE, "{fault:?}");
        assert_eq!(adapter.remove(&id("ada")).await, UNAVAILABLE, "{fault:?}");
        assert!(adapter.check().await.is_err(), "{fault:?}");
    }
    server.clear_faults();
    adapter.check().await.unwrap();
}

#[tokio::test]
async fn silence_ends_in_time() {
    let server = server();
    let adapter = adapter_with(&server, KEY, SHORT);
    server.set_fault(Fault::Hang);
    assert_eq!(adapter.put(&id("ada"), Role::User).await, UNAVAILABLE);
    assert_eq!(adapter.remove(&id("ada")).await, UNAVAILABLE);
    assert!(adapter.check().await.is_err());
    assert_eq!(adapter.stats().timed_out, 3);
}

#[tokio::test]
async fn no_call_takes_longer_than_the_port_allows_whatever_is_set() {
    let server = server();
    let adapter = adapter_with(&server, KEY, Duration::from_mins(5));
    server.set_fault(Fault::Hang);
    let ada = id("ada");
    // Far more than the port allows, far less than is set.
    let put = timeout(LEASE * 6, adapter.put(&ada, Role::User)).await;
    assert_eq!(put, Ok(UNAVAILABLE));
    assert_eq!(adapter.stats().timed_out, 1);
}

#[tokio::test]
async fn a_removal_goes_on_until_nothing_is_left() {
    let server = server();
    let adapter = adapter(&server);
    adapter.put(&id("ada"), Role::Admin).await.unwrap();
    server.set_fault_of("DeleteRelationships", Fault::Answer(PARTIAL.into()));
    let ada = id("ada");
    let removing = adapter.remove(&ada);
    let (removed, ()) = tokio::join!(removing, async {
        server.wait_for_calls("DeleteRelationships", 3).await;
        server.clear_faults();
    });
    removed.unwrap();
    assert!(server.relationships().is_empty());
}

#[tokio::test]
async fn a_removal_that_never_comes_to_an_end_ends_in_time() {
    let server = server();
    let adapter = adapter_with(&server, KEY, SHORT);
    server.set_fault(Fault::Answer(PARTIAL.into()));
    assert_eq!(adapter.remove(&id("ada")).await, UNAVAILABLE);
}

#[tokio::test]
async fn what_was_done_without_an_answer_may_be_done_again() {
    let server = server();
    let adapter = adapter(&server);
    server.set_fault(Fault::LoseAnswer);
    assert_eq!(adapter.put(&id("ada"), Role::Admin).await, UNAVAILABLE);
    assert_eq!(server.relationships().len(), 2);
    server.clear_faults();
    adapter.put(&id("ada"), Role::Admin).await.unwrap();
    assert_eq!(server.relationships().len(), 2);
}

#[tokio::test]
async fn another_key_may_be_the_right_one_tomorrow() {
    let server = server();
    let adapter = adapter_with(&server, "another", LONG);
    assert_eq!(adapter.put(&id("ada"), Role::User).await, UNAVAILABLE);
    assert_eq!(adapter.remove(&id("ada")).await, UNAVAILABLE);
    assert!(matches!(adapter.check().await, Err(CheckError::Key(_))));
    assert!(server.relationships().is_empty());
}

#[tokio::test]
async fn a_check_says_what_is_to_be_mended() {
    let server = server();
    let adapter = adapter(&server);
    adapter.check().await.unwrap();
    let text = "object definition `platform` not found".to_owned();
    server.set_fault(Fault::Status(Code::FailedPrecondition, text));
    assert!(matches!(adapter.check().await, Err(CheckError::Schema(_))));
    server.clear_faults();
    server.go_away();
    let away = adapter.check().await;
    assert!(matches!(away, Err(CheckError::Unavailable(_))), "{away:?}");
}

#[tokio::test]
async fn settings_that_can_never_work_are_told_by_their_names() {
    let settings = |host: &str, key: &str| SpiceDbSettings {
        host: host.to_owned(),
        port: 50051,
        key: key.to_owned().into(),
        timeout: LONG,
    };
    let open = |settings: &SpiceDbSettings| {
        SpiceDb::open(settings, tokio::runtime::Handle::current()).unwrap_err()
    };
    let host = open(&settings("http://spicedb", "key"));
    assert!(host.to_string().starts_with("MG_SPICEDB_HOST: "), "{host}");
    let key = open(&settings("spicedb", "s3cret\n"));
    assert!(matches!(key, OpenError::Key));
    assert!(!key.to_string().contains("s3cret"));
    assert!(!format!("{:?}", settings("spicedb", "s3cret")).contains("s3cret"));
}
