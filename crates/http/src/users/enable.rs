//! `POST /users/{id}/enable`: lift a suspension, or a deletion that was not carried out yet.

use actix_web::http::StatusCode;
use actix_web::web;

use super::answer::account;
use crate::answer::Answer;
use crate::extract::{Call, OnAccount};
use crate::state::Api;

pub(crate) async fn enable(api: web::Data<Api>, call: Call<OnAccount<()>>) -> Answer {
    let OnAccount { id, version, .. } = call.input;
    let user = api
        .users()
        .administration
        .enable(&call.context, &call.caller, &id, version)
        .await?;
    account(StatusCode::OK, &user, api.settings().enums)
}
