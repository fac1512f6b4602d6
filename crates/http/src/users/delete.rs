//! `DELETE /users/{id}`: mark an account for removal.

use actix_web::http::StatusCode;
use actix_web::web;

use crate::answer::{Answer, empty};
use crate::extract::{Call, OnAccount};
use crate::state::Api;

pub(crate) async fn delete(api: web::Data<Api>, call: Call<OnAccount<()>>) -> Answer {
    let OnAccount { id, version, .. } = call.input;
    api.users()
        .administration
        .delete(&call.context, &call.caller, &id, version)
        .await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
