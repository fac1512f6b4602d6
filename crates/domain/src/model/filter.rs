//! Which accounts somebody wants to see, and in what order.

use std::fmt;

use super::{Cursor, Metadata, Role, Status, Timestamp};

/// Which accounts: the conditions are combined with AND, an absent one lets everything pass.
///
/// The texts are substrings without ASCII case; `%`, `_` and `\` stand for themselves.
#[derive(Clone, Default, PartialEq)]
pub struct UserFilter {
    /// Of this status. `None`: any, those with an odd stored status too.
    pub status: Option<Status>,
    /// Of this role; every stored role but admin counts as user.
    pub role: Option<Role>,
    /// Part of the id.
    pub id: Option<String>,
    /// Part of the username.
    pub username: Option<String>,
    /// Part of the e-mail address.
    pub email: Option<String>,
    /// Part of the first name.
    pub first_name: Option<String>,
    /// Part of the last name.
    pub last_name: Option<String>,
    /// By tags.
    pub tags: Option<TagFilter>,
    /// Whose metadata contains this object, see [`Metadata::contains`].
    pub metadata: Option<Metadata>,
    /// Created at or after.
    pub created_from: Option<Timestamp>,
    /// Created at or before.
    pub created_to: Option<Timestamp>,
}

impl UserFilter {
    /// A text that is equal for equal lists and for no others; strings are quoted in it.
    pub(super) fn to_digest_text(&self, sort: Sort) -> String {
        let tags = self.tags.as_ref().map(|tags| match tags {
            TagFilter::All(tags) => format!("all{tags:?}"),
            TagFilter::Any(tags) => format!("any{tags:?}"),
        });
        let moment = |moment: Option<Timestamp>| moment.map(Timestamp::unix_timestamp_nanos);
        format!(
            "{:?}",
            (
                (sort.order.as_str(), sort.direction.as_str()),
                self.status.map(Status::as_str),
                self.role.map(Role::as_str),
                (&self.id, &self.username, &self.email),
                (&self.first_name, &self.last_name),
                tags,
                self.metadata.as_ref().map(Metadata::as_str),
                (moment(self.created_from), moment(self.created_to)),
            )
        )
    }
}

/// People are looked for by their data: of texts, `{:?}` says only whether there is one.
impl fmt::Debug for UserFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = |text: &Option<String>| text.as_ref().map(|_| "***");
        f.debug_struct("UserFilter")
            .field("status", &self.status)
            .field("role", &self.role)
            .field("id", &self.id)
            .field("username", &hidden(&self.username))
            .field("email", &hidden(&self.email))
            .field("first_name", &hidden(&self.first_name))
            .field("last_name", &hidden(&self.last_name))
            .field("tags", &self.tags)
            .field("metadata", &self.metadata)
            .field("created_from", &self.created_from)
            .field("created_to", &self.created_to)
            .finish()
    }
}

/// By tags, compared byte for byte.
#[derive(Clone, PartialEq, Eq)]
pub enum TagFilter {
    /// Has every one of them.
    All(Vec<String>),
    /// Has at least one of them.
    Any(Vec<String>),
}

impl fmt::Debug for TagFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(tags) => write!(f, "All({})", tags.len()),
            Self::Any(tags) => write!(f, "Any({})", tags.len()),
        }
    }
}

/// What a list is ordered by; ties are ordered by id, in the same direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// When the account was made.
    CreatedAt,
    /// When it was last changed, or made where it never was.
    #[default]
    UpdatedAt,
    /// By first name.
    FirstName,
    /// By last name.
    LastName,
    /// By username.
    Username,
    /// By e-mail address.
    Email,
    /// By id alone.
    Id,
}

impl Order {
    /// Every order with the name it has in queries.
    pub const ALL: [(&'static str, Self); 7] = [
        ("created_at", Self::CreatedAt),
        ("updated_at", Self::UpdatedAt),
        ("first_name", Self::FirstName),
        ("last_name", Self::LastName),
        ("username", Self::Username),
        ("email", Self::Email),
        ("id", Self::Id),
    ];

    /// The name in queries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::Username => "username",
            Self::Email => "email",
            Self::Id => "id",
        }
    }
}

/// Which way a list runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SortDirection {
    /// Least first.
    Ascending,
    /// Greatest first.
    #[default]
    Descending,
}

impl SortDirection {
    /// The name in queries.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        }
    }
}

/// The order of a list and its direction. Absent values come first when ascending; texts are
/// compared byte for byte.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub order: Order,
    /// Which way.
    pub direction: SortDirection,
}

/// One page of a list of accounts.
#[derive(Debug, Clone, PartialEq)]
pub struct UserQuery {
    /// Which accounts.
    pub filter: UserFilter,
    /// In what order.
    pub sort: Sort,
    /// Where the page begins.
    pub position: Position,
    /// How many to return at most; 0 returns none, for the total alone.
    pub limit: u64,
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// Behind so many.
    Offset(u64),
    /// Behind the account that the cursor names, wherever that would stand now.
    After(Cursor),
}

impl Position {
    /// The beginning of the list.
    pub const START: Self = Self::Offset(0);

    /// How many are passed over; none with a cursor.
    pub const fn offset(&self) -> u64 {
        match self {
            Self::Offset(offset) => *offset,
            Self::After(_) => 0,
        }
    }
}

impl UserQuery {
    /// Accounts of a page when the caller names no limit.
    pub const DEFAULT_LIMIT: u64 = 10;
    /// Most accounts of a page.
    pub const MAX_LIMIT: u64 = 100;
}

impl Default for UserQuery {
    fn default() -> Self {
        Self {
            filter: UserFilter {
                status: Some(Status::Enabled),
                ..UserFilter::default()
            },
            sort: Sort::default(),
            position: Position::START,
            limit: Self::DEFAULT_LIMIT,
        }
    }
}
