//! What may be written and asked: the part of the platform's schema that users meet.

use tonic::Status;
use users_proto::authzed::api::v1::{
    ObjectReference, Relationship as Message, RelationshipFilter, SubjectReference,
};

use super::refusal;
use super::relationship::Relationship;

/// A kind of objects.
struct Definition {
    name: &'static str,
    /// Each with the one kind of subject that it takes.
    relations: &'static [(&'static str, &'static str)],
    /// Each with the relations that give it.
    permissions: &'static [(&'static str, &'static [&'static str])],
}

const SCHEMA: [Definition; 4] = [
    Definition {
        name: "user",
        relations: &[],
        permissions: &[],
    },
    Definition {
        name: "platform",
        relations: &[("administrator", "user"), ("member", "user")],
        permissions: &[
            ("admin", &["administrator"]),
            ("membership", &["administrator", "member"]),
        ],
    },
    Definition {
        name: "domain",
        relations: &[("organization", "platform")],
        permissions: &[],
    },
    // So that a user may be the subject of more than the platform.
    Definition {
        name: "role",
        relations: &[("entity", "domain"), ("member", "user")],
        permissions: &[],
    },
];

/// Longer ids are refused.
const MOST_BYTES: usize = 1024;
const ID_PATTERN: &str = r"^(([a-zA-Z0-9/_|\-=+]{1,})|\*)$";
const OPTIONAL_ID_PATTERN: &str = r"^(([a-zA-Z0-9/_|\-=+]{1,})|\*)?$";

/// Checks the form of a relationship to be written. `field` is where it stands in the request.
pub(crate) fn well_formed(field: &str, message: Option<&Message>) -> Result<(), Status> {
    let message = required(field, message)?;
    object(&format!("{field}.resource"), message.resource.as_ref())?;
    subject(&format!("{field}.subject"), message.subject.as_ref())
}

/// Checks the form of a reference to an object.
pub(crate) fn object(field: &str, object: Option<&ObjectReference>) -> Result<(), Status> {
    let object = required(field, object)?;
    id(&format!("{field}.object_id"), &object.object_id, ID_PATTERN)
}

/// Checks the form of a reference to a subject.
pub(crate) fn subject(field: &str, subject: Option<&SubjectReference>) -> Result<(), Status> {
    let subject = required(field, subject)?;
    object(&format!("{field}.object"), subject.object.as_ref())
}

/// Checks a filter: its form, that it asks for something, and that the schema knows what for.
pub(crate) fn filter<'a>(
    field: &str,
    filter: Option<&'a RelationshipFilter>,
) -> Result<&'a RelationshipFilter, Status> {
    let filter = required(field, filter)?;
    let subject = filter.optional_subject_filter.as_ref();
    optional_id(field, "optional_resource_id", &filter.optional_resource_id)?;
    if let Some(subject) = subject {
        let field = format!("{field}.optional_subject_filter");
        optional_id(&field, "optional_subject_id", &subject.optional_subject_id)?;
    }
    if *filter == RelationshipFilter::default() {
        return Err(refusal::empty_filter());
    }
    if !filter.resource_type.is_empty() {
        let definition = definition(&filter.resource_type)?;
        if !filter.optional_relation.is_empty()
            && definition.takes(&filter.optional_relation).is_none()
        {
            return Err(refusal::unknown_relation(
                definition.name,
                &filter.optional_relation,
            ));
        }
    }
    if let Some(subject) = subject {
        definition(&subject.subject_type)?;
    }
    Ok(filter)
}

/// Checks that the schema has room for a relationship.
pub(crate) fn has_room_for(relationship: &Relationship) -> Result<(), Status> {
    let definition = definition(&relationship.resource_type)?;
    let relation = &relationship.relation;
    if definition.gives(relation).is_some() {
        return Err(refusal::write_to_permission(definition.name, relation));
    }
    let Some(takes) = definition.takes(relation) else {
        return Err(refusal::unknown_relation(definition.name, relation));
    };
    let subject = self::definition(&relationship.subject_type)?;
    let whole = relationship.subject_relation.is_empty() && relationship.subject_id != "*";
    if subject.name != takes || !whole {
        return Err(refusal::subject_not_allowed(relationship));
    }
    Ok(())
}

/// The relations that give a permission; a relation gives itself.
pub(crate) fn relations_of(resource_type: &str, name: &str) -> Result<Vec<&'static str>, Status> {
    let definition = definition(resource_type)?;
    if let Some(relations) = definition.gives(name) {
        return Ok(relations.to_vec());
    }
    let mut relations = definition.relations.iter();
    relations
        .find(|(relation, _)| *relation == name)
        .map(|(relation, _)| vec![*relation])
        .ok_or_else(|| refusal::unknown_relation(definition.name, name))
}

/// Checks that the schema knows a kind of objects.
pub(crate) fn known(name: &str) -> Result<(), Status> {
    definition(name).map(|_| ())
}

fn definition(name: &str) -> Result<&'static Definition, Status> {
    SCHEMA
        .iter()
        .find(|definition| definition.name == name)
        .ok_or_else(|| refusal::unknown_definition(name))
}

impl Definition {
    fn takes(&self, relation: &str) -> Option<&'static str> {
        let mut relations = self.relations.iter();
        relations
            .find(|(name, _)| *name == relation)
            .map(|(_, subject)| *subject)
    }

    fn gives(&self, permission: &str) -> Option<&'static [&'static str]> {
        let mut permissions = self.permissions.iter();
        permissions
            .find(|(name, _)| *name == permission)
            .map(|(_, relations)| *relations)
    }
}

fn required<'a, T>(field: &str, value: Option<&'a T>) -> Result<&'a T, Status> {
    value.ok_or_else(|| invalid(field, "value is required"))
}

fn optional_id(field: &str, name: &str, value: &str) -> Result<(), Status> {
    if value.is_empty() {
        return Ok(());
    }
    id(&format!("{field}.{name}"), value, OPTIONAL_ID_PATTERN)
}

fn id(field: &str, value: &str, pattern: &str) -> Result<(), Status> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/_|-=+".contains(&byte);
    if value != "*" && (value.is_empty() || !value.bytes().all(allowed)) {
        let why = format!("does not match regex pattern `{pattern}`");
        return Err(invalid(field, &why));
    }
    if value.len() > MOST_BYTES {
        let why = format!("value length must be at most {MOST_BYTES} bytes");
        return Err(invalid(field, &why));
    }
    Ok(())
}

fn invalid(field: &str, why: &str) -> Status {
    Status::invalid_argument(format!("validation error: {field}: {why}"))
}
