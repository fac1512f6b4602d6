//! What we ask of SpiceDB.

use users_proto::authzed::api::v1 as spicedb;

use super::{Wire, text};

/// As the relationships are now, whatever it costs.
fn consistency() -> spicedb::Consistency {
    spicedb::Consistency {
        requirement: Some(spicedb::consistency::Requirement::FullyConsistent(true)),
    }
}

fn zed_token() -> spicedb::ZedToken {
    spicedb::ZedToken { token: text("z") }
}

fn object_reference() -> spicedb::ObjectReference {
    spicedb::ObjectReference {
        object_type: text("t"),
        object_id: text("i"),
    }
}

fn subject_reference() -> spicedb::SubjectReference {
    spicedb::SubjectReference {
        object: Some(object_reference()),
        optional_relation: text("r"),
    }
}

fn relationship() -> spicedb::Relationship {
    spicedb::Relationship {
        resource: Some(object_reference()),
        relation: text("r"),
        subject: Some(subject_reference()),
    }
}

fn relationship_update() -> spicedb::RelationshipUpdate {
    spicedb::RelationshipUpdate {
        operation: spicedb::relationship_update::Operation::Touch as i32,
        relationship: Some(relationship()),
    }
}

fn relation_filter() -> spicedb::subject_filter::RelationFilter {
    spicedb::subject_filter::RelationFilter {
        relation: text("r"),
    }
}

fn subject_filter() -> spicedb::SubjectFilter {
    spicedb::SubjectFilter {
        subject_type: text("t"),
        optional_subject_id: text("i"),
        optional_relation: Some(relation_filter()),
    }
}

fn relationship_filter() -> spicedb::RelationshipFilter {
    spicedb::RelationshipFilter {
        resource_type: text("t"),
        optional_resource_id: text("i"),
        optional_relation: text("r"),
        optional_subject_filter: Some(subject_filter()),
        optional_resource_id_prefix: text("p"),
    }
}

fn precondition() -> spicedb::Precondition {
    spicedb::Precondition {
        operation: spicedb::precondition::Operation::MustMatch as i32,
        filter: Some(relationship_filter()),
    }
}

#[test]
fn what_relationships_are_made_of_is_as_documented() {
    Wire::of(zed_token()).is(&[
        "0a 01 7a", // 1 token
    ]);

    Wire::of(object_reference()).is(&[
        "0a 01 74", // 1 object_type
        "12 01 69", // 2 object_id
    ]);

    Wire::of(subject_reference()).is(&[
        "0a 06 0a 01 74 12 01 69", // 1 object
        "12 01 72",                // 2 optional_relation
    ]);

    Wire::of(relationship()).is(&[
        "0a 06 0a 01 74 12 01 69",                // 1 resource
        "12 01 72",                               // 2 relation
        "1a 0b 0a 06 0a 01 74 12 01 69 12 01 72", // 3 subject
    ]);

    Wire::of(relationship_update()).is(&[
        "08 02", // 1 operation
        "12 18 0a 06 0a 01 74 12 01 69 12 01 72 1a 0b 0a 06 0a 01 74 12 01 69 12 01 72", // 2 relationship
    ]);

    Wire::of(relation_filter()).is(&[
        "0a 01 72", // 1 relation
    ]);

    Wire::of(subject_filter()).is(&[
        "0a 01 74",       // 1 subject_type
        "12 01 69",       // 2 optional_subject_id
        "1a 03 0a 01 72", // 3 optional_relation
    ]);

    Wire::of(relationship_filter()).is(&[
        "0a 01 74",                               // 1 resource_type
        "12 01 69",                               // 2 optional_resource_id
        "1a 01 72",                               // 3 optional_relation
        "22 0b 0a 01 74 12 01 69 1a 03 0a 01 72", // 4 optional_subject_filter
        "2a 01 70",                               // 5 optional_resource_id_prefix
    ]);

    Wire::of(precondition()).is(&[
        "08 02", // 1 operation
        "12 19 0a 01 74 12 01 69 1a 01 72 22 0b 0a 01 74 12 01 69 1a 03 0a 01 72 2a 01 70", // 2 filter
    ]);
}

