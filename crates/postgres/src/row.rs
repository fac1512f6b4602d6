//! Rows of `users` to accounts and back. Reading never fails: what is odd reads as the nearest
//! thing that has a meaning.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use users_domain::model::{
    Email, Metadata, PasswordHash, PersonName, PictureUrl, Role, Status, Tags, User, UserId,
    Username,
};

use crate::filter::UsersQuery;
use crate::moment::StoredMoment;
use crate::schema::users::users;
use crate::values::{StoredJson, StoredNumber, StoredTags, StoredText};

/// A row of `users`. Columns that are not here (`domain_id`) are left as they are.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = users)]
pub(crate) struct UserRow {
    id: StoredText,
    email: Option<StoredText>,
    secret: Option<StoredText>,
    tags: Option<StoredTags>,
    metadata: Option<StoredJson>,
    created_at: Option<StoredMoment>,
    updated_at: Option<StoredMoment>,
    updated_by: Option<StoredText>,
    status: Option<StoredNumber>,
    role: Option<StoredNumber>,
    username: Option<StoredText>,
    first_name: Option<StoredText>,
    last_name: Option<StoredText>,
    profile_picture: Option<StoredText>,
    verified_at: Option<StoredMoment>,
    auth_provider: Option<StoredText>,
    private_metadata: Option<StoredJson>,
    version: i64,
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
    pub(crate) email: Option<Option<StoredText>>,
    pub(crate) secret: Option<Option<StoredText>>,
    tags: Option<Option<StoredTags>>,
    metadata: Option<Option<StoredJson>>,
    created_at: Option<Option<StoredMoment>>,
    updated_at: Option<Option<StoredMoment>>,
    updated_by: Option<Option<StoredText>>,
    pub(crate) status: Option<Option<StoredNumber>>,
    role: Option<Option<StoredNumber>>,
    pub(crate) username: Option<Option<StoredText>>,
    first_name: Option<Option<StoredText>>,
    last_name: Option<Option<StoredText>>,
    profile_picture: Option<Option<StoredText>>,
    verified_at: Option<Option<StoredMoment>>,
    auth_provider: Option<Option<StoredText>>,
    private_metadata: Option<Option<StoredJson>>,
    tokens_valid_from: Option<Option<i64>>,
    sessions_valid_from: Option<Option<i64>>,
}

impl ChangedColumns {
    /// What differs, the id and the version apart: they are the store's.
    pub(crate) fn between(before: &User, after: &User) -> Self {
        fn changed<T: PartialEq>(before: &T, after: T) -> Option<T> {
            (*before != after).then_some(after)
        }
        let (before, after) = (UserRow::from(before), UserRow::from(after));
        Self {
            email: changed(&before.email, after.email),
            secret: changed(&before.secret, after.secret),
            tags: changed(&before.tags, after.tags),
            metadata: changed(&before.metadata, after.metadata),
            created_at: changed(&before.created_at, after.created_at),
            updated_at: changed(&before.updated_at, after.updated_at),
            updated_by: changed(&before.updated_by, after.updated_by),
            status: changed(&before.status, after.status),
            role: changed(&before.role, after.role),
            username: changed(&before.username, after.username),
            first_name: changed(&before.first_name, after.first_name),
            last_name: changed(&before.last_name, after.last_name),
            profile_picture: changed(&before.profile_picture, after.profile_picture),
            verified_at: changed(&before.verified_at, after.verified_at),
            auth_provider: changed(&before.auth_provider, after.auth_provider),
            private_metadata: changed(&before.private_metadata, after.private_metadata),
            tokens_valid_from: changed(&before.tokens_valid_from, after.tokens_valid_from),
            sessions_valid_from: changed(&before.sessions_valid_from, after.sessions_valid_from),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The accounts that a query means, in its order.
pub(crate) async fn users_of(
    connection: &mut AsyncPgConnection,
    query: UsersQuery,
) -> QueryResult<Vec<User>> {
    let query = query.select(UserRow::as_select());
    let rows: Vec<UserRow> = query.load(connection).await?;
    Ok(rows.into_iter().map(User::from).collect())
}

impl From<&User> for UserRow {
    fn from(user: &User) -> Self {
        let text = StoredText::from_text;
        Self {
            id: text(user.id.as_str()),
            email: Some(text(user.email.as_str())),
            secret: user.secret.as_ref().map(|secret| text(secret.as_str())),
            tags: Some(StoredTags(user.tags.as_slice().to_vec())),
            metadata: Some(StoredJson(user.metadata.as_str().to_owned())),
            created_at: user.created_at.map(StoredMoment::from),
            updated_at: user.updated_at.map(StoredMoment::from),
            updated_by: user.updated_by.as_deref().map(text),
            status: Some(StoredNumber(user.status.as_i16().into())),
            role: Some(StoredNumber(user.role.as_i16().into())),
            username: user.username.as_ref().map(|name| text(name.as_str())),
            first_name: Some(text(user.first_name.as_str())),
            last_name: Some(text(user.last_name.as_str())),
            profile_picture: user.profile_picture.as_ref().map(|url| text(url.as_str())),
            verified_at: user.verified_at.map(StoredMoment::from),
            auth_provider: user.auth_provider.as_deref().map(text),
            private_metadata: Some(StoredJson(user.private_metadata.as_str().to_owned())),
            version: user.version,
            tokens_valid_from: user.tokens_valid_from,
            sessions_valid_from: user.sessions_valid_from,
        }
    }
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        fn metadata(stored: Option<StoredJson>) -> Metadata {
            stored
                .map(|json| Metadata::from_stored(json.0))
                .unwrap_or_default()
        }
        let or_empty = |stored: Option<StoredText>| stored.map(|text| text.0).unwrap_or_default();
        let moment = |stored: Option<StoredMoment>| stored.and_then(StoredMoment::moment);
        Self {
            id: UserId::from_stored(row.id.0),
            first_name: PersonName::from_stored(or_empty(row.first_name)),
            last_name: PersonName::from_stored(or_empty(row.last_name)),
            username: row.username.map(|name| Username::from_stored(name.0)),
            email: Email::from_stored(or_empty(row.email)),
            secret: row.secret.map(|hash| PasswordHash::from_stored(hash.0)),
            tags: Tags::from_stored(row.tags.map(|tags| tags.0).unwrap_or_default()),
            metadata: metadata(row.metadata),
            private_metadata: metadata(row.private_metadata),
            profile_picture: row
                .profile_picture
                .map(|url| PictureUrl::from_stored(url.0)),
            // A number too great for the type is as odd as any other unknown one.
            role: Role::from_stored(
                row.role
                    .and_then(|role| i16::try_from(role.0).ok())
                    .unwrap_or_default(),
            ),
            status: Status::from_stored(
                row.status
                    .and_then(|status| i16::try_from(status.0).ok())
                    .unwrap_or(i16::MAX),
            ),
            // The deployed service writes an empty text where nobody vouches.
            auth_provider: row
                .auth_provider
                .map(|name| name.0)
                .filter(|name| !name.is_empty()),
            created_at: moment(row.created_at),
            updated_at: moment(row.updated_at),
            updated_by: row.updated_by.map(|id| id.0),
            verified_at: moment(row.verified_at),
            tokens_valid_from: row.tokens_valid_from,
            sessions_valid_from: row.sessions_valid_from,
            version: row.version,
        }
    }
}
