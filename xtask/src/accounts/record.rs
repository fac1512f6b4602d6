//! An account as one record of an import: the API's user object and `password_hash`.

use serde::Serialize;
use serde_json::value::RawValue;
use time::format_description::well_known::Rfc3339;
use users_domain::model::{PasswordHash, Timestamp, User, Username};

#[derive(Serialize)]
pub(super) struct Record<'a> {
    id: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    tags: &'a [String],
    metadata: &'a RawValue,
    status: &'static str,
    role: &'static str,
    credentials: Credentials<'a>,
    email: &'a str,
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_at: Option<String>,
    password_hash: Option<&'a str>,
}

#[derive(Serialize)]
struct Credentials<'a> {
    username: Option<&'a str>,
}

impl<'a> Record<'a> {
    pub(super) fn of(user: &'a User) -> Self {
        let time =
            |moment: Option<Timestamp>| moment.and_then(|moment| moment.format(&Rfc3339).ok());
        Self {
            id: user.id.as_str(),
            first_name: user.first_name.as_str(),
            last_name: user.last_name.as_str(),
            tags: user.tags.as_slice(),
            metadata: user.metadata.as_raw(),
            status: user.status.as_str(),
            role: user.role.as_str(),
            credentials: Credentials {
                username: user.username.as_ref().map(Username::as_str),
            },
            email: user.email.as_str(),
            created_at: time(user.created_at),
            updated_at: time(user.updated_at),
            verified_at: time(user.verified_at),
            password_hash: user.secret.as_ref().map(PasswordHash::as_str),
        }
    }
}
