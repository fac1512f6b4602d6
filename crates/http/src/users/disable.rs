//! `POST /users/{id}/disable`: suspend an account.

use actix_web::http::StatusCode;
use actix_web::web;

use super::answer::account;
use crate::answer::Answer;
use crate::extract::{Call, OnAccount};
use crate::state::Api;

pub(crate) async fn disable(api: web::Data<Api>, call: Call<OnAccount<()>>) -> Answer {
    let OnAccount { id, version, .. } = call.input;
    let user = api
        .users()
        .administration
        .disable(&call.context, &call.caller, &id, version)
        .await?;
    account(StatusCode::OK, &user, api.settings().enums)
}
