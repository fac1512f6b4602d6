//! `PATCH /users/{id}/email`: change the e-mail address.

use actix_web::http::StatusCode;
use actix_web::web;
use users_domain::error::Invalid;
use users_domain::model::Email;
use utoipa::ToSchema;

use super::answer::{UserAnswer, account};
use crate::answer::Answer;
use crate::extract::{AccountId, Body, Call, FromMembers, IfMatch, Members, OnAccount};
use crate::openapi::{ACCOUNTS, fields};
use crate::state::Api;

/// Change the e-mail address.
///
/// The new address counts at once and is unverified; a verification mail goes to it, a notice to the
/// old one. Codes mailed before are void.
#[utoipa::path(
    patch, path = "/users/{id}/email", tag = ACCOUNTS, operation_id = "update_email",
    params(AccountId, IfMatch),
    request_body = EmailBody,
    responses((status = 200, description = "The account as it is now.", body = UserAnswer)),
)]
pub(crate) async fn update_email(
    api: web::Data<Api>,
    call: Call<OnAccount<Body<EmailBody>>>,
) -> Answer {
    let OnAccount { id, version, input } = call.input;
    let Body(EmailBody { email }) = input;
    let user = api
        .users()
        .profiles
        .update_email(&call.context, &call.caller, &id, version, email)
        .await?;
    account(StatusCode::OK, &user, api.settings().enums)
}

/// The new address.
#[derive(ToSchema)]
#[schema(as = EmailChange, examples(json!({ "email": "ada@example.org" })))]
pub(crate) struct EmailBody {
    #[schema(schema_with = fields::email)]
    email: Email,
}

impl FromMembers for EmailBody {
    fn from_members(members: &Members<'_>) -> Result<Self, Invalid> {
        let email = members.text("email")?.unwrap_or_default();
        Email::parse(&email).map(|email| Self { email })
    }
}
