//! `POST /users/send-verification`: ask for the mail that proves one's address.

use actix_web::http::StatusCode;
use actix_web::web;

use crate::answer::{Answer, empty};
use crate::extract::Call;
use crate::openapi::VERIFICATION;
use crate::state::Api;

/// Ask for the mail that proves one's address.
#[utoipa::path(
    post, path = "/users/send-verification", tag = VERIFICATION, operation_id = "send_verification",
    responses((status = 200, description = "The mail will be sent.")),
)]
pub(crate) async fn send_verification(api: web::Data<Api>, call: Call<()>) -> Answer {
    api.users()
        .verification
        .send_verification(&call.context, &call.caller)
        .await?;
    Ok(empty(StatusCode::OK))
}
