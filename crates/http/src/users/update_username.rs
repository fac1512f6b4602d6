//! `PATCH /users/{id}/username`: change the username.

use actix_web::http::StatusCode;
use actix_web::web;
use users_domain::error::Invalid;
use users_domain::model::Username;

use super::answer::account;
use crate::answer::Answer;
use crate::error::Refusal;
use crate::extract::{Body, Call, FromMembers, Members, OnAccount};
use crate::state::Api;

/// Here it stands on its own, not among credentials.
const FIELD: &str = "username";

pub(crate) async fn update_username(
    api: web::Data<Api>,
    call: Call<OnAccount<Body<UsernameBody>>>,
) -> Answer {
    let OnAccount { id, version, input } = call.input;
    let Body(UsernameBody(username)) = input;
    let user = api
        .users()
        .profiles
        .update_username(&call.context, &call.caller, &id, version, username)
        .await
        .map_err(|error| Refusal::from(error).naming(FIELD))?;
    account(StatusCode::OK, &user, api.settings().enums)
}

/// The new username.
pub(crate) struct UsernameBody(Username);

impl FromMembers for UsernameBody {
    fn from_members(members: &Members<'_>) -> Result<Self, Invalid> {
        let username = members.text(FIELD)?.unwrap_or_default();
        let username = Username::parse(&username);
        username
            .map(Self)
            .map_err(|invalid| invalid.in_field(FIELD))
    }
}
