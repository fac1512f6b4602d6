//! The account itself, and the shape of a change to it.

use super::{
    Effect, Email, Metadata, Password, PasswordHash, PersonName, PictureUrl, Role, Status, Tags,
    Timestamp, UserId, Username,
};

/// An account as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its id, never changed.
    pub id: UserId,
    /// First name; empty in rows older than the column.
    pub first_name: PersonName,
    /// Last name; empty in rows older than the column.
    pub last_name: PersonName,
    /// Username; absent in rows older than the column.
    pub username: Option<Username>,
    /// E-mail address.
    pub email: Email,
    /// Password hash; absent where an identity provider vouches for the person.
    pub secret: Option<PasswordHash>,
    /// Labels.
    pub tags: Tags,
    /// Free-form data that every signed-in person may read.
    pub metadata: Metadata,
    /// Free-form data for the owner and administrators.
    pub private_metadata: Metadata,
    /// Picture.
    pub profile_picture: Option<PictureUrl>,
    /// Platform role.
    pub role: Role,
    /// State.
    pub status: Status,
    /// Who vouches for the person; absent for accounts with a password.
    pub auth_provider: Option<String>,
    /// When it was made; absent in odd adopted rows.
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
    /// Who changed it last (a user id).
    pub updated_by: Option<String>,
    /// When the e-mail address was proven to be the person's.
    pub verified_at: Option<Timestamp>,
    /// Access tokens issued before this second of Unix time are refused.
    pub tokens_valid_from: Option<i64>,
    /// Refresh tokens issued before this second of Unix time are refused.
    pub sessions_valid_from: Option<i64>,
    /// Counts the changes of the row; the store raises it.
    pub version: i64,
}

impl User {
    /// Whether the e-mail address is proven.
    pub fn is_verified(&self) -> bool {
        self.verified_at.is_some()
    }

    /// Whether the account is an administrator's that can be used.
    pub fn is_enabled_administrator(&self) -> bool {
        self.status == Status::Enabled && self.role == Role::Admin
    }
}

/// What a registration asks for, every value already parsed.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// First name.
    pub first_name: PersonName,
    /// Last name.
    pub last_name: PersonName,
    /// Username.
    pub username: Username,
    /// E-mail address.
    pub email: Email,
    /// Password, met the policy.
    pub password: Password,
    /// Labels.
    pub tags: Tags,
    /// Free-form data that every signed-in person may read.
    pub metadata: Metadata,
    /// Free-form data for the owner and administrators.
    pub private_metadata: Metadata,
    /// Picture.
    pub profile_picture: Option<PictureUrl>,
    /// Platform role; other than user only for administrators to give.
    pub role: Role,
    /// State; other than enabled only for administrators to give.
    pub status: Status,
}

/// What a change of an account's free fields asks for; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct UserPatch {
    /// First name.
    pub first_name: Option<PersonName>,
    /// Last name.
    pub last_name: Option<PersonName>,
    /// Labels, replaced as a whole.
    pub tags: Option<Tags>,
    /// Free-form data, replaced as a whole.
    pub metadata: Option<Metadata>,
    /// Free-form data for the owner and administrators, replaced as a whole.
    pub private_metadata: Option<Metadata>,
    /// Picture; `Some(None)` takes it away.
    pub profile_picture: Option<Option<PictureUrl>>,
}

/// An account as far as somebody may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserView {
    /// All of it: to its owner and to administrators.
    Full(Box<User>),
    /// Id, names, username and metadata: to everybody else who is signed in.
    Public(Box<User>),
}

/// A field that no two accounts share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConflictField {
    /// The id.
    Id,
    /// The e-mail address.
    Email,
    /// The username.
    Username,
}

impl ConflictField {
    /// The field in the domain's words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Email => "email",
            Self::Username => "username",
        }
    }
}

/// What a decision needs to know besides the row; the store locks it first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// The ids of all enabled administrators.
    pub enabled_administrators: bool,
}

impl Needs {
    /// The row alone.
    pub const ROW: Self = Self {
        enabled_administrators: false,
    };
    /// The row, and who the enabled administrators are.
    pub const ENABLED_ADMINISTRATORS: Self = Self {
        enabled_administrators: true,
    };
}

/// What a decision asked to know: true while it decides, because the rows behind it are locked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The ids of all enabled administrators, sorted; empty when not asked for.
    pub enabled_administrators: Vec<UserId>,
}

/// The outcome of a decision: the row as it shall be, and what must follow.
#[derive(Debug, Clone)]
pub struct Change {
    /// The row after the change. Its id and version are the store's business.
    pub user: User,
    /// What must leave the process because of it, in order.
    pub effects: Vec<Effect>,
}
