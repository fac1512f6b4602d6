//! What must leave the process because something changed.

use std::fmt;

use serde::{Deserialize, Serialize};

use uuid::Uuid;

use super::{Email, RequestContext, RequestId, Timestamp, UserEvent, UserId};

/// A consequence of a change, committed with the rows that caused it and carried out later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Tell the platform.
    Event(UserEvent),
    /// Write to somebody.
    Mail(MailRequest),
    /// Tell the issuer that the sessions of an account are over. They are refused already; this
    /// only tidies up.
    EndSessions {
        /// Whose.
        user: UserId,
    },
    /// Have the platform know an account as what it is. Which way that goes is found out when it is
    /// carried out, by the account as it is then.
    Relation {
        /// Whose.
        user: UserId,
        /// `None` for what any replica may carry out at once, and for what was read back.
        hold: Option<Hold>,
    },
    /// Remove a deleted account for good, if it still is deleted when this is carried out. Adds
    /// nothing to one of the same deletion that is pending already.
    Purge {
        /// Whose.
        user: UserId,
        /// Since when it has been deleted.
        deleted_at: Timestamp,
    },
}

/// Keeps an effect for whoever commits it: he carries it out himself, right after the commit. Should
/// he not, it becomes due by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// By what he names it to the outbox; no two holds share one.
    pub name: Uuid,
    /// From this moment on it is due for everybody.
    pub until: Timestamp,
}

/// What to write to whom. Whether there is such an account, and whether it still has the address, is
/// found out when the mail is sent; the code in it is made then, and never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailRequest {
    /// A link that proves the account's address, as long as it has it. Adds nothing to one that is
    /// pending already.
    Verification {
        /// Whose.
        user: UserId,
        /// The address to prove: a request for another one is not the same request.
        address: Email,
    },
    /// A link that sets a new password. Adds nothing to one that is pending already.
    Reset {
        /// The address as typed, with or without an account.
        address: Email,
        /// The request that asked for it.
        request_id: Option<RequestId>,
    },
    /// Something about the account changed.
    Notice {
        /// Whose account.
        user: UserId,
        /// What changed.
        notice: Notice,
        /// Where to, if not to the account's present address.
        address: Option<Email>,
    },
}

/// What an account's holder is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// The account has another e-mail address; told to the one before.
    EmailChanged,
    /// The account has another password.
    PasswordChanged,
}

/// Effects of one kind share a carrier; kinds never wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EffectKind {
    /// [`Effect::Event`].
    Event,
    /// [`Effect::Mail`].
    Mail,
    /// [`Effect::EndSessions`].
    EndSessions,
    /// [`Effect::Relation`].
    Relation,
    /// [`Effect::Purge`].
    Purge,
}

impl EffectKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Event,
        Self::Mail,
        Self::EndSessions,
        Self::Relation,
        Self::Purge,
    ];

    /// The name in the outbox table and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Mail => "mail",
            Self::EndSessions => "end_sessions",
            Self::Relation => "relation",
            Self::Purge => "purge",
        }
    }
}

/// An effect as an outbox keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct EffectRecord {
    /// Its kind.
    pub kind: EffectKind,
    /// Effects of one kind and key are carried out in order: the user's id, or what stands for it.
    pub key: String,
    /// While a record of this kind and name is pending, another adds nothing.
    pub once: Option<String>,
    /// Until this moment it is held, under the name in `once`.
    pub held_until: Option<Timestamp>,
    /// The version of the payload's format.
    pub format: i32,
    /// JSON text.
    pub payload: String,
}

/// Payloads tell of people, and a key may be an address: neither is printed by `{:?}`.
impl fmt::Debug for EffectRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EffectRecord")
            .field("kind", &self.kind)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

/// A record that this version of the program cannot read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read a record of kind {kind} in format {format}: {reason}")]
pub struct UnknownEffect {
    /// The kind's name.
    pub kind: &'static str,
    /// The format it says it has.
    pub format: i32,
    /// What went wrong; never repeats the record.
    pub reason: String,
}

/// The format written today.
const FORMAT: i32 = 1;

/// An [`Effect::Purge`] as it is kept; the key says whose.
#[derive(Deserialize)]
struct StoredPurge {
    /// Microseconds since 1970.
    deleted_at: i64,
}

/// A [`MailRequest`] as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(tag = "mail", rename_all = "snake_case")]
enum StoredMail {
    Verification {
        user: String,
        address: String,
    },
    Reset {
        address: String,
        request_id: Option<String>,
    },
    Notice {
        user: String,
        notice: Notice,
        address: Option<String>,
    },
}

impl Effect {
    /// Its kind.
    pub fn kind(&self) -> EffectKind {
        match self {
            Self::Event(_) => EffectKind::Event,
            Self::Mail(_) => EffectKind::Mail,
            Self::EndSessions { .. } => EffectKind::EndSessions,
            Self::Relation { .. } => EffectKind::Relation,
            Self::Purge { .. } => EffectKind::Purge,
        }
    }

