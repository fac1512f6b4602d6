//! An account as answers show it.

use serde::Serialize;
use serde_json::value::RawValue;
use time::UtcOffset;
use time::format_description::well_known::Rfc3339;
use users_domain::model::{Metadata, PictureUrl, Timestamp, User, Username};

use crate::enums::{EnumFormat, Enumerated as _, Written};

/// The account, its members in the order that the platform's clients know.
///
/// What is empty or absent is left out; status, role and credentials are always there. The
/// password is nowhere.
#[derive(Serialize)]
pub(super) struct UserAnswer<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    first_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    last_name: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    tags: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    private_metadata: Option<&'a RawValue>,
    status: Written<'static>,
    role: Written<'static>,
    #[serde(skip_serializing_if = "str::is_empty")]
    profile_picture: &'a str,
    credentials: Credentials<'a>,
    #[serde(skip_serializing_if = "str::is_empty")]
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_at: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    updated_by: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    auth_provider: &'a str,
}

#[derive(Serialize)]
struct Credentials<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    username: &'a str,
}

impl<'a> UserAnswer<'a> {
    /// All there is to show, for the owner and administrators.
    pub(super) fn whole(user: &'a User, enums: EnumFormat) -> Self {
        Self {
            private_metadata: shown(&user.private_metadata),
            auth_provider: user.auth_provider.as_deref().unwrap_or_default(),
            ..Self::in_list(user, enums)
        }
    }

    /// What a list shows: without private metadata and the identity provider.
    pub(super) fn in_list(user: &'a User, enums: EnumFormat) -> Self {
        let picture = user.profile_picture.as_ref().map(PictureUrl::as_str);
        let username = user.username.as_ref().map(Username::as_str);
        Self {
            id: user.id.as_str(),
            first_name: user.first_name.as_str(),
            last_name: user.last_name.as_str(),
            tags: user.tags.as_slice(),
            metadata: shown(&user.metadata),
            private_metadata: None,
            status: user.status.written(enums),
            role: user.role.written(enums),
            profile_picture: picture.unwrap_or_default(),
            credentials: Credentials {
                username: username.unwrap_or_default(),
            },
            email: user.email.as_str(),
            created_at: user.created_at.and_then(time),
            updated_at: user.updated_at.and_then(time),
            verified_at: user.verified_at.and_then(time),
            updated_by: user.updated_by.as_deref().unwrap_or_default(),
            auth_provider: "",
        }
    }
}

fn shown(metadata: &Metadata) -> Option<&RawValue> {
    (!metadata.is_empty()).then(|| metadata.as_raw())
}

/// RFC 3339 in UTC with at most microseconds. Clients read four digits of year, and take year 1 for
/// "never", so years outside 2 to 9999 are left out.
fn time(moment: Timestamp) -> Option<String> {
    let moment = moment
        .checked_to_offset(UtcOffset::UTC)?
        .truncate_to_microsecond();
    (2..=9999)
        .contains(&moment.year())
        .then(|| moment.format(&Rfc3339).ok())?
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn times_are_utc_with_no_more_digits_than_needed() {
        for (moment, text) in [
            (
                datetime!(2024-10-24 13:31:52 UTC),
                Some("2024-10-24T13:31:52Z"),
            ),
            (
                datetime!(2024-10-24 13:31:52.120_000_900 UTC),
                Some("2024-10-24T13:31:52.12Z"),
            ),
            (
                datetime!(2024-10-24 13:31:52.000_001 +02:00),
                Some("2024-10-24T11:31:52.000001Z"),
            ),
            (datetime!(0002-01-01 0:00 UTC), Some("0002-01-01T00:00:00Z")),
            (datetime!(0001-01-01 0:00 UTC), None),
            (datetime!(-5-01-01 0:00 UTC), None),
            (datetime!(9999-12-31 23:00 -02:00), None),
        ] {
            assert_eq!(time(moment).as_deref(), text, "{moment}");
        }
    }
}
