//! One relationship, and filters over many.

use std::fmt;

use users_proto::authzed::api::v1::{
    ObjectReference, Relationship as Message, RelationshipFilter, SubjectFilter, SubjectReference,
};

/// One relationship, as text `platform:magistrala#member@user:ada`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Relationship {
    pub(crate) resource_type: String,
    pub(crate) resource_id: String,
    pub(crate) relation: String,
    pub(crate) subject_type: String,
    pub(crate) subject_id: String,
    pub(crate) subject_relation: String,
}

impl Relationship {
    /// From a message that has all its parts; those that it lacks become empty.
    pub(crate) fn of(message: Message) -> Self {
        let resource = message.resource.unwrap_or_default();
        let subject = message.subject.unwrap_or_default();
        let object = subject.object.unwrap_or_default();
        Self {
            resource_type: resource.object_type,
            resource_id: resource.object_id,
            relation: message.relation,
            subject_type: object.object_type,
            subject_id: object.object_id,
            subject_relation: subject.optional_relation,
        }
    }

    /// A user's relation to the platform.
    pub(crate) fn to_the_platform(relation: &str, user: &str) -> Self {
        Self {
            resource_type: "platform".to_owned(),
            resource_id: "magistrala".to_owned(),
            relation: relation.to_owned(),
            subject_type: "user".to_owned(),
            subject_id: user.to_owned(),
            subject_relation: String::new(),
        }
    }

    pub(crate) fn message(&self) -> Message {
        let object = |object_type: &String, object_id: &String| ObjectReference {
            object_type: object_type.clone(),
            object_id: object_id.clone(),
        };
        Message {
            resource: Some(object(&self.resource_type, &self.resource_id)),
            relation: self.relation.clone(),
            subject: Some(SubjectReference {
                object: Some(object(&self.subject_type, &self.subject_id)),
                optional_relation: self.subject_relation.clone(),
            }),
        }
    }

    /// Whether a filter means it; what a filter leaves open, it does not ask for.
    pub(crate) fn matches(&self, filter: &RelationshipFilter) -> bool {
        let open_or = |wanted: &str, value: &str| wanted.is_empty() || wanted == value;
        open_or(&filter.resource_type, &self.resource_type)
            && open_or(&filter.optional_resource_id, &self.resource_id)
            && self
                .resource_id
                .starts_with(&filter.optional_resource_id_prefix)
            && open_or(&filter.optional_relation, &self.relation)
            && filter
                .optional_subject_filter
                .as_ref()
                .is_none_or(|subject| self.subject_matches(subject))
    }

    fn subject_matches(&self, filter: &SubjectFilter) -> bool {
        filter.subject_type == self.subject_type
            && (filter.optional_subject_id.is_empty()
                || filter.optional_subject_id == self.subject_id)
            && filter
                .optional_relation
                .as_ref()
                .is_none_or(|wanted| wanted.relation == self.subject_relation)
    }
}

impl fmt::Display for Relationship {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}#{}@{}:{}",
            self.resource_type, self.resource_id, self.relation, self.subject_type, self.subject_id
        )?;
        if !self.subject_relation.is_empty() {
            write!(f, "#{}", self.subject_relation)?;
        }
        Ok(())
    }
}
