//! An account as answers show it.

use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, HeaderValue};
use serde::Serialize;
use serde_json::value::RawValue;
use users_domain::model::{Metadata, PictureUrl, User, Username};
use utoipa::ToSchema;

use crate::answer::{Answer, json, time};
use crate::enums::{EnumFormat, Enumerated as _, Written};
use crate::error::Refusal;
use crate::openapi::fields;

/// The account, its members in the order that the platform's clients know.
///
/// What is empty or absent is left out; credentials are always there, and status and role wherever
/// they are shown at all. The password is nowhere.
#[derive(Serialize, ToSchema)]
#[schema(as = User, examples(json!({
    "id": "c0b0c68c-5b93-4a93-8f1a-5d63a3f5c3c7", "first_name": "Ada", "last_name": "Lovelace",
    "email": "ada@example.com", "credentials": { "username": "ada" }, "role": 0, "status": 0,
    "tags": ["iot", "beta"], "metadata": { "team": "core" },
    "created_at": "2026-10-24T13:31:52.120931Z"
})))]
pub(crate) struct UserAnswer<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    first_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    last_name: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    tags: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = fields::shown_metadata)]
    metadata: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = fields::shown_metadata)]
    private_metadata: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = fields::shown_status)]
    status: Option<Written<'static>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = fields::shown_role)]
    role: Option<Written<'static>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    profile_picture: &'a str,
    credentials: Credentials<'a>,
    #[serde(skip_serializing_if = "str::is_empty")]
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = fields::moment)]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = fields::moment)]
    updated_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = fields::moment)]
    verified_at: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    updated_by: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    auth_provider: &'a str,
}

/// What somebody signs in with, without the password.
#[derive(Serialize, ToSchema)]
#[schema(as = Credentials)]
struct Credentials<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    username: &'a str,
}

/// An account in full, and the version that `If-Match` is compared with.
pub(super) fn account(status: StatusCode, user: &User, enums: EnumFormat) -> Answer {
    let mut answer = json(status, &UserAnswer::whole(user, enums))?;
    let tag = HeaderValue::try_from(format!("\"{}\"", user.version));
    let tag = tag.map_err(|error| Refusal::internal(&error))?;
    answer.headers_mut().insert(ETAG, tag);
    Ok(answer)
}

impl<'a> UserAnswer<'a> {
    /// All there is to show, for the owner and administrators.
    pub(crate) fn whole(user: &'a User, enums: EnumFormat) -> Self {
        Self {
            private_metadata: shown(&user.private_metadata),
            auth_provider: user.auth_provider.as_deref().unwrap_or_default(),
            ..Self::in_list(user, enums)
        }
    }

    /// What a list shows: without private metadata and the identity provider.
    pub(super) fn in_list(user: &'a User, enums: EnumFormat) -> Self {
        let picture = user.profile_picture.as_ref().map(PictureUrl::as_str);
        Self {
            tags: user.tags.as_slice(),
            profile_picture: picture.unwrap_or_default(),
            email: user.email.as_str(),
            verified_at: user.verified_at.and_then(time),
            updated_by: user.updated_by.as_deref().unwrap_or_default(),
            ..Self::found(user, enums)
        }
    }

    /// What somebody who searches is shown of the enabled people he finds.
    pub(super) fn found(user: &'a User, enums: EnumFormat) -> Self {
        Self {
            status: Some(user.status.written(enums)),
            role: Some(user.role.written(enums)),
            created_at: user.created_at.and_then(time),
            updated_at: user.updated_at.and_then(time),
            ..Self::public(user)
        }
    }

    /// What everybody may see of an account whose id he knows.
    pub(super) fn public(user: &'a User) -> Self {
        let username = user.username.as_ref().map(Username::as_str);
        Self {
            id: user.id.as_str(),
            first_name: user.first_name.as_str(),
            last_name: user.last_name.as_str(),
            tags: &[],
            metadata: shown(&user.metadata),
            private_metadata: None,
            status: None,
            role: None,
            profile_picture: "",
            credentials: Credentials {
                username: username.unwrap_or_default(),
            },
            email: "",
            created_at: None,
            updated_at: None,
            verified_at: None,
            updated_by: "",
            auth_provider: "",
        }
    }
}

fn shown(metadata: &Metadata) -> Option<&RawValue> {
    (!metadata.is_empty()).then(|| metadata.as_raw())
}