#[test]
fn messages_of_the_permissions_service_are_as_documented() {
    Wire::of(spicedb::WriteRelationshipsRequest {
        updates: vec![relationship_update()],
        optional_preconditions: vec![precondition()],
    })
    .is(&[
        "0a 1c 08 02 12 18 0a 06 0a 01 74 12 01 69 12 01 72 1a 0b 0a 06 0a 01 74 12 01 69 12 01 72", // 1 updates
        "12 1d 08 02 12 19 0a 01 74 12 01 69 1a 01 72 22 0b 0a 01 74 12 01 69 1a 03 0a 01 72 2a 01 70", // 2 optional_preconditions
    ]);

    Wire::of(spicedb::WriteRelationshipsResponse {
        written_at: Some(zed_token()),
    })
    .is(&[
        "0a 03 0a 01 7a", // 1 written_at
    ]);

    Wire::of(spicedb::DeleteRelationshipsRequest {
        relationship_filter: Some(relationship_filter()),
        optional_preconditions: vec![precondition()],
        optional_limit: 1,
        optional_allow_partial_deletions: true,
    })
    .is(&[
        "0a 19 0a 01 74 12 01 69 1a 01 72 22 0b 0a 01 74 12 01 69 1a 03 0a 01 72 2a 01 70", // 1 relationship_filter
        "12 1d 08 02 12 19 0a 01 74 12 01 69 1a 01 72 22 0b 0a 01 74 12 01 69 1a 03 0a 01 72 2a 01 70", // 2 optional_preconditions
        "18 01", // 3 optional_limit
        "20 01", // 4 optional_allow_partial_deletions
    ]);

    Wire::of(spicedb::DeleteRelationshipsResponse {
        deleted_at: Some(zed_token()),
        deletion_progress: spicedb::delete_relationships_response::DeletionProgress::Complete
            as i32,
        relationships_deleted_count: 300,
    })
    .is(&[
        "0a 03 0a 01 7a", // 1 deleted_at
        "10 01",          // 2 deletion_progress
        "18 ac 02",       // 3 relationships_deleted_count
    ]);

    Wire::of(spicedb::CheckPermissionRequest {
        consistency: Some(consistency()),
        resource: Some(object_reference()),
        permission: text("p"),
        subject: Some(subject_reference()),
    })
    .is(&[
        "0a 02 20 01",                            // 1 consistency
        "12 06 0a 01 74 12 01 69",                // 2 resource
        "1a 01 70",                               // 3 permission
        "22 0b 0a 06 0a 01 74 12 01 69 12 01 72", // 4 subject
    ]);

    Wire::of(spicedb::CheckPermissionResponse {
        checked_at: Some(zed_token()),
        permissionship: spicedb::check_permission_response::Permissionship::HasPermission as i32,
    })
    .is(&[
        "0a 03 0a 01 7a", // 1 checked_at
        "10 02",          // 2 permissionship
    ]);

    Wire::of(spicedb::ReadRelationshipsRequest {
        consistency: Some(consistency()),
        relationship_filter: Some(relationship_filter()),
    })
    .is(&[
        "0a 02 20 01", // 1 consistency
        "12 19 0a 01 74 12 01 69 1a 01 72 22 0b 0a 01 74 12 01 69 1a 03 0a 01 72 2a 01 70", // 2 relationship_filter
    ]);

    Wire::of(spicedb::ReadRelationshipsResponse {
        read_at: Some(zed_token()),
        relationship: Some(relationship()),
    })
    .is(&[
        "0a 03 0a 01 7a", // 1 read_at
        "12 18 0a 06 0a 01 74 12 01 69 12 01 72 1a 0b 0a 06 0a 01 74 12 01 69 12 01 72", // 2 relationship
    ]);
}

#[test]
fn every_consistency_is_as_documented() {
    use spicedb::consistency::Requirement;
    for (requirement, bytes) in [
        (Requirement::MinimizeLatency(true), "08 01"),
        (Requirement::AtLeastAsFresh(zed_token()), "12 03 0a 01 7a"),
        (Requirement::AtExactSnapshot(zed_token()), "1a 03 0a 01 7a"),
        (Requirement::FullyConsistent(true), "20 01"),
    ] {
        let requirement = Some(requirement);
        Wire::of(spicedb::Consistency { requirement }).is(&[bytes]);
    }
}

#[test]
fn the_numbers_of_operations_and_outcomes_are_as_documented() {
    use spicedb::check_permission_response::Permissionship;
    use spicedb::delete_relationships_response::DeletionProgress;
    use spicedb::{precondition, relationship_update};
    let numbers = [
        (relationship_update::Operation::Create as i32, 1),
        (relationship_update::Operation::Touch as i32, 2),
        (relationship_update::Operation::Delete as i32, 3),
        (precondition::Operation::MustNotMatch as i32, 1),
        (precondition::Operation::MustMatch as i32, 2),
        (DeletionProgress::Complete as i32, 1),
        (DeletionProgress::Partial as i32, 2),
        (Permissionship::NoPermission as i32, 1),
        (Permissionship::HasPermission as i32, 2),
        (Permissionship::ConditionalPermission as i32, 3),
    ];
    for (ours, documented) in numbers {
        assert_eq!(ours, documented);
    }
}
