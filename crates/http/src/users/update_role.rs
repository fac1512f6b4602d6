//! `PATCH /users/{id}/role`: change the platform role.

use actix_web::http::StatusCode;
use actix_web::web;
use users_domain::error::{Invalid, InvalidReason};
use users_domain::model::Role;
use utoipa::ToSchema;

use super::answer::{UserAnswer, account};
use crate::answer::Answer;
use crate::extract::{AccountId, Body, Call, FromMembers, IfMatch, Members, OnAccount};
use crate::openapi::{ACCOUNTS, fields};
use crate::state::Api;

/// Change the platform role.
///
/// The same role again changes nothing.
#[utoipa::path(
    patch, path = "/users/{id}/role", tag = ACCOUNTS, operation_id = "update_role",
    params(AccountId, IfMatch),
    request_body = RoleBody,
    responses((status = 200, description = "The account as it is now.", body = UserAnswer)),
)]
pub(crate) async fn update_role(
    api: web::Data<Api>,
    call: Call<OnAccount<Body<RoleBody>>>,
) -> Answer {
    let OnAccount { id, version, input } = call.input;
    let Body(RoleBody { role }) = input;
    let user = api
        .users()
        .administration
        .update_role(&call.context, &call.caller, &id, version, role)
        .await?;
    account(StatusCode::OK, &user, api.settings().enums)
}

/// The new role, which must be said: nobody is demoted by leaving it out.
#[derive(ToSchema)]
#[schema(as = RoleChange, examples(json!({ "role": 1 })))]
pub(crate) struct RoleBody {
    #[schema(schema_with = fields::needed_role)]
    role: Role,
}

impl FromMembers for RoleBody {
    fn from_members(members: &Members<'_>) -> Result<Self, Invalid> {
        let missing = Invalid::new("role", InvalidReason::Missing);
        members
            .one_of("role")?
            .map(|role| Self { role })
            .ok_or(missing)
    }
}
