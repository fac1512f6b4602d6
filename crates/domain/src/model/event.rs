//! What the platform is told: one flat JSON object an event.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::{Caller, Metadata, RequestContext, Timestamp, User, UserId, Username};

/// What happened; the tail of the event's name is the operation's one name everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// An account was made.
    Create,
    /// Somebody signed in.
    IssueToken,
    /// Somebody failed to sign in.
    LoginFailed,
    /// A session went on.
    RefreshToken,
    /// A session was ended by its holder.
    RevokeRefreshToken,
    /// Somebody looked at his own account.
    ViewProfile,
    /// Somebody looked at an account.
    View,
    /// Somebody looked at a list.
    List,
    /// Somebody looked for people.
    Search,
    /// Names, labels, picture or free-form data were changed.
    Update,
    /// The username was changed.
    UpdateUsername,
    /// The picture was changed.
    UpdateProfilePicture,
    /// The labels were changed.
    UpdateTags,
    /// The e-mail address was changed.
    UpdateEmail,
    /// The platform role was changed.
    UpdateRole,
    /// The password was changed by its holder.
    UpdateSecret,
    /// A suspension or deletion was lifted.
    Enable,
    /// An account was suspended.
    Disable,
    /// An account was marked for removal.
    Delete,
    /// An account that was marked for removal is gone for good.
    Purge,
    /// The mail that proves an address was asked for.
    SendVerification,
    /// An address was proven.
    VerifyEmail,
    /// The mail that sets a new password was sent.
    SendPasswordReset,
    /// A new password was set by a mailed code.
    ResetSecret,
}

impl Operation {
    /// The event's name: the value of `operation`, and the tail of a broker's subject.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "user.create",
            Self::IssueToken => "user.issue_token",
            Self::LoginFailed => "user.login_failed",
            Self::RefreshToken => "user.refresh_token",
            Self::RevokeRefreshToken => "user.revoke_refresh_token",
            Self::ViewProfile => "user.view_profile",
            Self::View => "user.view",
            Self::List => "user.list",
            Self::Search => "user.search",
            Self::Update => "user.update",
            Self::UpdateUsername => "user.update_username",
            Self::UpdateProfilePicture => "user.update_profile_picture",
            Self::UpdateTags => "user.update_tags",
            Self::UpdateEmail => "user.update_email",
            Self::UpdateRole => "user.update_role",
            Self::UpdateSecret => "user.update_secret",
            Self::Enable => "user.enable",
            Self::Disable => "user.disable",
            Self::Delete => "user.delete",
            Self::Purge => "user.purge",
            Self::SendVerification => "user.send_verification",
            Self::VerifyEmail => "user.verify_email",
            Self::SendPasswordReset => "user.send_password_reset",
            Self::ResetSecret => "user.reset_secret",
        }
    }
}

/// An event, ready to be published: the JSON of the envelope and what a carrier needs beside it.
#[derive(Clone, PartialEq, Eq)]
pub struct UserEvent {
    id: Uuid,
    operation: String,
    key: String,
    json: String,
}

#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    id: Uuid,
    #[serde(borrow)]
    operation: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    event: &'a RawValue,
}

impl UserEvent {
    /// The event's id (UUIDv7), the same at every repetition; stands in the JSON as `event_id`.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// What happened, e.g. `user.create`.
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// The user's id, or what stands for it: events of one key keep their order.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The envelope: one JSON object, member names sorted; metadata in it stands as it is stored.
    pub fn json(&self) -> &str {
        &self.json
    }

    pub(super) fn to_stored(&self) -> String {
        let id = serde_json::to_string(&self.id).unwrap_or_default();
        let operation = serde_json::to_string(&self.operation).unwrap_or_default();
        format!(
            r#"{{"id":{id},"operation":{operation},"event":{}}}"#,
            self.json
        )
    }

    pub(super) fn from_stored(key: String, text: &str) -> Result<Self, serde_json::Error> {
        let stored: Stored<'_> = serde_json::from_str(text)?;
        Ok(Self {
            id: stored.id,
            operation: stored.operation.into_owned(),
            key,
            json: stored.event.get().to_owned(),
        })
    }
}

/// Events tell of people, and a key may be an address: neither is printed by `{:?}`.
impl fmt::Debug for UserEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserEvent")
            .field("id", &self.id)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

/// Puts an event together, member by member.
#[derive(Clone)]
pub struct EventBuilder {
    id: Uuid,
    operation: Operation,
    key: String,
    members: BTreeMap<&'static str, Value>,
}

