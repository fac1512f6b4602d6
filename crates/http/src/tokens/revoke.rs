//! `POST /users/tokens/revoke`: end one of one's own sessions.

use actix_web::http::StatusCode;
use actix_web::web;
use users_domain::error::{Invalid, InvalidReason};
use users_domain::model::TokenId;
use utoipa::ToSchema;

use crate::answer::{Answer, empty};
use crate::extract::{Body, Call, FromMembers, Members};
use crate::openapi::{SESSIONS, fields};
use crate::state::Api;

/// Longest id that is looked for, in bytes; ours have 36.
pub(crate) const MAX_ID_BYTES: usize = 254;

/// End one of one's own sessions.
///
/// The id of none of them changes nothing and is no error.
#[utoipa::path(
    post, path = "/users/tokens/revoke", tag = SESSIONS, operation_id = "revoke_refresh_token",
    request_body = RevokeBody,
    responses((status = 204, description = "It has ended.")),
)]
pub(crate) async fn revoke(api: web::Data<Api>, call: Call<Body<RevokeBody>>) -> Answer {
    let Body(RevokeBody { token_id }) = call.input;
    api.users()
        .credentials
        .revoke_refresh_token(&call.context, &call.caller, &token_id)
        .await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// Which session: the id of its refresh token.
#[derive(ToSchema)]
#[schema(as = Revocation, examples(json!({ "token_id": "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed" })))]
pub(crate) struct RevokeBody {
    #[schema(schema_with = fields::session_id)]
    token_id: TokenId,
}

impl FromMembers for RevokeBody {
    fn from_members(members: &Members<'_>) -> Result<Self, Invalid> {
        const FIELD: &str = "token_id";
        let id = members.text(FIELD)?.unwrap_or_default();
        let (limit, unit) = (MAX_ID_BYTES, "bytes");
        match id.len() {
            0 => Err(Invalid::new(FIELD, InvalidReason::Missing)),
            length if length > limit => {
                Err(Invalid::new(FIELD, InvalidReason::TooLong { limit, unit }))
            }
            _ => Ok(Self {
                token_id: TokenId::new(id),
            }),
        }
    }
}
