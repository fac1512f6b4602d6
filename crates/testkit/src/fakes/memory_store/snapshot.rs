//! Everything a store keeps, as text.

use serde::{Deserialize, Serialize};
use time::serde::timestamp::microseconds;
use users_domain::model::{
    CodePurpose, EffectKind, EffectRecord, Email, Metadata, PasswordHash, PersonName, PictureUrl,
    RefreshSession, Role, SessionDescription, Status, Tags, Timestamp, TokenId, User, UserId,
    Username,
};

use super::outbox::{Backlog, Item, Lease};
use super::{AdoptedRow, KeptCode, State};

/// A text that is no snapshot of a store.
#[derive(Debug, thiserror::Error)]
#[error("not a snapshot of a store: {0}")]
pub struct InvalidSnapshot(#[from] serde_json::Error);

/// Times are microseconds of Unix time; metadata is JSON text inside a string, so that no digit of
/// it is lost.
#[derive(Serialize, Deserialize)]
struct Snapshot {
    users: Vec<UserRow>,
    codes: Vec<CodeRow>,
    // Older snapshots have none.
    #[serde(default)]
    adopted_codes: Vec<AdoptedCodeRow>,
    last_item: i64,
    items: Vec<ItemRow>,
    leases: Vec<LeaseRow>,
    sessions: Vec<SessionRow>,
}

#[expect(
    clippy::expect_used,
    reason = "texts, numbers and lists of them always serialize"
)]
pub(super) fn write(state: &State) -> String {
    let Backlog {
        items,
        last,
        leases,
    } = &state.backlog;
    let snapshot = Snapshot {
        users: state.users.values().map(UserRow::from).collect(),
        codes: state.codes.values().map(CodeRow::from).collect(),
        adopted_codes: state
            .adopted_codes
            .iter()
            .map(AdoptedCodeRow::from)
            .collect(),
        last_item: *last,
        items: items.iter().map(ItemRow::from).collect(),
        leases: EffectKind::ALL
            .into_iter()
            .filter_map(|kind| Some(LeaseRow::new(kind, leases.get(&kind)?)))
            .collect(),
        sessions: state.sessions.values().map(SessionRow::from).collect(),
    };
    serde_json::to_string(&snapshot).expect("a snapshot serializes")
}

pub(super) fn read(text: &str) -> Result<State, serde_json::Error> {
    let snapshot: Snapshot = serde_json::from_str(text)?;
    let mut state = State::default();
    for row in snapshot.users {
        let user = User::from(row);
        state.users.insert(user.id.clone(), user);
    }
    for row in snapshot.codes {
        let code = row.into_code()?;
        state.codes.insert(code.digest.clone(), code);
    }
    let adopted_codes = snapshot.adopted_codes.into_iter();
    state.adopted_codes = adopted_codes.map(AdoptedRow::from).collect();
    state.backlog.last = snapshot.last_item;
    for row in snapshot.items {
        let item = Item {
            record: EffectRecord {
                kind: kind(&row.kind)?,
                key: row.key,
                once: row.once,
                // Only until it is added; `due_at` says it from then on.
                held_until: None,
                format: row.format,
                payload: row.payload,
            },
            added_at: row.added_at,
            attempts: row.attempts,
            due_at: row.due_at,
            parked: row.parked,
        };
        state.backlog.items.insert(row.id, item);
    }
    for row in snapshot.leases {
        let lease = Lease {
            holder: row.holder,
            fence: row.fence,
            ends_at: row.ends_at,
        };
        state.backlog.leases.insert(kind(&row.kind)?, lease);
    }
    for row in snapshot.sessions {
        let session = RefreshSession::from(row);
        state.sessions.insert(session.id.clone(), session);
    }
    Ok(state)
}

fn kind(name: &str) -> Result<EffectKind, serde_json::Error> {
    EffectKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == name)
        .ok_or_else(|| serde::de::Error::custom("an effect of an unknown kind"))
}

#[derive(Serialize, Deserialize)]
struct UserRow {
    id: String,
    first_name: String,
    last_name: String,
    username: Option<String>,
    email: String,
    secret: Option<String>,
    tags: Vec<String>,
    metadata: String,
    private_metadata: String,
    profile_picture: Option<String>,
    role: i16,
    status: i16,
    auth_provider: Option<String>,
    #[serde(with = "microseconds::option")]
    created_at: Option<Timestamp>,
    #[serde(with = "microseconds::option")]
    updated_at: Option<Timestamp>,
    updated_by: Option<String>,
    #[serde(with = "microseconds::option")]
    verified_at: Option<Timestamp>,
    tokens_valid_from: Option<i64>,
    sessions_valid_from: Option<i64>,
    version: i64,
}