#[derive(Clone, Serialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Integer(i128),
    Flag(bool),
    Texts(Vec<String>),
    Raw(Box<RawValue>),
}

impl fmt::Debug for EventBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventBuilder")
            .field("id", &self.id)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

impl EventBuilder {
    /// Begins an event. `id` is a UUIDv7; `key` the user's id or what stands for it.
    pub fn new(
        id: Uuid,
        operation: Operation,
        key: &str,
        occurred_at: Timestamp,
        context: &RequestContext,
    ) -> Self {
        let request_id = context
            .request_id
            .as_ref()
            .map(|id| id.as_str().to_owned())
            .unwrap_or_default();
        Self {
            id,
            operation,
            key: key.to_owned(),
            members: BTreeMap::new(),
        }
        .text("operation", operation.as_str())
        .with(
            "occurred_at",
            Value::Integer(occurred_at.unix_timestamp_nanos()),
        )
        .text("request_id", &request_id)
        .text("event_id", &id.hyphenated().to_string())
    }

    fn with(mut self, name: &'static str, value: Value) -> Self {
        self.members.insert(name, value);
        self
    }

    /// Adds a text.
    #[must_use]
    pub fn text(self, name: &'static str, value: &str) -> Self {
        self.with(name, Value::Text(value.to_owned()))
    }

    /// Adds a text that is there and not empty.
    #[must_use]
    pub fn text_if(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) if !value.is_empty() => self.text(name, value),
            _ => self,
        }
    }

    /// Adds an integer.
    #[must_use]
    pub fn integer(self, name: &'static str, value: u64) -> Self {
        self.with(name, Value::Integer(value.into()))
    }

    /// Adds a truth value.
    #[must_use]
    pub fn flag(self, name: &'static str, value: bool) -> Self {
        self.with(name, Value::Flag(value))
    }

    /// Adds a list of texts that is not empty.
    #[must_use]
    pub fn texts_if(self, name: &'static str, values: &[String]) -> Self {
        if values.is_empty() {
            self
        } else {
            self.with(name, Value::Texts(values.to_vec()))
        }
    }

    /// Adds a moment that is there and prints in RFC 3339.
    #[must_use]
    pub fn time_if(self, name: &'static str, value: Option<Timestamp>) -> Self {
        match value.and_then(|moment| moment.format(&Rfc3339).ok()) {
            Some(text) => self.text(name, &text),
            None => self,
        }
    }

    /// Adds JSON as it stands.
    #[must_use]
    pub fn raw(self, name: &'static str, value: &RawValue) -> Self {
        self.with(name, Value::Raw(value.to_owned()))
    }

    /// Adds how the caller proved who he is, and whether he acted with an administrator's rights.
    #[must_use]
    pub fn session(self, caller: &Caller, super_admin: bool) -> Self {
        self.text("token_type", caller.token_kind().event_name())
            .flag("super_admin", super_admin)
    }

    /// Adds metadata that is an object; consumers refuse what older rules let in besides.
    #[must_use]
    pub fn metadata_if(self, name: &'static str, value: &Metadata) -> Self {
        if value.is_object() {
            self.raw(name, value.as_raw())
        } else {
            self
        }
    }

    /// Adds whose event it is, in the words of consumers that file events by `user_id`.
    #[must_use]
    pub fn user_id(self, user: &UserId) -> Self {
        self.text("user_id", user.as_str())
    }

    /// Adds what events that print an account say of it, without its last name and private
    /// metadata, which not all of them print.
    #[must_use]
    pub fn account(self, user: &User) -> Self {
        self.text("id", user.id.as_str())
            .text_if("first_name", Some(user.first_name.as_str()))
            .text_if("username", user.username.as_ref().map(Username::as_str))
            .text_if("email", Some(user.email.as_str()))
            .texts_if("tags", user.tags.as_slice())
            .metadata_if("metadata", &user.metadata)
            .text("status", user.status.as_str())
            .time_if("created_at", user.created_at)
            .time_if("updated_at", user.updated_at)
            .text_if("updated_by", user.updated_by.as_deref())
    }

    /// Finishes the event.
    #[expect(
        clippy::expect_used,
        reason = "a map of text keys to JSON values always serializes"
    )]
    pub fn build(self) -> UserEvent {
        UserEvent {
            id: self.id,
            operation: self.operation.as_str().to_owned(),
            key: self.key,
            json: serde_json::to_string(&self.members).expect("members are JSON values"),
        }
    }
}
