//! `POST /users/{id}/enable`: lift a suspension, or a deletion that was not carried out yet.

use actix_web::http::StatusCode;
use actix_web::web;

use super::answer::{UserAnswer, account};
use crate::answer::Answer;
use crate::extract::{AccountId, Call, IfMatch, OnAccount};
use crate::openapi::ACCOUNTS;
use crate::state::Api;

/// Lift a suspension, or a deletion that was not carried out yet.
#[utoipa::path(
    post, path = "/users/{id}/enable", tag = ACCOUNTS, operation_id = "enable",
    params(AccountId, IfMatch),
    responses((status = 200, description = "The account as it is now.", body = UserAnswer)),
)]
pub(crate) async fn enable(api: web::Data<Api>, call: Call<OnAccount<()>>) -> Answer {
    let OnAccount { id, version, .. } = call.input;
    let user = api
        .users()
        .administration
        .enable(&call.context, &call.caller, &id, version)
        .await?;
    account(StatusCode::OK, &user, api.settings().enums)
}
