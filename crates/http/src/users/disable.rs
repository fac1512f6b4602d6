//! `POST /users/{id}/disable`: suspend an account.

use actix_web::http::StatusCode;
use actix_web::web;

use super::answer::{UserAnswer, account};
use crate::answer::Answer;
use crate::extract::{AccountId, Call, IfMatch, OnAccount};
use crate::openapi::ACCOUNTS;
use crate::state::Api;

/// Suspend an account.
///
/// All its tokens end at once.
#[utoipa::path(
    post, path = "/users/{id}/disable", tag = ACCOUNTS, operation_id = "disable",
    params(AccountId, IfMatch),
    responses((status = 200, description = "The account as it is now.", body = UserAnswer)),
)]
pub(crate) async fn disable(api: web::Data<Api>, call: Call<OnAccount<()>>) -> Answer {
    let OnAccount { id, version, .. } = call.input;
    let user = api
        .users()
        .administration
        .disable(&call.context, &call.caller, &id, version)
        .await?;
    account(StatusCode::OK, &user, api.settings().enums)
}
