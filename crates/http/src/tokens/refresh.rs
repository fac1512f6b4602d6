//! `POST /users/tokens/refresh`: exchange a refresh token, sent as bearer token, for the next pair.

use actix_web::web;
use users_domain::error::{Error, Unauthenticated};

use super::answer::tokens;
use crate::answer::Answer;
use crate::extract::{Call, IgnoredBody};
use crate::state::Api;

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
