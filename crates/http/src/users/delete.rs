//! `DELETE /users/{id}`: mark an account for removal.

use actix_web::http::StatusCode;
use actix_web::web;

use crate::answer::{Answer, empty};
use crate::extract::{AccountId, Call, IfMatch, OnAccount};
use crate::openapi::ACCOUNTS;
use crate::state::Api;

/// Mark an account for removal.
///
/// All its tokens end at once.
#[utoipa::path(
    delete, path = "/users/{id}", tag = ACCOUNTS, operation_id = "delete",
    params(AccountId, IfMatch),
    responses((status = 204, description = "It is marked.")),
)]
pub(crate) async fn delete(api: web::Data<Api>, call: Call<OnAccount<()>>) -> Answer {
    let OnAccount { id, version, .. } = call.input;
    api.users()
        .administration
        .delete(&call.context, &call.caller, &id, version)
        .await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
