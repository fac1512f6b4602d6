//! `POST /users/tokens/refresh`: exchange a refresh token, sent as bearer token, for the next pair.

use actix_web::web;
use users_domain::error::{Error, Unauthenticated};

use super::answer::{TokensAnswer, tokens};
use crate::answer::Answer;
use crate::extract::{Call, IgnoredBody};
use crate::openapi::SESSIONS;
use crate::state::Api;

/// Exchange a refresh token for the next pair.
///
/// The refresh token is sent as bearer token. It works once; for 30 seconds more it gives the same pair
/// again, in case the answer was lost. Used later, or after its successor was used, it ends its
/// session.
#[utoipa::path(
    post, path = "/users/tokens/refresh", tag = SESSIONS, operation_id = "refresh_token",
    request_body(
        content = serde_json::Value, content_type = "application/json",
        description = "Not looked at, but it must say that it is JSON.",
    ),
    responses((status = 201, description = "The tokens.", body = TokensAnswer)),
)]
pub(crate) async fn refresh(api: web::Data<Api>, call: Call<IgnoredBody>) -> Answer {
    let Some(token) = call.token else {
        return Err(Error::Unauthenticated(Unauthenticated::MissingToken).into());
    };
    let pair = api
        .users()
        .credentials
        .refresh_token(&call.context, &call.caller, token)
        .await?;
    tokens(&pair)
}
