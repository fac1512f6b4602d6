//! `PATCH /users/{id}/role`: change the platform role.

use actix_web::http::StatusCode;
use actix_web::web;
use users_domain::error::{Invalid, InvalidReason};
use users_domain::model::Role;

use super::answer::account;
use crate::answer::Answer;
use crate::extract::{Body, Call, FromMembers, Members, OnAccount};
use crate::state::Api;

pub(crate) async fn update_role(
    api: web::Data<Api>,
    call: Call<OnAccount<Body<RoleBody>>>,
) -> Answer {
    let OnAccount { id, version, input } = call.input;
    let Body(RoleBody(role)) = input;
    let user = api
        .users()
        .administration
        .update_role(&call.context, &call.caller, &id, version, role)
        .await?;
    account(StatusCode::OK, &user, api.settings().enums)
}

/// The new role, which must be said: nobody is demoted by leaving it out.
pub(crate) struct RoleBody(Role);

impl FromMembers for RoleBody {
    fn from_members(members: &Members<'_>) -> Result<Self, Invalid> {
        let missing = Invalid::new("role", InvalidReason::Missing);
        members.one_of("role")?.map(Self).ok_or(missing)
    }
}
