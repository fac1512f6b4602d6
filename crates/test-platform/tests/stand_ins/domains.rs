//! The domains service.

use tonic::Code;
use users_proto::common::v1::{RetrieveEntityReq, RetrieveIdByRouteReq};
use users_proto::domains::v1::DeleteUserReq;

use crate::fixture::{Fixture, NOBODY, assert_refused, bytes, hex};

#[tokio::test]
async fn whoever_is_named_is_taken_out() {
    let fixture = Fixture::new();
    let server = &fixture.platform.domains;
    let named = DeleteUserReq {
        id: NOBODY.to_owned(),
    };
    for deleted in [true, false, true] {
        server.set_deleted(deleted);
        let mut domains = fixture.domains();
        let answer = domains.delete_user_from_domains(named.clone());
        assert_eq!(answer.await.unwrap().into_inner().deleted, deleted);
    }
    let call = &server.calls()[0];
    assert_eq!(
        call.path,
        "/domains.v1.DomainsService/DeleteUserFromDomains"
    );
    assert_eq!(call.message, bytes(&format!("0a24{}", hex(NOBODY))));
    assert_eq!(call.answer.as_ref().unwrap().message, bytes("0801"));
    // A default is not written.
    let second = server.calls()[1].answer.clone().unwrap();
    assert_eq!(second.message, bytes(""));
}

#[tokio::test]
async fn what_names_nobody_is_refused() {
    let fixture = Fixture::new();
    let mut domains = fixture.domains();
    let answer = domains.delete_user_from_domains(DeleteUserReq::default());
    assert_refused(answer.await, Code::InvalidArgument, "missing entity id");
    let answer = domains.retrieve_status(RetrieveEntityReq::default());
    assert_refused(answer.await, Code::InvalidArgument, "missing entity id");
    let unknown = RetrieveEntityReq {
        id: NOBODY.to_owned(),
    };
    let text = "entity not found : view entity failed";
    let answer = domains.retrieve_status(unknown);
    assert_refused(answer.await, Code::NotFound, text);
    let answer = domains.retrieve_id_by_route(RetrieveIdByRouteReq::default());
    assert_refused(answer.await, Code::NotFound, text);
}
