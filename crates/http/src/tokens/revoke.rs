//! `POST /users/tokens/revoke`: end one of one's own sessions.

use actix_web::http::StatusCode;
use actix_web::web;
use users_domain::error::{Invalid, InvalidReason};
use users_domain::model::TokenId;

use crate::answer::{Answer, empty};
use crate::extract::{Body, Call, FromMembers, Members};
use crate::state::Api;

/// Longest id that is looked for, in bytes; ours have 36.
const MAX_ID_BYTES: usize = 254;

pub(crate) async fn revoke(api: web::Data<Api>, call: Call<Body<RevokeBody>>) -> Answer {
    let Body(RevokeBody { token_id }) = call.input;
    api.users()
        .credentials
        .revoke_refresh_token(&call.context, &call.caller, &token_id)
        .await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// Which session: the id of its refresh token.
pub(crate) struct RevokeBody {
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
