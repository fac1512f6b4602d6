//! The tables of messages: numbers and names as they are documented, once more by hand, so that a
//! slip in a `.proto` file shows.

use serde_json::{Map, Value, json};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use users_proto::auth::v1::{AuthNReq, AuthNRes, AuthZReq, AuthZRes, PatReq, PolicyReq};
use users_proto::authzed::api::v1::{
    CheckPermissionRequest, CheckPermissionResponse, Consistency, DeleteRelationshipsRequest,
    DeleteRelationshipsResponse, ObjectReference, Precondition, ReadRelationshipsRequest,
    ReadRelationshipsResponse, Relationship, RelationshipFilter, RelationshipUpdate, SubjectFilter,
    SubjectReference, WriteRelationshipsRequest, WriteRelationshipsResponse, ZedToken,
    consistency::Requirement, subject_filter::RelationFilter,
};
use users_proto::common::v1::{
    EntityBasic, RetrieveEntityReq, RetrieveEntityRes, RetrieveIdByRouteReq,
};
use users_proto::domains::v1::{DeleteUserReq, DeleteUserRes};
use users_proto::token::v1::{
    IssueReq, ListUserRefreshTokensReq, ListUserRefreshTokensRes, RefreshReq, RefreshToken,
    RevokeReq, RevokeRes, Token,
};
use users_proto::users::v1::{RetrieveUsersReq, RetrieveUsersRes, User};

use super::described::{Described, Told, described};

described! {
    AuthNReq { 1 token }
    AuthNRes { 1 id, 2 user_id, 3 user_role, 4 verified, 5 token_type }
    AuthZReq { 1 policy_req, 2 pat_req }
    PolicyReq {
        1 domain, 2 subject_type, 3 subject_kind, 4 subject_relation, 5 subject, 6 relation,
        7 permission, 8 object, 9 object_type,
    }
    PatReq { 1 pat_id, 2 domain, 3 operation, 4 user_id, 5 entity_id, 6 entity_type }
    AuthZRes { 1 authorized, 2 id }

    IssueReq { 1 user_id, 2 user_role, 3 r#type, 4 verified, 5 description }
    RefreshReq { 1 refresh_token, 2 verified }
    RevokeReq { 1 token_id, 2 user_id }
    RevokeRes {}
    Token { 1 access_token, 2 refresh_token, 3 access_type }
    ListUserRefreshTokensReq { 1 user_id }
    ListUserRefreshTokensRes { 1 refresh_tokens }
    RefreshToken { 1 id, 2 description }

    DeleteUserReq { 1 id }
    DeleteUserRes { 1 deleted }
    RetrieveEntityReq { 1 id }
    RetrieveEntityRes { 1 entity }
    EntityBasic { 1 id, 2 domain_id, 3 parent_group_id, 4 status }
    RetrieveIdByRouteReq { 1 route, 2 domain_id }

    RetrieveUsersReq { 1 ids, 2 offset, 3 limit }
    RetrieveUsersRes { 1 total, 2 limit, 3 offset, 4 users }
    User {
        1 id, 2 first_name, 3 last_name, 4 tags, 5 metadata, 6 private_metadata, 7 status, 8 role,
        9 profile_picture, 10 username, 11 email, 12 created_at, 13 updated_at, 14 updated_by,
        15 verified_at, 16 auth_provider, 17 permissions,
    }

    WriteRelationshipsRequest { 1 updates, 2 optional_preconditions }
    WriteRelationshipsResponse { 1 written_at }
    RelationshipUpdate { 1 operation, 2 relationship }
    Relationship { 1 resource, 2 relation, 3 subject }
    ObjectReference { 1 object_type, 2 object_id }
    SubjectReference { 1 object, 2 optional_relation }
    Precondition { 1 operation, 2 filter }
    DeleteRelationshipsRequest {
        1 relationship_filter, 2 optional_preconditions, 3 optional_limit,
        4 optional_allow_partial_deletions,
    }
    DeleteRelationshipsResponse {
        1 deleted_at, 2 deletion_progress, 3 relationships_deleted_count,
    }
    RelationshipFilter {
        1 resource_type, 2 optional_resource_id, 3 optional_relation, 4 optional_subject_filter,
        5 optional_resource_id_prefix,
    }
    SubjectFilter { 1 subject_type, 2 optional_subject_id, 3 optional_relation }
    RelationFilter { 1 relation }
    ZedToken { 1 token }
    CheckPermissionRequest { 1 consistency, 2 resource, 3 permission, 4 subject }
    CheckPermissionResponse { 1 checked_at, 2 permissionship }
    ReadRelationshipsRequest { 1 consistency, 2 relationship_filter }
    // Pages of it are asked for with field 3, which we do not read.
    ReadRelationshipsResponse { 1 read_at, 2 relationship }

    HealthCheckRequest { 1 service }
    HealthCheckResponse { 1 status }
}

impl Described for Consistency {
    fn described(&self) -> Value {
        match &self.requirement {
            None => json!({}),
            Some(Requirement::MinimizeLatency(value)) => json!({ "1 minimize_latency": value }),
            Some(Requirement::AtLeastAsFresh(token)) => {
                json!({ "2 at_least_as_fresh": token.described() })
            }
            Some(Requirement::AtExactSnapshot(token)) => {
                json!({ "3 at_exact_snapshot": token.described() })
            }
            Some(Requirement::FullyConsistent(value)) => json!({ "4 fully_consistent": value }),
        }
    }
}
