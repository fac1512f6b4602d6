//! An account as somebody wrote it down, for it to be taken in.

use std::fmt;

use super::{
    Email, Metadata, PasswordHash, PersonName, PictureUrl, Role, Status, Tags, Timestamp, User,
    UserId, Username,
};
use crate::error::{Invalid, InvalidReason};

/// An account as another program wrote it down: each value as it was given, none of them judged.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct UserRecord {
    /// Its id; an empty text is none.
    pub id: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Username.
    pub username: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Password hash.
    pub password_hash: Option<String>,
    /// Labels.
    pub tags: Option<Vec<String>>,
    /// Free-form data that every signed-in person may read: JSON text.
    pub metadata: Option<String>,
    /// Free-form data for the owner and administrators: JSON text.
    pub private_metadata: Option<String>,
    /// Picture.
    pub profile_picture: Option<String>,
    /// Platform role.
    pub role: Option<Role>,
    /// State.
    pub status: Option<Status>,
    /// Who vouches for the person.
    pub auth_provider: Option<String>,
    /// When it was made.
    pub created_at: CreationTime,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
    /// Who changed it last.
    pub updated_by: Option<String>,
    /// When the e-mail address was proven.
    pub verified_at: Option<Timestamp>,
    /// Access tokens issued before this second of Unix time are refused.
    pub tokens_valid_from: Option<i64>,
    /// Refresh tokens issued before this second of Unix time are refused.
    pub sessions_valid_from: Option<i64>,
}

/// What a record says of when its account was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CreationTime {
    /// Nothing: the account is made when it is taken in.
    #[default]
    Now,
    /// That nobody knows, as in odd adopted rows.
    Unknown,
    /// When.
    At(Timestamp),
}

/// Personal data and a hash: never printed by `{:?}`.
impl fmt::Debug for UserRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserRecord").finish_non_exhaustive()
    }
}

impl UserRecord {
    /// The account that is written down here, whatever rules it breaks. What stands for nothing is
    /// absent; an e-mail address is needed. `new_id` and `now` stand in for what is not given.
    pub fn into_user(
        self,
        new_id: impl FnOnce() -> UserId,
        now: Timestamp,
    ) -> Result<User, Invalid> {
        let email = self
            .email
            .ok_or(Invalid::new("email", InvalidReason::Missing))?;
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let name = |text: Option<String>| PersonName::from_stored(text.unwrap_or_default());
        let metadata = |json: Option<String>| json.map(Metadata::from_stored).unwrap_or_default();
        Ok(User {
            id: given(self.id).map_or_else(new_id, UserId::from_stored),
            first_name: name(self.first_name),
            last_name: name(self.last_name),
            username: given(self.username).map(Username::from_stored),
            email: Email::from_stored(email),
            secret: given(self.password_hash).map(PasswordHash::from_stored),
            tags: Tags::from_stored(self.tags.unwrap_or_default()),
            metadata: metadata(self.metadata),
            private_metadata: metadata(self.private_metadata),
            profile_picture: given(self.profile_picture).map(PictureUrl::from_stored),
            role: self.role.unwrap_or_default(),
            status: self.status.unwrap_or_default(),
            auth_provider: given(self.auth_provider),
            created_at: match self.created_at {
                CreationTime::Now => Some(now),
                CreationTime::Unknown => None,
                CreationTime::At(moment) => Some(moment),
            },
            updated_at: self.updated_at,
            updated_by: given(self.updated_by),
            verified_at: self.verified_at,
            tokens_valid_from: self.tokens_valid_from,
            sessions_valid_from: self.sessions_valid_from,
            version: 1,
        })
    }
}

/// An account as it is; only the count of its changes is not written down.
impl From<User> for UserRecord {
    fn from(user: User) -> Self {
        let text = str::to_owned;
        Self {
            id: Some(text(user.id.as_str())),
            first_name: Some(text(user.first_name.as_str())),
            last_name: Some(text(user.last_name.as_str())),
            username: user.username.as_ref().map(Username::as_str).map(text),
            email: Some(text(user.email.as_str())),
            password_hash: user.secret.as_ref().map(PasswordHash::as_str).map(text),
            tags: Some(user.tags.as_slice().to_vec()),
            metadata: Some(text(user.metadata.as_str())),
            private_metadata: Some(text(user.private_metadata.as_str())),
            profile_picture: user
                .profile_picture
                .as_ref()
                .map(PictureUrl::as_str)
                .map(text),
            role: Some(user.role),
            status: Some(user.status),
            auth_provider: user.auth_provider,
            created_at: user
                .created_at
                .map_or(CreationTime::Unknown, CreationTime::At),
            updated_at: user.updated_at,
            updated_by: user.updated_by,
            verified_at: user.verified_at,
            tokens_valid_from: user.tokens_valid_from,
            sessions_valid_from: user.sessions_valid_from,
        }
    }
}
