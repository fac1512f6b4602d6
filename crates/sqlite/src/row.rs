//! Rows of `users` to accounts and back. Reading never fails: what is odd reads as the nearest
//! thing that has a meaning.

use std::fmt;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Text;
use diesel::sqlite::{Sqlite, SqliteValue};
use users_domain::model::{
    Email, Metadata, PasswordHash, PersonName, PictureUrl, Role, Status, Tags, Timestamp, User,
    UserId, Username,
};

use crate::schema::users;

/// Text that reads whatever SQLite holds: its columns take any type, and text of any bytes.
#[derive(Clone, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub(crate) struct StoredText(pub(crate) String);

/// Holds personal data and hashes: never printed.
impl fmt::Debug for StoredText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredText(***)")
    }
}

impl FromSql<Text, Sqlite> for StoredText {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(value.read_text().to_owned()))
    }
}

impl ToSql<Text, Sqlite> for StoredText {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        <str as ToSql<Text, Sqlite>>::to_sql(&self.0, out)
    }
}

impl StoredText {
    /// As an account's id.
    pub(crate) fn into_id(self) -> UserId {
        UserId::from_stored(self.0)
    }

    fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// A row of `users`. Columns that are not here (`domain_id`) are left as they are.
#[derive(Clone, Queryable, Selectable, Insertable)]
// One text of the statement, whichever columns are NULL: it is prepared once.
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub(crate) struct UserRow {
    pub(crate) id: StoredText,
    email: StoredText,
    secret: Option<StoredText>,
    tags: Option<StoredText>,
    metadata: Option<StoredText>,
    created_at: Option<i64>,
    updated_at: Option<i64>,
    updated_by: Option<StoredText>,
    status: i64,
    role: Option<i64>,
    username: Option<StoredText>,
    first_name: StoredText,
    last_name: StoredText,
    profile_picture: Option<StoredText>,
    verified_at: Option<i64>,
    auth_provider: Option<StoredText>,
    private_metadata: Option<StoredText>,
    pub(crate) version: i64,
    tokens_valid_from: Option<i64>,
    sessions_valid_from: Option<i64>,
}

/// The columns that a change touches: only those whose meaning changed, so that an odd value stays
/// as it is stored until somebody replaces it.
#[derive(Default, PartialEq, AsChangeset)]
#[diesel(table_name = users)]
#[expect(
    clippy::option_option,
    reason = "diesel's own form: the outer one says whether to write, the inner one what"
)]
pub(crate) struct ChangedColumns {
    pub(crate) email: Option<StoredText>,
    pub(crate) secret: Option<Option<StoredText>>,
    tags: Option<Option<StoredText>>,
    metadata: Option<Option<StoredText>>,
    created_at: Option<Option<i64>>,
    updated_at: Option<Option<i64>>,
    updated_by: Option<Option<StoredText>>,
    pub(crate) status: Option<i64>,
    role: Option<Option<i64>>,
    pub(crate) username: Option<Option<StoredText>>,
    first_name: Option<StoredText>,
    last_name: Option<StoredText>,
    profile_picture: Option<Option<StoredText>>,
    verified_at: Option<Option<i64>>,
    auth_provider: Option<Option<StoredText>>,
    private_metadata: Option<Option<StoredText>>,
    tokens_valid_from: Option<Option<i64>>,
    sessions_valid_from: Option<Option<i64>>,
}

