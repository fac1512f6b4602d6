//! Servers fail as told.

use std::time::Duration;

use tonic::Code;
use users_proto::authzed::api::v1::{
    DeleteRelationshipsRequest, RelationshipFilter, SubjectFilter,
};
use users_proto::domains::v1::{DeleteUserReq, DeleteUserRes};
use users_test_platform::Fault;

use crate::fixture::{Fixture, NOBODY, ROOT, bytes, with_key};

const RPC: &str = "DeleteUserFromDomains";

async fn delete(fixture: &Fixture) -> Result<DeleteUserRes, tonic::Status> {
    let request = DeleteUserReq {
        id: NOBODY.to_owned(),
    };
    // As much as the service accepts.
    let mut client = fixture.domains().max_decoding_message_size(1024 * 1024);
    let answer = client.delete_user_from_domains(request).await;
    answer.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_fault_is_met_until_it_is_cleared() {
    let fixture = Fixture::new();
    let domains = &fixture.platform.domains;
    let status = |code, text: &str| Fault::Status(code, text.to_owned());
    for (fault, code) in [
        (status(Code::NotFound, "x"), Code::NotFound),
        (status(Code::Unauthenticated, ""), Code::Unauthenticated),
        (Fault::garbage(), Code::Internal),
        (Fault::longer_than(1024 * 1024), Code::OutOfRange),
        // The client reads the page as a message.
        (Fault::Http(502), Code::Internal),
        (Fault::LoseAnswer, Code::Unavailable),
    ] {
        domains.set_fault_of(RPC, fault.clone());
        let answer = delete(&fixture).await;
        assert_eq!(answer.unwrap_err().code(), code, "{fault:?}");
    }
    domains.clear_fault_of(RPC);
    assert!(delete(&fixture).await.unwrap().deleted);
}

#[tokio::test]
async fn a_methods_own_fault_goes_before_that_of_all() {
    let fixture = Fixture::new();
    let domains = &fixture.platform.domains;
    domains.set_fault(Fault::Hang);
    domains.set_fault_of(RPC, Fault::Answer(bytes("0800")));
    assert!(!delete(&fixture).await.unwrap().deleted);
    domains.set_fault_of("RetrieveStatus", Fault::Hang);
    domains.clear_faults();
    assert!(delete(&fixture).await.unwrap().deleted);
}

#[tokio::test]
async fn what_is_delayed_or_whose_answer_is_lost_is_done() {
    let fixture = Fixture::new();
    let spicedb = &fixture.platform.spicedb;
    let forget = || {
        let subject = SubjectFilter {
            subject_type: "user".to_owned(),
            optional_subject_id: ROOT.to_owned(),
            optional_relation: None,
        };
        with_key(DeleteRelationshipsRequest {
            relationship_filter: Some(RelationshipFilter {
                optional_subject_filter: Some(subject),
                ..RelationshipFilter::default()
            }),
            ..DeleteRelationshipsRequest::default()
        })
    };
    let mut client = fixture.permissions();
    spicedb.set_fault(Fault::LoseAnswer);
    let lost = client.delete_relationships(forget()).await;
    assert_eq!(lost.unwrap_err().code(), Code::Unavailable);
    assert_eq!(spicedb.relationships().len(), 1);
    spicedb.set_fault(Fault::Delay(Duration::from_millis(20)));
    let delayed = client.delete_relationships(forget()).await;
    let count = delayed.unwrap().into_inner().relationships_deleted_count;
    assert_eq!(count, 0);
}

#[tokio::test]
async fn a_call_that_hangs_is_seen_and_not_answered() {
    let fixture = Fixture::new();
    let domains = fixture.platform.domains.clone();
    domains.set_fault(Fault::Hang);
    let calling = tokio::spawn(async move { delete(&fixture).await });
    domains.wait_for_calls(RPC, 1).await;
    assert!(!calling.is_finished());
    assert_eq!(domains.calls()[0].answer, None);
    calling.abort();
}

#[tokio::test]
async fn calls_are_kept_with_their_metadata_and_shown_without_what_they_say() {
    let fixture = Fixture::new();
    let domains = &fixture.platform.domains;
    let mut request = tonic::Request::new(DeleteUserReq {
        id: NOBODY.to_owned(),
    });
    request.set_timeout(Duration::from_mins(5));
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    let metadata = request.metadata_mut();
    metadata.insert("traceparent", parent.parse().unwrap());
    metadata.insert("authorization", "Bearer secret".parse().unwrap());
    let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let listener = told.clone();
    domains.on_answer(move |call| listener.lock().unwrap().push(call.rpc().to_owned()));
    let mut client = fixture.domains();
    client.delete_user_from_domains(request).await.unwrap();
    let call = domains.calls_of(RPC).remove(0);
    assert_eq!(call.metadata("traceparent"), Some(parent));
    assert_eq!(call.metadata("authorization"), Some("Bearer secret"));
    assert_eq!(call.metadata("te"), Some("trailers"));
    assert_eq!(call.metadata("grpc-timeout"), Some("300000m"));
    assert_eq!(call.decode::<DeleteUserReq>().id, NOBODY);
    assert_eq!(*told.lock().unwrap(), [RPC]);
    let shown = format!("{call:?}");
    assert!(
        !shown.contains("secret") && !shown.contains(NOBODY),
        "{shown}"
    );
    domains.forget_calls();
    assert_eq!(domains.calls(), []);
}
