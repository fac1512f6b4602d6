//! The messages of each method.

use prost::Message;
use serde_json::Value;
use tonic_health::pb as health;
use users_proto::auth::v1 as auth;
use users_proto::authzed::api::v1 as spicedb;
use users_proto::common::v1 as entities;
use users_proto::domains::v1 as domains;
use users_proto::token::v1 as token;
use users_proto::users::v1 as users;

use super::described::Described;

/// What our types make of bytes.
pub(super) struct Decoded {
    /// Its fields.
    pub(super) described: Value,
    /// What it is on the wire when we send it.
    pub(super) encoded: Vec<u8>,
}

/// Reads one message.
type Decode = fn(&[u8]) -> Option<Decoded>;

/// How the messages of a method are read.
pub(super) struct Method {
    pub(super) request: Decode,
    pub(super) response: Decode,
}

impl Method {
    /// By its path; none for those that neither we nor whoever asks us calls.
    pub(super) fn of(path: &str) -> Option<Self> {
        let method = match path {
            "/auth.v1.AuthService/Authenticate" => method::<auth::AuthNReq, auth::AuthNRes>(),
            "/auth.v1.AuthService/Authorize" => method::<auth::AuthZReq, auth::AuthZRes>(),
            "/token.v1.TokenService/Issue" => method::<token::IssueReq, token::Token>(),
            "/token.v1.TokenService/Refresh" => method::<token::RefreshReq, token::Token>(),
            "/token.v1.TokenService/Revoke" => method::<token::RevokeReq, token::RevokeRes>(),
            "/token.v1.TokenService/ListUserRefreshTokens" => {
                method::<token::ListUserRefreshTokensReq, token::ListUserRefreshTokensRes>()
            }
            "/domains.v1.DomainsService/DeleteUserFromDomains" => {
                method::<domains::DeleteUserReq, domains::DeleteUserRes>()
            }
            "/domains.v1.DomainsService/RetrieveStatus" => {
                method::<entities::RetrieveEntityReq, entities::RetrieveEntityRes>()
            }
            "/domains.v1.DomainsService/RetrieveIDByRoute" => {
                method::<entities::RetrieveIdByRouteReq, entities::RetrieveEntityRes>()
            }
            "/users.v1.UsersService/RetrieveUsers" => {
                method::<users::RetrieveUsersReq, users::RetrieveUsersRes>()
            }
            "/authzed.api.v1.PermissionsService/WriteRelationships" => {
                method::<spicedb::WriteRelationshipsRequest, spicedb::WriteRelationshipsResponse>()
            }
            "/authzed.api.v1.PermissionsService/DeleteRelationships" => {
                method::<spicedb::DeleteRelationshipsRequest, spicedb::DeleteRelationshipsResponse>(
                )
            }
            "/authzed.api.v1.PermissionsService/CheckPermission" => {
                method::<spicedb::CheckPermissionRequest, spicedb::CheckPermissionResponse>()
            }
            "/authzed.api.v1.PermissionsService/ReadRelationships" => {
                method::<spicedb::ReadRelationshipsRequest, spicedb::ReadRelationshipsResponse>()
            }
            "/grpc.health.v1.Health/Check" => {
                method::<health::HealthCheckRequest, health::HealthCheckResponse>()
            }
            _ => return None,
        };
        Some(method)
    }
}

fn method<Request, Response>() -> Method
where
    Request: Message + Described + Default,
    Response: Message + Described + Default,
{
    Method {
        request: decode::<Request>,
        response: decode::<Response>,
    }
}

fn decode<M: Message + Described + Default>(bytes: &[u8]) -> Option<Decoded> {
    let message = M::decode(bytes).ok()?;
    Some(Decoded {
        described: message.described(),
        encoded: message.encode_to_vec(),
    })
}
