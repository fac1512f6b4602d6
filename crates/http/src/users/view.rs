//! `GET /users/{id}`: see an account, as much of it as the caller may.

use actix_web::http::StatusCode;
use actix_web::web;
use users_domain::model::UserView;

use super::answer::{UserAnswer, account};
use crate::answer::{Answer, json};
use crate::extract::{AccountId, Call};
use crate::openapi::ACCOUNTS;
use crate::state::Api;

/// See an account.
#[utoipa::path(
    get, path = "/users/{id}", tag = ACCOUNTS, operation_id = "view",
    params(AccountId),
    responses((status = 200, description = "The account: all of it for the owner and administrators, names and free-form data for others.", body = UserAnswer)),
)]
pub(crate) async fn view(api: web::Data<Api>, call: Call<AccountId>) -> Answer {
    let AccountId(id) = call.input;
    let directory = &api.users().directory;
    match directory.view(&call.context, &call.caller, &id).await? {
        UserView::Full(user) => account(StatusCode::OK, &user, api.settings().enums),
        UserView::Public(user) => json(StatusCode::OK, &UserAnswer::public(&user)),
    }
}
