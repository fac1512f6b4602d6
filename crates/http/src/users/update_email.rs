//! `PATCH /users/{id}/email`: change the e-mail address.

use actix_web::http::StatusCode;
use actix_web::web;
use users_domain::error::Invalid;
use users_domain::model::Email;

use super::answer::account;
use crate::answer::Answer;
use crate::extract::{Body, Call, FromMembers, Members, OnAccount};
use crate::state::Api;

pub(crate) async fn update_email(
    api: web::Data<Api>,
    call: Call<OnAccount<Body<EmailBody>>>,
) -> Answer {
    let OnAccount { id, version, input } = call.input;
    let Body(EmailBody(email)) = input;
    let user = api
        .users()
        .profiles
        .update_email(&call.context, &call.caller, &id, version, email)
        .await?;
    account(StatusCode::OK, &user, api.settings().enums)
}

/// The new address.
pub(crate) struct EmailBody(Email);

impl FromMembers for EmailBody {
    fn from_members(members: &Members<'_>) -> Result<Self, Invalid> {
        let email = members.text("email")?.unwrap_or_default();
        Email::parse(&email).map(Self)
    }
}
