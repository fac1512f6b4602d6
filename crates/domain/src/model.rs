//! The values of the domain: what an account is made of, who asks, and what follows from a change.

mod adopted_code;
mod cursor;
mod deleted_account;
mod effect;
mod email;
mod event;
mod filter;
mod import;
mod json;
mod mail;
mod metadata;
mod one_time_code;
mod page;
mod page_plan;
mod password;
mod person_name;
mod picture_url;
mod principal;
mod request_context;
mod role;
mod session;
mod status;
mod tags;
mod text;
mod token;
mod user;
mod user_id;
mod user_record;
mod user_rules;
mod username;

pub use adopted_code::AdoptedCode;
pub use cursor::{Cursor, CursorKey};
pub use deleted_account::DeletedAccount;
pub use effect::{Effect, EffectKind, EffectRecord, Hold, MailRequest, Notice, UnknownEffect};
pub use email::Email;
pub use event::{EventBuilder, Operation as EventOperation, UserEvent};
pub use filter::{Order, Position, Sort, SortDirection, TagFilter, UserFilter, UserQuery};
pub use import::{Arrival, ImportOutcome, TakenNames};
pub use json::{
    JSON_DEPTH_LIMIT, JSON_NUMBER_LIMIT, JsonFault, STORED_JSON_DEPTH_LIMIT, check_json,
    check_stored_json,
};
pub use mail::{Mail, MailContent};
pub use metadata::Metadata;
pub use one_time_code::{CodeDigest, CodePurpose, CodeRecord, OneTimeCode, Proof};
pub use page::Page;
pub use page_plan::PagePlan;
pub use password::{Password, PasswordAttempt, PasswordHash, PasswordPolicy};
pub use person_name::PersonName;
pub use picture_url::PictureUrl;
pub use principal::{Caller, Principal};
pub use request_context::{RequestContext, RequestId};
pub use role::Role;
pub use session::{RefreshSession, Session, SessionDescription};
pub use status::Status;
pub use tags::Tags;
pub use token::{BearerToken, TokenClaims, TokenId, TokenKind, TokenPair};
pub use user::{Change, ConflictField, Facts, Needs, NewUser, User, UserPatch, UserView};
pub use user_id::UserId;
pub use user_record::{CreationTime, UserRecord};
pub use username::Username;

/// A moment, UTC, in whole microseconds (what every store keeps).
pub type Timestamp = time::OffsetDateTime;
