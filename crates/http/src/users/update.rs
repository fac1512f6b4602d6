//! `PATCH /users/{id}`: change names, labels, picture and free-form data.

use actix_web::http::StatusCode;
use actix_web::web;
use users_domain::error::Invalid;
use users_domain::model::{Metadata, PersonName, PictureUrl, Tags, UserPatch};

use super::answer::account;
use crate::answer::Answer;
use crate::extract::{Body, Call, FromMembers, Members, OnAccount};
use crate::state::Api;

pub(crate) async fn update(api: web::Data<Api>, call: Call<OnAccount<Body<PatchBody>>>) -> Answer {
    let OnAccount { id, version, input } = call.input;
    let Body(PatchBody(patch)) = input;
    let user = api
        .users()
        .profiles
        .update(&call.context, &call.caller, &id, version, patch)
        .await?;
    account(StatusCode::OK, &user, api.settings().enums)
}

/// What is changed: the members that were sent. `null` takes labels, free-form data and picture
/// away; a name that is `null` or empty stays as it is, for nobody is without one. The other members
/// of an account, which SDKs send along, are not looked at.
pub(crate) struct PatchBody(UserPatch);

impl FromMembers for PatchBody {
    fn from_members(members: &Members<'_>) -> Result<Self, Invalid> {
        Ok(Self(UserPatch {
            first_name: name(members, "first_name")?,
            last_name: name(members, "last_name")?,
            tags: tags(members)?,
            metadata: metadata(members, "metadata")?,
            private_metadata: metadata(members, "private_metadata")?,
            profile_picture: picture(members)?,
        }))
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
