//! SpiceDB.

use tonic::{Code, Request, Status};
use users_proto::authzed::api::v1::check_permission_response::Permissionship;
use users_proto::authzed::api::v1::{
    CheckPermissionRequest, DeleteRelationshipsRequest, DeleteRelationshipsResponse,
    ReadRelationshipsRequest, RelationshipFilter, SubjectFilter, WriteRelationshipsRequest,
    WriteRelationshipsResponse,
};

use crate::fixture::{ADA, Fixture, ROOT, assert_refused, bytes, hex, message, with_key};

/// Field 1 of an update: what to do.
const CREATE: &str = "0801";
const TOUCH: &str = "0802";
const DELETE: &str = "0803";

/// A field of the wire type LEN: its key, its length in one byte, its bytes as hex.
fn field(number: u8, content: &str) -> String {
    let length = content.len() / 2;
    assert!(length < 128, "the length is one byte");
    format!("{:02x}{length:02x}{content}", number << 3 | 2)
}

fn text(number: u8, text: &str) -> String {
    field(number, &hex(text))
}

fn object(kind: &str, id: &str) -> String {
    text(1, kind) + &text(2, id)
}

/// A `Relationship`.
fn relationship(resource: &str, relation: &str, subject: &str) -> String {
    field(1, resource) + &text(2, relation) + &field(3, &field(1, subject))
}

fn platform() -> String {
    object("platform", "magistrala")
}

fn member(user: &str) -> String {
    relationship(&platform(), "member", &object("user", user))
}

fn administrator(user: &str) -> String {
    relationship(&platform(), "administrator", &object("user", user))
}

/// A `WriteRelationshipsRequest`.
fn request(updates: &[(&str, String)]) -> String {
    let updates = updates.iter();
    updates
        .map(|(operation, relationship)| {
            field(1, &format!("{operation}{}", field(2, relationship)))
        })
        .collect()
}

async fn write(
    fixture: &Fixture,
    updates: &[(&str, String)],
) -> Result<WriteRelationshipsResponse, Status> {
    let message: WriteRelationshipsRequest = message(&request(updates));
    let answer = fixture
        .permissions()
        .write_relationships(with_key(message))
        .await;
    answer.map(tonic::Response::into_inner)
}

