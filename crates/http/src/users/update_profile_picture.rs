//! `PATCH /users/{id}/picture`: change the picture.

use actix_web::http::StatusCode;
use actix_web::web;
use users_domain::error::Invalid;
use users_domain::model::{PictureUrl, UserPatch};
use utoipa::ToSchema;

use super::answer::{UserAnswer, account};
use super::update::picture;
use crate::answer::Answer;
use crate::extract::{AccountId, Body, Call, FromMembers, IfMatch, Members, OnAccount};
use crate::openapi::{ACCOUNTS, fields};
use crate::state::Api;

/// Change the picture.
#[utoipa::path(
    patch, path = "/users/{id}/picture", tag = ACCOUNTS, operation_id = "update_profile_picture",
    params(AccountId, IfMatch),
    request_body = PictureBody,
    responses((status = 200, description = "The account as it is now.", body = UserAnswer)),
)]
pub(crate) async fn update_profile_picture(
    api: web::Data<Api>,
    call: Call<OnAccount<Body<PictureBody>>>,
) -> Answer {
    let OnAccount { id, version, input } = call.input;
    let Body(PictureBody { profile_picture }) = input;
    let (profiles, context, caller) = (&api.users().profiles, &call.context, &call.caller);
    let user = if let Some(picture) = profile_picture {
        profiles
            .update_profile_picture(context, caller, &id, version, picture)
            .await
    } else {
        // SDKs leave an empty picture out: a change of nothing.
        let nothing = UserPatch::default();
        profiles
            .update(context, caller, &id, version, nothing)
            .await
    }?;
    account(StatusCode::OK, &user, api.settings().enums)
}

/// The picture; `null` or an empty text takes it away.
#[expect(clippy::option_option, reason = "as in the domain's patch")]
#[derive(ToSchema)]
#[schema(as = PictureChange, examples(json!({ "profile_picture": "https://example.com/ada.png" })))]
pub(crate) struct PictureBody {
    #[schema(schema_with = fields::picture)]
    profile_picture: Option<Option<PictureUrl>>,
}

impl FromMembers for PictureBody {
    fn from_members(members: &Members<'_>) -> Result<Self, Invalid> {
        picture(members).map(|profile_picture| Self { profile_picture })
    }
}
