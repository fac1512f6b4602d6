//! `GET /users/profile`: see one's own account.

use actix_web::http::StatusCode;
use actix_web::web;

use super::answer::{UserAnswer, account};
use crate::answer::Answer;
use crate::extract::Call;
use crate::openapi::ACCOUNTS;
use crate::state::Api;

/// See one's own account.
#[utoipa::path(
    get, path = "/users/profile", tag = ACCOUNTS, operation_id = "view_profile",
    responses((status = 200, description = "The account.", body = UserAnswer)),
)]
pub(crate) async fn view_profile(api: web::Data<Api>, call: Call<()>) -> Answer {
    let directory = &api.users().directory;
    let user = directory.view_profile(&call.context, &call.caller)?;
    account(StatusCode::OK, &user, api.settings().enums)
}
