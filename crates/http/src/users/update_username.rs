//! `PATCH /users/{id}/username`: change the username.

use actix_web::http::StatusCode;
use actix_web::web;
use users_domain::error::Invalid;
use users_domain::model::Username;
use utoipa::ToSchema;

use super::answer::{UserAnswer, account};
use crate::answer::Answer;
use crate::error::Refusal;
use crate::extract::{AccountId, Body, Call, FromMembers, IfMatch, Members, OnAccount};
use crate::openapi::{ACCOUNTS, fields};
use crate::state::Api;

/// Here it stands on its own, not among credentials.
const FIELD: &str = "username";

/// Change the username.
#[utoipa::path(
    patch, path = "/users/{id}/username", tag = ACCOUNTS, operation_id = "update_username",
    params(AccountId, IfMatch),
    request_body = UsernameBody,
    responses((status = 200, description = "The account as it is now.", body = UserAnswer)),
)]
pub(crate) async fn update_username(
    api: web::Data<Api>,
    call: Call<OnAccount<Body<UsernameBody>>>,
) -> Answer {
    let OnAccount { id, version, input } = call.input;
    let Body(UsernameBody { username }) = input;
    let user = api
        .users()
        .profiles
        .update_username(&call.context, &call.caller, &id, version, username)
        .await
        .map_err(|error| Refusal::from(error).naming(FIELD))?;
    account(StatusCode::OK, &user, api.settings().enums)
}

/// The new username.
#[derive(ToSchema)]
#[schema(as = UsernameChange, examples(json!({ "username": "countess" })))]
pub(crate) struct UsernameBody {
    #[schema(schema_with = fields::username)]
    username: Username,
}

impl FromMembers for UsernameBody {
    fn from_members(members: &Members<'_>) -> Result<Self, Invalid> {
        let username = members.text(FIELD)?.unwrap_or_default();
        let username = Username::parse(&username);
        username
            .map(|username| Self { username })
            .map_err(|invalid| invalid.in_field(FIELD))
    }
}