impl From<&User> for UserRow {
    fn from(user: &User) -> Self {
        let text = str::to_owned;
        Self {
            id: text(user.id.as_str()),
            first_name: text(user.first_name.as_str()),
            last_name: text(user.last_name.as_str()),
            username: user.username.as_ref().map(|name| text(name.as_str())),
            email: text(user.email.as_str()),
            secret: user.secret.as_ref().map(|hash| text(hash.as_str())),
            tags: user.tags.as_slice().to_vec(),
            metadata: text(user.metadata.as_str()),
            private_metadata: text(user.private_metadata.as_str()),
            profile_picture: user.profile_picture.as_ref().map(|url| text(url.as_str())),
            role: user.role.as_i16(),
            status: user.status.as_i16(),
            auth_provider: user.auth_provider.clone(),
            created_at: user.created_at,
            updated_at: user.updated_at,
            updated_by: user.updated_by.clone(),
            verified_at: user.verified_at,
            tokens_valid_from: user.tokens_valid_from,
            sessions_valid_from: user.sessions_valid_from,
            version: user.version,
        }
    }
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            id: UserId::from_stored(row.id),
            first_name: PersonName::from_stored(row.first_name),
            last_name: PersonName::from_stored(row.last_name),
            username: row.username.map(Username::from_stored),
            email: Email::from_stored(row.email),
            secret: row.secret.map(PasswordHash::from_stored),
            tags: Tags::from_stored(row.tags),
            metadata: Metadata::from_stored(row.metadata),
            private_metadata: Metadata::from_stored(row.private_metadata),
            profile_picture: row.profile_picture.map(PictureUrl::from_stored),
            role: Role::from_stored(row.role),
            status: Status::from_stored(row.status),
            auth_provider: row.auth_provider,
            created_at: row.created_at,
            updated_at: row.updated_at,
            updated_by: row.updated_by,
            verified_at: row.verified_at,
            tokens_valid_from: row.tokens_valid_from,
            sessions_valid_from: row.sessions_valid_from,
            version: row.version,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct CodeRow {
    digest: String,
    purpose: String,
    user: String,
    email: String,
    #[serde(with = "microseconds")]
    created_at: Timestamp,
    #[serde(with = "microseconds")]
    expires_at: Timestamp,
    spent: bool,
}

impl From<&KeptCode> for CodeRow {
    fn from(code: &KeptCode) -> Self {
        Self {
            digest: code.digest.clone(),
            purpose: code.purpose.as_str().to_owned(),
            user: code.user.as_str().to_owned(),
            email: code.email.as_str().to_owned(),
            created_at: code.created_at,
            expires_at: code.expires_at,
            spent: code.spent,
        }
    }
}

impl CodeRow {
    fn into_code(self) -> Result<KeptCode, serde_json::Error> {
        let purpose = CodePurpose::from_stored(&self.purpose)
            .ok_or_else(|| serde::de::Error::custom("a code of an unknown purpose"))?;
        Ok(KeptCode {
            digest: self.digest,
            purpose,
            user: UserId::from_stored(self.user),
            email: Email::from_stored(self.email),
            created_at: self.created_at,
            expires_at: self.expires_at,
            spent: self.spent,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct AdoptedCodeRow {
    user: String,
    email: String,
    otp: Option<String>,
    #[serde(with = "microseconds::option")]
    created_at: Option<Timestamp>,
    #[serde(with = "microseconds::option")]
    expires_at: Option<Timestamp>,
    #[serde(with = "microseconds::option")]
    used_at: Option<Timestamp>,
}

impl From<&AdoptedRow> for AdoptedCodeRow {
    fn from(row: &AdoptedRow) -> Self {
        Self {
            user: row.user.as_str().to_owned(),
            email: row.email.as_str().to_owned(),
            otp: row.otp.clone(),
            created_at: row.created_at,
            expires_at: row.expires_at,
            used_at: row.used_at,
        }
    }
}

impl From<AdoptedCodeRow> for AdoptedRow {
    fn from(row: AdoptedCodeRow) -> Self {
        Self {
            user: UserId::from_stored(row.user),
            email: Email::from_stored(row.email),
            otp: row.otp,
            created_at: row.created_at,
            expires_at: row.expires_at,
            used_at: row.used_at,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct ItemRow {
    id: i64,
    kind: String,
    key: String,
    once: Option<String>,
    format: i32,
    payload: String,
    #[serde(with = "microseconds")]
    added_at: Timestamp,
    attempts: u32,
    #[serde(with = "microseconds::option")]
    due_at: Option<Timestamp>,
    parked: Option<String>,
}

impl From<(&i64, &Item)> for ItemRow {
    fn from((number, item): (&i64, &Item)) -> Self {
        let record = &item.record;
        Self {
            id: *number,
            kind: record.kind.as_str().to_owned(),
            key: record.key.clone(),
            once: record.once.clone(),
            format: record.format,
            payload: record.payload.clone(),
            added_at: item.added_at,
            attempts: item.attempts,
            due_at: item.due_at,
            parked: item.parked.clone(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct LeaseRow {
    kind: String,
    holder: Option<String>,
    fence: i64,
    #[serde(with = "microseconds")]
    ends_at: Timestamp,
}

impl LeaseRow {
    fn new(kind: EffectKind, lease: &Lease) -> Self {
        Self {
            kind: kind.as_str().to_owned(),
            holder: lease.holder.clone(),
            fence: lease.fence,
            ends_at: lease.ends_at,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct SessionRow {
    id: String,
    user: String,
    description: Option<String>,
    generation: u64,
    #[serde(with = "microseconds")]
    created_at: Timestamp,
    #[serde(with = "microseconds")]
    expires_at: Timestamp,
    #[serde(with = "microseconds::option")]
    rotated_at: Option<Timestamp>,
}

impl From<&RefreshSession> for SessionRow {
    fn from(session: &RefreshSession) -> Self {
        let description = session.description.as_ref();
        Self {
            id: session.id.as_str().to_owned(),
            user: session.user.as_str().to_owned(),
            description: description.map(|text| text.as_str().to_owned()),
            generation: session.generation,
            created_at: session.created_at,
            expires_at: session.expires_at,
            rotated_at: session.rotated_at,
        }
    }
}

impl From<SessionRow> for RefreshSession {
    fn from(row: SessionRow) -> Self {
        Self {
            id: TokenId::new(row.id),
            user: UserId::from_stored(row.user),
            description: row.description.map(SessionDescription::from_stored),
            generation: row.generation,
            created_at: row.created_at,
            expires_at: row.expires_at,
            rotated_at: row.rotated_at,
        }
    }
}
