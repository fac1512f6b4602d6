//! `POST /password/reset-request`: ask for the mail that sets a new password.

use actix_web::http::StatusCode;
use actix_web::web;
use serde::Serialize;
use users_domain::error::Invalid;
use users_domain::model::Email;

use crate::answer::{Answer, json};
use crate::extract::{Body, Call, FromMembers, Members};
use crate::state::Api;

/// The same for every address, with or without an account.
#[derive(Serialize)]
struct Accepted {
    msg: &'static str,
}

pub(crate) async fn send_password_reset(
    api: web::Data<Api>,
    call: Call<Body<AddressBody>>,
) -> Answer {
    let Body(AddressBody(address)) = call.input;
    api.users()
        .recovery
        .send_password_reset(&call.context, address)
        .await?;
    let msg = "Email with reset link is sent";
    json(StatusCode::CREATED, &Accepted { msg })
}

/// Whose password is lost.
pub(crate) struct AddressBody(Email);

impl FromMembers for AddressBody {
    fn from_members(members: &Members<'_>) -> Result<Self, Invalid> {
        let email = members.text("email")?.unwrap_or_default();
        Email::parse(&email).map(Self)
    }
}
