//! What is said to SpiceDB.

use users_domain::model::{Role, UserId};
use users_proto::authzed::api::v1::consistency::Requirement;
use users_proto::authzed::api::v1::relationship_update::Operation;
use users_proto::authzed::api::v1::{
    CheckPermissionRequest, Consistency, DeleteRelationshipsRequest, ObjectReference, Relationship,
    RelationshipFilter, RelationshipUpdate, SubjectFilter, SubjectReference,
    WriteRelationshipsRequest,
};

const USER: &str = "user";
const MEMBER: &str = "member";
const ADMINISTRATOR: &str = "administrator";

/// A user in a role, whatever he was before.
pub(crate) fn put(user: &UserId, role: Role) -> WriteRelationshipsRequest {
    let administrator = match role {
        Role::Admin => Operation::Touch,
        Role::User => Operation::Delete,
    };
    WriteRelationshipsRequest {
        updates: vec![
            update(Operation::Touch, MEMBER, user),
            update(administrator, ADMINISTRATOR, user),
        ],
        ..Default::default()
    }
}

/// Every relation in which the user is the subject, of every kind of object.
pub(crate) fn remove(user: &UserId) -> DeleteRelationshipsRequest {
    DeleteRelationshipsRequest {
        relationship_filter: Some(RelationshipFilter {
            optional_subject_filter: Some(SubjectFilter {
                subject_type: USER.to_owned(),
                optional_subject_id: user.as_str().to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// A question that takes SpiceDB its key, its schema and its database to answer.
pub(crate) fn check() -> CheckPermissionRequest {
    CheckPermissionRequest {
        consistency: Some(Consistency {
            requirement: Some(Requirement::FullyConsistent(true)),
        }),
        resource: Some(platform()),
        permission: "membership".to_owned(),
        subject: Some(subject("users-service")),
    }
}

fn update(operation: Operation, relation: &str, user: &UserId) -> RelationshipUpdate {
    RelationshipUpdate {
        operation: operation.into(),
        relationship: Some(Relationship {
            resource: Some(platform()),
            relation: relation.to_owned(),
            subject: Some(subject(user.as_str())),
        }),
    }
}

fn platform() -> ObjectReference {
    ObjectReference {
        object_type: "platform".to_owned(),
        object_id: "magistrala".to_owned(),
    }
}

fn subject(id: &str) -> SubjectReference {
    SubjectReference {
        object: Some(ObjectReference {
            object_type: USER.to_owned(),
            object_id: id.to_owned(),
        }),
        ..Default::default()
    }
}
