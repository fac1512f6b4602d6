//! `PATCH /users/secret`: change one's own password.

use actix_web::http::StatusCode;
use actix_web::web;
use users_domain::error::{Invalid, InvalidReason};
use users_domain::model::PasswordAttempt;
use utoipa::ToSchema;

use super::answer::{UserAnswer, account};
use crate::answer::Answer;
use crate::extract::{AtVersion, Body, Call, FromMembers, IfMatch, Members};
use crate::openapi::{ACCOUNTS, fields};
use crate::state::Api;

/// Change one's own password.
///
/// Every session ends at once; access tokens that are out live on until they expire.
#[utoipa::path(
    patch, path = "/users/secret", tag = ACCOUNTS, operation_id = "update_secret",
    params(IfMatch),
    request_body = SecretBody,
    responses((status = 200, description = "The account as it is now.", body = UserAnswer)),
)]
pub(crate) async fn update_secret(
    api: web::Data<Api>,
    call: Call<AtVersion<Body<SecretBody>>>,
) -> Answer {
    let users = api.users();
    let AtVersion { version, input } = call.input;
    let Body(SecretBody {
        old_secret: old,
        new_secret: new,
    }) = input;
    let new = users.settings().password_policy.accept(&new);
    let new = new.map_err(|invalid| invalid.in_field("new_secret"))?;
    let user = users
        .credentials
        .update_secret(&call.context, &call.caller, version, &old, &new)
        .await?;
    account(StatusCode::OK, &user, api.settings().enums)
}

/// The present password and the new one.
#[derive(ToSchema)]
#[schema(as = SecretChange, examples(json!({
    "old_secret": "changeMe123", "new_secret": "correct horse battery staple"
})))]
pub(crate) struct SecretBody {
    #[schema(schema_with = fields::typed_password)]
    old_secret: PasswordAttempt,
    #[schema(schema_with = fields::new_password)]
    new_secret: String,
}

impl FromMembers for SecretBody {
    fn from_members(members: &Members<'_>) -> Result<Self, Invalid> {
        let needed = |field| {
            let text = members.secret(field)?.filter(|text| !text.is_empty());
            text.ok_or(Invalid::new(field, InvalidReason::Missing))
        };
        Ok(Self {
            old_secret: PasswordAttempt::new(needed("old_secret")?),
            new_secret: needed("new_secret")?,
        })
    }
}