impl ChangedColumns {
    /// What differs, the id and the version apart: they are the store's.
    pub(crate) fn between(before: &UserRow, after: &UserRow) -> Self {
        fn changed<T: Clone + PartialEq>(before: &T, after: &T) -> Option<T> {
            (before != after).then(|| after.clone())
        }
        Self {
            email: changed(&before.email, &after.email),
            secret: changed(&before.secret, &after.secret),
            tags: changed(&before.tags, &after.tags),
            metadata: changed(&before.metadata, &after.metadata),
            created_at: changed(&before.created_at, &after.created_at),
            updated_at: changed(&before.updated_at, &after.updated_at),
            updated_by: changed(&before.updated_by, &after.updated_by),
            status: changed(&before.status, &after.status),
            role: changed(&before.role, &after.role),
            username: changed(&before.username, &after.username),
            first_name: changed(&before.first_name, &after.first_name),
            last_name: changed(&before.last_name, &after.last_name),
            profile_picture: changed(&before.profile_picture, &after.profile_picture),
            verified_at: changed(&before.verified_at, &after.verified_at),
            auth_provider: changed(&before.auth_provider, &after.auth_provider),
            private_metadata: changed(&before.private_metadata, &after.private_metadata),
            tokens_valid_from: changed(&before.tokens_valid_from, &after.tokens_valid_from),
            sessions_valid_from: changed(&before.sessions_valid_from, &after.sessions_valid_from),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl From<&User> for UserRow {
    fn from(user: &User) -> Self {
        let text = StoredText::from_text;
        Self {
            id: text(user.id.as_str()),
            email: text(user.email.as_str()),
            secret: user.secret.as_ref().map(|secret| text(secret.as_str())),
            tags: Some(StoredText(
                serde_json::Value::from(user.tags.as_slice()).to_string(),
            )),
            metadata: Some(text(user.metadata.as_str())),
            created_at: user.created_at.map(micros),
            updated_at: user.updated_at.map(micros),
            updated_by: user.updated_by.as_deref().map(text),
            status: user.status.as_i16().into(),
            role: Some(user.role.as_i16().into()),
            username: user.username.as_ref().map(|name| text(name.as_str())),
            first_name: text(user.first_name.as_str()),
            last_name: text(user.last_name.as_str()),
            profile_picture: user.profile_picture.as_ref().map(|url| text(url.as_str())),
            verified_at: user.verified_at.map(micros),
            auth_provider: user.auth_provider.as_deref().map(text),
            private_metadata: Some(text(user.private_metadata.as_str())),
            version: user.version,
            tokens_valid_from: user.tokens_valid_from,
            sessions_valid_from: user.sessions_valid_from,
        }
    }
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        fn metadata(stored: Option<StoredText>) -> Metadata {
            stored
                .map(|json| Metadata::from_stored(json.0))
                .unwrap_or_default()
        }
        Self {
            id: UserId::from_stored(row.id.0),
            first_name: PersonName::from_stored(row.first_name.0),
            last_name: PersonName::from_stored(row.last_name.0),
            username: row.username.map(|name| Username::from_stored(name.0)),
            email: Email::from_stored(row.email.0),
            secret: row.secret.map(|hash| PasswordHash::from_stored(hash.0)),
            tags: Tags::from_stored(row.tags.map(|json| tags(&json.0)).unwrap_or_default()),
            metadata: metadata(row.metadata),
            private_metadata: metadata(row.private_metadata),
            profile_picture: row
                .profile_picture
                .map(|url| PictureUrl::from_stored(url.0)),
            // A number too great for the type is as odd as any other unknown one.
            role: Role::from_stored(
                row.role
                    .and_then(|role| i16::try_from(role).ok())
                    .unwrap_or_default(),
            ),
            status: Status::from_stored(i16::try_from(row.status).unwrap_or(i16::MAX)),
            // The deployed service writes an empty text where nobody vouches.
            auth_provider: row
                .auth_provider
                .map(|name| name.0)
                .filter(|name| !name.is_empty()),
            created_at: row.created_at.and_then(moment),
            updated_at: row.updated_at.and_then(moment),
            updated_by: row.updated_by.map(|id| id.0),
            verified_at: row.verified_at.and_then(moment),
            tokens_valid_from: row.tokens_valid_from,
            sessions_valid_from: row.sessions_valid_from,
            version: row.version,
        }
    }
}

/// The strings of a JSON array; anything else holds no tags, and no string is the empty tag (as
/// NULL in an array has always been read).
fn tags(json: &str) -> Vec<String> {
    match serde_json::from_str(json) {
        Ok(serde_json::Value::Array(values)) => values
            .into_iter()
            .map(|value| match value {
                serde_json::Value::String(tag) => tag,
                _ => String::new(),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// A moment as stored: microseconds since 1970, rounded down.
pub(crate) fn micros(moment: Timestamp) -> i64 {
    let micros = moment.unix_timestamp_nanos().div_euclid(1_000);
    // Every year that a Timestamp can hold fits.
    i64::try_from(micros).unwrap_or(i64::MAX)
}

/// A stored moment; those outside the years 2 to 9999 count as none.
pub(crate) fn moment(micros: i64) -> Option<Timestamp> {
    Timestamp::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
        .ok()
        .filter(|moment| (2..=9999).contains(&moment.year()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_survives_to_the_microsecond() {
        for micros_since in [0, 1, -1, 1_700_000_000_123_456] {
            assert_eq!(moment(micros_since).map(micros), Some(micros_since));
        }
    }

    #[test]
    fn a_moment_that_no_calendar_holds_is_none() {
        for odd in [i64::MAX, i64::MIN, -62_135_596_800_000_000] {
            assert_eq!(moment(odd), None, "{odd}");
        }
    }

    #[test]
    fn tags_that_are_none_read_as_none() {
        for odd in ["", "null", "{}", "[\"a\"", "\"a\"", "7"] {
            assert!(tags(odd).is_empty(), "{odd}");
        }
        assert_eq!(tags(r#"["a",null,"ü"]"#), ["a", "", "ü"]);
    }
}
