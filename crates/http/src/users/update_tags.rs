//! `PATCH /users/{id}/tags`: change the labels.

use actix_web::http::StatusCode;
use actix_web::web;
use users_domain::error::Invalid;
use users_domain::model::{Tags, UserPatch};
use utoipa::ToSchema;

use super::answer::{UserAnswer, account};
use super::update::tags;
use crate::answer::Answer;
use crate::extract::{AccountId, Body, Call, FromMembers, IfMatch, Members, OnAccount};
use crate::openapi::{ACCOUNTS, fields};
use crate::state::Api;

/// Change the labels.
#[utoipa::path(
    patch, path = "/users/{id}/tags", tag = ACCOUNTS, operation_id = "update_tags",
    params(AccountId, IfMatch),
    request_body = TagsBody,
    responses((status = 200, description = "The account as it is now.", body = UserAnswer)),
)]
pub(crate) async fn update_tags(
    api: web::Data<Api>,
    call: Call<OnAccount<Body<TagsBody>>>,
) -> Answer {
    let OnAccount { id, version, input } = call.input;
    let Body(TagsBody { tags }) = input;
    let (profiles, context, caller) = (&api.users().profiles, &call.context, &call.caller);
    let user = if let Some(tags) = tags {
        profiles
            .update_tags(context, caller, &id, version, tags)
            .await
    } else {
        // SDKs leave an empty list out: a change of nothing.
        let nothing = UserPatch::default();
        profiles
            .update(context, caller, &id, version, nothing)
            .await
    }?;
    account(StatusCode::OK, &user, api.settings().enums)
}

/// The labels, replaced as a whole; `null` takes them away.
#[derive(ToSchema)]
#[schema(as = TagsChange, examples(json!({ "tags": ["edge", "beta"] })))]
pub(crate) struct TagsBody {
    #[schema(schema_with = fields::tags)]
    tags: Option<Tags>,
}

impl FromMembers for TagsBody {
    fn from_members(members: &Members<'_>) -> Result<Self, Invalid> {
        tags(members).map(|tags| Self { tags })
    }
}
