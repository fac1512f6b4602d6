//! `PATCH /users/{id}`: change names, labels, picture and free-form data.

use actix_web::http::StatusCode;
use actix_web::web;
use users_domain::error::Invalid;
use users_domain::model::{Metadata, PersonName, PictureUrl, Tags, UserPatch};
use utoipa::ToSchema;

use super::answer::{UserAnswer, account};
use crate::answer::Answer;
use crate::extract::{AccountId, Body, Call, FromMembers, IfMatch, Members, OnAccount};
use crate::openapi::{ACCOUNTS, fields};
use crate::state::Api;

/// Change names, labels, picture and free-form data.
///
/// What is not sent stays as it is. A client that sends a whole account back should send `If-Match`
/// too, lest it undo what others changed meanwhile.
#[utoipa::path(
    patch, path = "/users/{id}", tag = ACCOUNTS, operation_id = "update",
    params(AccountId, IfMatch),
    request_body = PatchBody,
    responses((status = 200, description = "The account as it is now.", body = UserAnswer)),
)]
pub(crate) async fn update(api: web::Data<Api>, call: Call<OnAccount<Body<PatchBody>>>) -> Answer {
    let OnAccount { id, version, input } = call.input;
    let Body(body) = input;
    let user = api
        .users()
        .profiles
        .update(&call.context, &call.caller, &id, version, body.into_patch())
        .await?;
    account(StatusCode::OK, &user, api.settings().enums)
}

/// What is changed: the members that were sent. `null` takes labels, free-form data and picture
/// away; a name that is `null` or empty stays as it is, for nobody is without one. The other members
/// of an account, which SDKs send along, are not looked at.
#[derive(ToSchema)]
#[schema(as = UserChange, examples(json!({
    "first_name": "Ada", "last_name": "Byron",
    "metadata": { "team": "edge" }, "tags": ["edge", "beta"]
})))]
#[expect(clippy::option_option, reason = "as in the domain's patch")]
pub(crate) struct PatchBody {
    #[schema(schema_with = fields::changed_person_name)]
    first_name: Option<PersonName>,
    #[schema(schema_with = fields::changed_person_name)]
    last_name: Option<PersonName>,
    #[schema(schema_with = fields::tags)]
    tags: Option<Tags>,
    #[schema(schema_with = fields::metadata)]
    metadata: Option<Metadata>,
    #[schema(schema_with = fields::metadata)]
    private_metadata: Option<Metadata>,
    #[schema(schema_with = fields::picture)]
    profile_picture: Option<Option<PictureUrl>>,
}

impl PatchBody {
    fn into_patch(self) -> UserPatch {
        UserPatch {
            first_name: self.first_name,
            last_name: self.last_name,
            tags: self.tags,
            metadata: self.metadata,
            private_metadata: self.private_metadata,
            profile_picture: self.profile_picture,
        }
    }
}

impl FromMembers for PatchBody {
    fn from_members(members: &Members<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            first_name: name(members, "first_name")?,
            last_name: name(members, "last_name")?,
            tags: tags(members)?,
            metadata: metadata(members, "metadata")?,
            private_metadata: metadata(members, "private_metadata")?,
            profile_picture: picture(members)?,
        })
    }
}

fn name(members: &Members<'_>, field: &'static str) -> Result<Option<PersonName>, Invalid> {
    match members.text(field)?.as_deref() {
        None | Some("") => Ok(None),
        Some(name) => PersonName::parse(field, name).map(Some),
    }
}

fn metadata(members: &Members<'_>, field: &'static str) -> Result<Option<Metadata>, Invalid> {
    if members.is_null(field)? {
        return Ok(Some(Metadata::default()));
    }
    let json = members.json(field)?;
    json.map(|json| Metadata::parse(field, json)).transpose()
}

/// The labels of a change; nothing where the change is not about them.
pub(super) fn tags(members: &Members<'_>) -> Result<Option<Tags>, Invalid> {
    const FIELD: &str = "tags";
    if members.is_null(FIELD)? {
        return Ok(Some(Tags::default()));
    }
    members.texts(FIELD)?.map(Tags::parse).transpose()
}

/// The picture of a change, which an empty one takes away; nothing where the change is not about
/// it.
#[expect(clippy::option_option, reason = "as in the domain's patch")]
pub(super) fn picture(members: &Members<'_>) -> Result<Option<Option<PictureUrl>>, Invalid> {
    const FIELD: &str = "profile_picture";
    if members.is_null(FIELD)? {
        return Ok(Some(None));
    }
    match members.text(FIELD)?.as_deref() {
        None => Ok(None),
        Some("") => Ok(Some(None)),
        Some(picture) => PictureUrl::parse(picture).map(|picture| Some(Some(picture))),
    }
}