async fn delete(fixture: &Fixture, filter: &str) -> Result<DeleteRelationshipsResponse, Status> {
    let message: DeleteRelationshipsRequest = message(filter);
    let answer = fixture
        .permissions()
        .delete_relationships(with_key(message))
        .await;
    answer.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_registration_writes_what_was_asked_byte_for_byte() {
    let fixture = Fixture::new();
    let spicedb = &fixture.platform.spicedb;
    write(
        &fixture,
        &[(CREATE, member("x")), (CREATE, administrator("x"))],
    )
    .await
    .unwrap();
    let call = spicedb.calls_of("WriteRelationships").remove(0);
    let expected = "0a3108011 22d0a160a08706c6174666f726d120a6d616769737472616c61 12066d656d626572 \
                    1a0b0a090a047573657212 0178 \
                    0a380801 12340a160a08706c6174666f726d120a6d616769737472616c61 \
                    120d61646d696e6973747261746f72 1a0b0a090a047573657212 0178";
    assert_eq!(call.message, bytes(expected));
    assert_eq!(call.metadata("authorization"), Some("Bearer 12345678"));
    let all = spicedb.relationships();
    for relation in ["administrator", "member"] {
        let expected = format!("platform:magistrala#{relation}@user:x");
        assert!(all.contains(&expected), "{all:?}");
    }
    // A ZedToken and nothing else.
    let answer = call.answer.unwrap().message;
    assert_eq!(answer[..4], [0x0a, 0x2e, 0x0a, 0x2c]);
    assert_eq!(answer.len(), 48);
}

#[tokio::test]
async fn what_is_there_is_not_created_again_and_nothing_of_the_request_is_written() {
    let fixture = Fixture::new();
    let before = fixture.platform.spicedb.relationships();
    let updates = [(CREATE, administrator(ADA)), (CREATE, member(ADA))];
    let status = write(&fixture, &updates).await.unwrap_err();
    assert_eq!(status.code(), Code::AlreadyExists);
    let expected = format!(
        "could not CREATE relationship `platform:magistrala#member@user:{ADA}`, as it already \
         existed. If this is persistent, please switch to TOUCH operations or specify a precondition"
    );
    assert_eq!(status.message(), expected);
    // The detail's type and the beginning of its reason.
    let details = String::from_utf8_lossy(status.details()).into_owned();
    for part in [
        "type.googleapis.com/google.rpc.ErrorInfo",
        "ERROR_REASON_ATTEMPT_TO_RECREATE_RELATIONSHIP",
        "authzed.com",
    ] {
        assert!(details.contains(part), "{details:?}");
    }
    assert_eq!(fixture.platform.spicedb.relationships(), before);
}

#[tokio::test]
async fn what_may_be_repeated_may_be_repeated() {
    let fixture = Fixture::new();
    for _ in 0..2 {
        write(&fixture, &[(TOUCH, member("x"))]).await.unwrap();
    }
    for _ in 0..2 {
        write(&fixture, &[(DELETE, member("x"))]).await.unwrap();
    }
    write(&fixture, &[]).await.unwrap();
    assert!(!format!("{:?}", fixture.platform.spicedb.relationships()).contains("user:x"));
}

#[tokio::test]
async fn what_the_schema_does_not_allow_is_refused() {
    let fixture = Fixture::new();
    let user = || object("user", "x");
    let pattern = r"does not match regex pattern `^(([a-zA-Z0-9/_|\-=+]{1,})|\*)$`";
    let bad_id =
        format!("validation error: updates[0].relationship.subject.object.object_id: {pattern}");
    for (relationship, code, text) in [
        (member("a b"), Code::InvalidArgument, bad_id.as_str()),
        (
            relationship(&platform(), "member", &object("domain", "x")),
            Code::InvalidArgument,
            "subjects of type `domain` are not allowed on relation `platform#member`",
        ),
        (
            relationship(&platform(), "admin", &user()),
            Code::InvalidArgument,
            "cannot write a relationship to permission `admin` under definition `platform`",
        ),
        (
            relationship(&object("rocket", "magistrala"), "member", &user()),
            Code::FailedPrecondition,
            "object definition `rocket` not found",
        ),
        (
            relationship(&platform(), "boss", &user()),
            Code::FailedPrecondition,
            "relation/permission `boss` not found under definition `platform`",
        ),
    ] {
        assert_refused(write(&fixture, &[(CREATE, relationship)]).await, code, text);
    }
    let twice = [(TOUCH, member("x")), (TOUCH, member("x"))];
    assert_refused(
        write(&fixture, &twice).await,
        Code::InvalidArgument,
        "found more than one update with relationship `platform:magistrala#member@user:x` in this \
         request; a relationship can only be specified in an update once per overall \
         WriteRelationships request",
    );
}

#[tokio::test]
async fn a_key_must_be_shown() {
    let fixture = Fixture::new();
    let empty = WriteRelationshipsRequest::default;
    let answer = fixture.permissions().write_relationships(empty()).await;
    assert_refused(
        answer,
        Code::Unauthenticated,
        "invalid preshared key: rpc error: code = Unauthenticated desc = Request unauthenticated \
         with bearer",
    );
    let mut wrong = Request::new(empty());
    let bearer = "Bearer other".parse().unwrap();
    wrong.metadata_mut().insert("authorization", bearer);
    let answer = fixture.permissions().write_relationships(wrong).await;
    let text = "invalid preshared key: invalid token";
    assert_refused(answer, Code::PermissionDenied, text);
}

#[tokio::test]
async fn a_filter_deletes_what_it_means_and_no_match_is_no_error() {
    let fixture = Fixture::new();
    let subject = text(1, "user") + &text(2, ROOT);
    let role = text(1, "platform") + &text(2, "magistrala") + &text(3, "administrator");
    let filter = field(1, &(role + &field(4, &subject)));
    let deleted = delete(&fixture, &filter).await.unwrap();
    assert_eq!(deleted.relationships_deleted_count, 1);
    let again = delete(&fixture, &filter).await.unwrap();
    assert_eq!(again.relationships_deleted_count, 0);
    assert_eq!(again.deletion_progress, 1);
    let expected = [ROOT, ADA].map(|user| format!("platform:magistrala#member@user:{user}"));
    assert_eq!(fixture.platform.spicedb.relationships(), expected);
}

#[tokio::test]
async fn a_filter_with_a_subject_alone_deletes_relations_of_all_kinds() {
    let fixture = Fixture::new();
    fixture.platform.spicedb.give_role("pilots", ROOT);
    fixture.platform.spicedb.give_role("pilots", ADA);
    let subject = text(1, "user") + &text(2, ROOT);
    let deleted = delete(&fixture, &field(1, &field(4, &subject)))
        .await
        .unwrap();
    assert_eq!(deleted.relationships_deleted_count, 3);
    let left = fixture.platform.spicedb.relationships();
    let expected = ["platform:magistrala", "role:pilots"]
        .map(|resource| format!("{resource}#member@user:{ADA}"));
    assert_eq!(left, expected);
}

#[tokio::test]
async fn a_filter_that_asks_for_nothing_is_refused() {
    let fixture = Fixture::new();
    assert_refused(
        delete(&fixture, "").await,
        Code::InvalidArgument,
        "validation error: relationship_filter: value is required",
    );
    assert_refused(
        delete(&fixture, "0a00").await,
        Code::InvalidArgument,
        "the relationship filter provided is not valid: at least one field must be set",
    );
    let unknown = field(1, &field(4, &(text(1, "rocket") + &text(2, ADA))));
    assert_refused(
        delete(&fixture, &unknown).await,
        Code::FailedPrecondition,
        "object definition `rocket` not found",
    );
}

#[tokio::test]
async fn a_precondition_that_does_not_hold_stops_the_request() {
    let fixture = Fixture::new();
    let filter = text(1, "platform") + &field(4, &(text(1, "user") + &text(2, "x")));
    let must = |operation: &str| field(2, &format!("{operation}{}", field(2, &filter)));
    let written = request(&[(CREATE, member("x"))]);
    let mut client = fixture.permissions();
    let unmet: WriteRelationshipsRequest = message(&format!("{written}{}", must("0802")));
    let status = client
        .write_relationships(with_key(unmet))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    let met: WriteRelationshipsRequest = message(&format!("{written}{}", must("0801")));
    client.write_relationships(with_key(met)).await.unwrap();
}

#[tokio::test]
async fn permissions_follow_from_relations() {
    let fixture = Fixture::new();
    let check = async |user: &str, permission: &str| {
        let request = field(1, "2001")
            + &field(2, &platform())
            + &text(3, permission)
            + &field(4, &field(1, &object("user", user)));
        let message: CheckPermissionRequest = message(&request);
        let mut client = fixture.permissions();
        let answer = client.check_permission(with_key(message));
        answer
            .await
            .map(|answer| answer.into_inner().permissionship())
    };
    let (yes, no) = (Permissionship::HasPermission, Permissionship::NoPermission);
    for (user, admin, membership) in [(ADA, no, yes), (ROOT, yes, yes), ("nobody", no, no)] {
        assert_eq!(check(user, "admin").await.unwrap(), admin, "{user}");
        assert_eq!(
            check(user, "membership").await.unwrap(),
            membership,
            "{user}"
        );
    }
    let text = "relation/permission `fly` not found under definition `platform`";
    assert_refused(check(ADA, "fly").await, Code::FailedPrecondition, text);
}

#[tokio::test]
async fn relationships_are_read_in_order() {
    let fixture = Fixture::new();
    let message = ReadRelationshipsRequest {
        consistency: None,
        relationship_filter: Some(RelationshipFilter {
            resource_type: "platform".to_owned(),
            optional_subject_filter: Some(SubjectFilter {
                subject_type: "user".to_owned(),
                optional_subject_id: ROOT.to_owned(),
                optional_relation: None,
            }),
            ..RelationshipFilter::default()
        }),
    };
    let mut client = fixture.permissions();
    let answer = client.read_relationships(with_key(message));
    let mut answers = answer.await.unwrap().into_inner();
    let mut relations = Vec::new();
    while let Some(answer) = answers.message().await.unwrap() {
        relations.push(answer.relationship.unwrap().relation);
    }
    assert_eq!(relations, ["administrator", "member"]);
}
