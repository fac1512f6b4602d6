//! `PATCH /users/secret`: change one's own password.

use actix_web::http::StatusCode;
use actix_web::web;
use users_domain::error::{Invalid, InvalidReason};
use users_domain::model::PasswordAttempt;

use super::answer::account;
use crate::answer::Answer;
use crate::extract::{AtVersion, Body, Call, FromMembers, Members};
use crate::state::Api;

pub(crate) async fn update_secret(
    api: web::Data<Api>,
    call: Call<AtVersion<Body<SecretBody>>>,
) -> Answer {
    let users = api.users();
    let AtVersion { version, input } = call.input;
    let Body(SecretBody { old, new }) = input;
    let new = users.settings().password_policy.accept(&new);
    let new = new.map_err(|invalid| invalid.in_field("new_secret"))?;
    let user = users
        .credentials
        .update_secret(&call.context, &call.caller, version, &old, &new)
        .await?;
    account(StatusCode::OK, &user, api.settings().enums)
}

/// The present password and the new one.
pub(crate) struct SecretBody {
    old: PasswordAttempt,
    new: String,
}

impl FromMembers for SecretBody {
    fn from_members(members: &Members<'_>) -> Result<Self, Invalid> {
        let needed = |field| {
            let text = members.secret(field)?.filter(|text| !text.is_empty());
            text.ok_or(Invalid::new(field, InvalidReason::Missing))
        };
        Ok(Self {
            old: PasswordAttempt::new(needed("old_secret")?),
            new: needed("new_secret")?,
        })
    }
}