    /// The record to keep.
    pub fn to_record(&self) -> EffectRecord {
        let (key, once, payload) = match self {
            Self::Event(event) => (event.key().to_owned(), None, event.to_stored()),
            Self::Mail(request) => (request.key(), request.once(), request.to_stored()),
            // The key says whose.
            Self::EndSessions { user } => (user.as_str().to_owned(), None, "{}".to_owned()),
            Self::Relation { user, hold } => (
                user.as_str().to_owned(),
                hold.map(|hold| hold.name.to_string()),
                "{}".to_owned(),
            ),
            Self::Purge { user, deleted_at } => {
                let stored = StoredPurge::of(*deleted_at);
                (
                    user.as_str().to_owned(),
                    Some(format!("purge {user} {}", stored.deleted_at)),
                    stored.to_text(),
                )
            }
        };
        let held_until = match self {
            Self::Relation { hold, .. } => hold.map(|hold| hold.until),
            _ => None,
        };
        EffectRecord {
            kind: self.kind(),
            key,
            once,
            held_until,
            format: FORMAT,
            payload,
        }
    }

    /// Reads a record back.
    pub fn from_record(record: &EffectRecord) -> Result<Self, UnknownEffect> {
        let unknown = |reason: String| UnknownEffect {
            kind: record.kind.as_str(),
            format: record.format,
            reason,
        };
        if record.format != FORMAT {
            return Err(unknown("written by another version".to_owned()));
        }
        // The parser's own words would repeat what it found.
        let damaged =
            |error: serde_json::Error| unknown(format!("damaged at column {}", error.column()));
        match record.kind {
            EffectKind::Event => UserEvent::from_stored(record.key.clone(), &record.payload)
                .map(Self::Event)
                .map_err(damaged),
            EffectKind::Mail => MailRequest::from_stored(&record.payload)
                .map(Self::Mail)
                .map_err(damaged),
            EffectKind::EndSessions => Ok(Self::EndSessions {
                user: UserId::from_stored(record.key.clone()),
            }),
            EffectKind::Relation => Ok(Self::Relation {
                user: UserId::from_stored(record.key.clone()),
                // Whoever reads it back is not the one who held it.
                hold: None,
            }),
            EffectKind::Purge => {
                let stored: StoredPurge = serde_json::from_str(&record.payload).map_err(damaged)?;
                let deleted_at = stored.moment();
                Ok(Self::Purge {
                    user: UserId::from_stored(record.key.clone()),
                    deleted_at: deleted_at
                        .ok_or_else(|| unknown("of a time that no calendar holds".to_owned()))?,
                })
            }
        }
    }
}

impl StoredPurge {
    fn of(deleted_at: Timestamp) -> Self {
        let micros = deleted_at.unix_timestamp_nanos().div_euclid(1_000);
        Self {
            // Every year that a Timestamp can hold fits.
            deleted_at: i64::try_from(micros).unwrap_or(i64::MAX),
        }
    }

    fn moment(&self) -> Option<Timestamp> {
        Timestamp::from_unix_timestamp_nanos(i128::from(self.deleted_at) * 1_000).ok()
    }

    fn to_text(&self) -> String {
        format!(r#"{{"deleted_at":{}}}"#, self.deleted_at)
    }
}

impl MailRequest {
    /// A reset that a request asked for.
    pub fn reset(address: Email, context: &RequestContext) -> Self {
        Self::Reset {
            address,
            request_id: context.request_id.clone(),
        }
    }

    /// Mails of one account keep their order; so do those to one address without account.
    fn key(&self) -> String {
        match self {
            Self::Verification { user, .. } | Self::Notice { user, .. } => user.as_str().to_owned(),
            Self::Reset { address, .. } => address.folded(),
        }
    }

    fn once(&self) -> Option<String> {
        match self {
            Self::Verification { user, address } => {
                Some(format!("verification {user} {}", address.as_str()))
            }
            Self::Reset { address, .. } => Some(format!("reset {}", address.folded())),
            Self::Notice { .. } => None,
        }
    }

    #[expect(clippy::expect_used, reason = "texts and names always serialize")]
    fn to_stored(&self) -> String {
        let stored = match self {
            Self::Verification { user, address } => StoredMail::Verification {
                user: user.as_str().to_owned(),
                address: address.as_str().to_owned(),
            },
            Self::Reset {
                address,
                request_id,
            } => StoredMail::Reset {
                address: address.as_str().to_owned(),
                request_id: request_id.as_ref().map(|id| id.as_str().to_owned()),
            },
            Self::Notice {
                user,
                notice,
                address,
            } => StoredMail::Notice {
                user: user.as_str().to_owned(),
                notice: *notice,
                address: address.as_ref().map(|address| address.as_str().to_owned()),
            },
        };
        serde_json::to_string(&stored).expect("texts and names serialize")
    }

    fn from_stored(text: &str) -> Result<Self, serde_json::Error> {
        Ok(match serde_json::from_str(text)? {
            StoredMail::Verification { user, address } => Self::Verification {
                user: UserId::from_stored(user),
                address: Email::from_stored(address),
            },
            StoredMail::Reset {
                address,
                request_id,
            } => Self::Reset {
                address: Email::from_stored(address),
                request_id: request_id.as_deref().and_then(RequestId::parse),
            },
            StoredMail::Notice {
                user,
                notice,
                address,
            } => Self::Notice {
                user: UserId::from_stored(user),
                notice,
                address: address.map(Email::from_stored),
            },
        })
    }
}
