//! SpiceDB's refusals: statuses with the detail `google.rpc.ErrorInfo`.

use std::collections::BTreeMap;

use prost::Message;
use tonic::{Code, Status};
use users_proto::authzed::api::v1::RelationshipFilter;

use super::relationship::Relationship;

/// What `grpc-status-details-bin` holds.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct ErrorInfo {
    #[prost(string, tag = "1")]
    reason: String,
    #[prost(string, tag = "2")]
    domain: String,
    #[prost(btree_map = "string, string", tag = "3")]
    metadata: BTreeMap<String, String>,
}

fn refusal(code: Code, reason: &str, metadata: &[(&str, &str)], text: String) -> Status {
    let metadata = metadata
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let info = ErrorInfo {
        reason: format!("ERROR_REASON_{reason}"),
        domain: "authzed.com".to_owned(),
        metadata: metadata.collect(),
    };
    let status = RpcStatus {
        code: code.into(),
        message: text.clone(),
        details: vec![Any {
            type_url: "type.googleapis.com/google.rpc.ErrorInfo".to_owned(),
            value: info.encode_to_vec(),
        }],
    };
    Status::with_details(code, text, status.encode_to_vec().into())
}

pub(crate) fn already_exists(relationship: &Relationship) -> Status {
    refusal(
        Code::AlreadyExists,
        "ATTEMPT_TO_RECREATE_RELATIONSHIP",
        &[
            ("relationship", &relationship.to_string()),
            ("resource_type", &relationship.resource_type),
            ("resource_object_id", &relationship.resource_id),
            ("resource_relation", &relationship.relation),
            ("subject_type", &relationship.subject_type),
            ("subject_object_id", &relationship.subject_id),
            ("subject_relation", &relationship.subject_relation),
        ],
        format!(
            "could not CREATE relationship `{relationship}`, as it already existed. If this is \
             persistent, please switch to TOUCH operations or specify a precondition"
        ),
    )
}

pub(crate) fn twice(relationship: &Relationship) -> Status {
    refusal(
        Code::InvalidArgument,
        "UPDATES_ON_SAME_RELATIONSHIP",
        &[
            ("definition_name", &relationship.resource_type),
            ("relationship", &relationship.to_string()),
        ],
        format!(
            "found more than one update with relationship `{relationship}` in this request; a \
             relationship can only be specified in an update once per overall WriteRelationships \
             request"
        ),
    )
}

pub(crate) fn unknown_definition(name: &str) -> Status {
    refusal(
        Code::FailedPrecondition,
        "UNKNOWN_DEFINITION",
        &[("definition_name", name)],
        format!("object definition `{name}` not found"),
    )
}

pub(crate) fn unknown_relation(definition: &str, name: &str) -> Status {
    refusal(
        Code::FailedPrecondition,
        "UNKNOWN_RELATION_OR_PERMISSION",
        &[
            ("definition_name", definition),
            ("relation_or_permission_name", name),
        ],
        format!("relation/permission `{name}` not found under definition `{definition}`"),
    )
}

pub(crate) fn write_to_permission(definition: &str, name: &str) -> Status {
    refusal(
        Code::InvalidArgument,
        "CANNOT_UPDATE_PERMISSION",
        &[("definition_name", definition), ("permission_name", name)],
        format!(
            "cannot write a relationship to permission `{name}` under definition `{definition}`"
        ),
    )
}

pub(crate) fn subject_not_allowed(relationship: &Relationship) -> Status {
    let Relationship {
        resource_type,
        relation,
        subject_type,
        ..
    } = relationship;
    refusal(
        Code::InvalidArgument,
        "INVALID_SUBJECT_TYPE",
        &[
            ("subject_type", subject_type),
            ("definition_name", resource_type),
            ("relation_name", relation),
        ],
        format!(
            "subjects of type `{subject_type}` are not allowed on relation \
             `{resource_type}#{relation}`"
        ),
    )
}

pub(crate) fn empty_filter() -> Status {
    refusal(
        Code::InvalidArgument,
        "INVALID_FILTER",
        &[("filter", "")],
        "the relationship filter provided is not valid: at least one field must be set".to_owned(),
    )
}

/// A precondition that does not hold; `operation` as the API calls it.
pub(crate) fn precondition(operation: &str, filter: &RelationshipFilter) -> Status {
    let subject = filter.optional_subject_filter.clone().unwrap_or_default();
    let resource = [
        ("resource_type", &filter.resource_type),
        ("optional_resource_id", &filter.optional_resource_id),
        ("optional_relation", &filter.optional_relation),
    ];
    let subject = [
        ("subject_type", &subject.subject_type),
        ("optional_subject_id", &subject.optional_subject_id),
    ];
    let mut shown = fields(&resource);
    if filter.optional_subject_filter.is_some() {
        shown.push(format!(
            "optional_subject_filter:{{{}}}",
            fields(&subject).join("  ")
        ));
    }
    let mut metadata = vec![("precondition_operation", operation)];
    for (name, value) in [
        ("precondition_resource_type", resource[0].1),
        ("precondition_resource_id", resource[1].1),
        ("precondition_relation", resource[2].1),
        ("precondition_subject_type", subject[0].1),
        ("precondition_subject_id", subject[1].1),
    ] {
        if !value.is_empty() {
            metadata.push((name, value));
        }
    }
    refusal(
        Code::FailedPrecondition,
        "WRITE_OR_DELETE_PRECONDITION_FAILURE",
        &metadata,
        format!(
            "unable to satisfy write precondition `operation:{operation}  filter:{{{}}}`",
            shown.join("  ")
        ),
    )
}

/// Those that say something, as protocol buffers are written as text.
fn fields(fields: &[(&str, &String)]) -> Vec<String> {
    let fields = fields.iter().filter(|(_, value)| !value.is_empty());
    fields
        .map(|(name, value)| format!("{name}:{value:?}"))
        .collect()
}

pub(crate) fn too_many_to_delete(limit: u32) -> Status {
    let limit_text = limit.to_string();
    refusal(
        Code::InvalidArgument,
        "TOO_MANY_RELATIONSHIPS_FOR_TRANSACTIONAL_DELETE",
        &[("limit", &limit_text)],
        format!(
            "found more than {limit} relationships to be deleted and partial deletion was not \
             requested"
        ),
    )
}
