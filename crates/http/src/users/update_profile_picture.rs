//! `PATCH /users/{id}/picture`: change the picture.

use actix_web::http::StatusCode;
use actix_web::web;
use users_domain::error::Invalid;
use users_domain::model::{PictureUrl, UserPatch};

use super::answer::account;
use super::update::picture;
use crate::answer::Answer;
use crate::extract::{Body, Call, FromMembers, Members, OnAccount};
use crate::state::Api;

pub(crate) async fn update_profile_picture(
    api: web::Data<Api>,
    call: Call<OnAccount<Body<PictureBody>>>,
) -> Answer {
    let OnAccount { id, version, input } = call.input;
    let Body(PictureBody(picture)) = input;
    let (profiles, context, caller) = (&api.users().profiles, &call.context, &call.caller);
    let user = if let Some(picture) = picture {
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
pub(crate) struct PictureBody(Option<Option<PictureUrl>>);

impl FromMembers for PictureBody {
    fn from_members(members: &Members<'_>) -> Result<Self, Invalid> {
        picture(members).map(Self)
    }
}
