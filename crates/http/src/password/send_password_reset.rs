//! `POST /password/reset-request`: ask for the mail that sets a new password.

use actix_web::http::StatusCode;
use actix_web::web;
use serde::Serialize;
use users_domain::error::Invalid;
use users_domain::model::Email;
use utoipa::ToSchema;

use crate::answer::{Answer, json};
use crate::extract::{Body, Call, FromMembers, Members};
use crate::openapi::{RESET, fields};
use crate::state::Api;

/// The same for every address, with or without an account.
#[derive(Serialize, ToSchema)]
struct Accepted {
    msg: &'static str,
}

/// Ask for the mail that sets a new password.
#[utoipa::path(
    post, path = "/password/reset-request", tag = RESET, operation_id = "send_password_reset",
    request_body = AddressBody,
    responses((status = 201, description = "The same for every address, with or without an account.", body = Accepted)),
)]
pub(crate) async fn send_password_reset(
    api: web::Data<Api>,
    call: Call<Body<AddressBody>>,
) -> Answer {
    let Body(AddressBody { email: address }) = call.input;
    api.users()
        .recovery
        .send_password_reset(&call.context, address)
        .await?;
    let msg = "Email with reset link is sent";
    json(StatusCode::CREATED, &Accepted { msg })
}

/// Whose password is lost.
#[derive(ToSchema)]
#[schema(as = Address, examples(json!({ "email": "ada@example.com" })))]
pub(crate) struct AddressBody {
    #[schema(schema_with = fields::email)]
    email: Email,
}

impl FromMembers for AddressBody {
    fn from_members(members: &Members<'_>) -> Result<Self, Invalid> {
        let email = members.text("email")?.unwrap_or_default();
        Email::parse(&email).map(|email| Self { email })
    }
}
