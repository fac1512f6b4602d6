//! What the world may ask. Every method takes who is asking and looks the right up in
//! [`crate::authorization`] itself, so that no driving adapter can forget it.

mod access;
mod administration;
mod credentials;
mod directory;
mod profiles;
mod purge;
mod recovery;
mod registration;
mod relations;
mod relay;
mod transfer;
mod verification;

use std::time::Duration;

pub use access::Access;
pub use administration::Administration;
pub use credentials::{Credentials, Login};
pub use directory::{Directory, Search};
pub use profiles::Profiles;
pub use purge::{DuePage, Purge};
pub use recovery::Recovery;
pub use registration::{AdministratorOutcome, FirstAdministrator, Registration};
pub use relations::{QueuedPage, Relations};
pub use relay::{Progress, Relay};
pub use transfer::{Arrivals, Import, ImportBatch, ImportOptions, RecordRules, Transfer};
pub use verification::Verification;

use crate::error::Error;
use crate::model::{
    Caller, CodeRecord, Effect, EventBuilder, EventOperation, MailRequest, Notice, RequestContext,
    Session, Status, Timestamp, User, UserEvent,
};
use crate::ports::{Ports, uuid_v7};

/// Begins an event that happens now.
fn event(
    ports: &Ports,
    context: &RequestContext,
    operation: EventOperation,
    key: &str,
) -> EventBuilder {
    let now = ports.clock.now();
    EventBuilder::new(uuid_v7(&*ports.entropy, now), operation, key, now, context)
}

/// The event of a change that prints the whole account after it.
fn changed_event(
    ports: &Ports,
    context: &RequestContext,
    operation: EventOperation,
    caller: &Caller,
    user: &User,
) -> UserEvent {
    event(ports, context, operation, user.id.as_str())
        .account(user)
        .text_if("last_name", Some(user.last_name.as_str()))
        .metadata_if("private_metadata", &user.private_metadata)
        .session(caller, caller.is_administrator())
        .build()
}

/// The event of an account that was made.
fn created_event(
    ports: &Ports,
    context: &RequestContext,
    caller: &Caller,
    user: &User,
) -> UserEvent {
    event(ports, context, EventOperation::Create, user.id.as_str())
        .account(user)
        .text_if("last_name", Some(user.last_name.as_str()))
        .metadata_if("private_metadata", &user.private_metadata)
        .session(caller, false)
        .build()
}

/// Notes who changed the account now. Time never runs back on a row, whatever the clock does.
fn touch(user: &mut User, caller: &Caller, now: Timestamp) {
    user.updated_at = Some(user.updated_at.map_or(now, |before| before.max(now)));
    user.updated_by = caller
        .id()
        .map(|id| id.as_str().to_owned())
        .or(user.updated_by.take());
}

/// From this second on tokens count: the first one that no token of now can say. That is the present
/// second, or the one before which they were ended last, where that is still to come.
fn ended_at(now: Timestamp, before: Option<i64>) -> i64 {
    let present = now.unix_timestamp();
    let latest = before.map_or(present, |before| before.max(present));
    latest.saturating_add(1)
}

/// Ends the refresh tokens that an account has now.
fn end_sessions(user: &mut User, now: Timestamp) {
    user.sessions_valid_from = Some(ended_at(now, not_before(user)));
}

/// Ends every token that an account has now.
fn end_tokens(user: &mut User, now: Timestamp) {
    end_sessions(user, now);
    user.tokens_valid_from = user.sessions_valid_from;
}

/// The earliest second that a new token may say it was issued at, so that it outlives every moment
/// before which the account's older tokens were ended (those moments lie a little ahead).
fn not_before(account: &User) -> Option<i64> {
    account.tokens_valid_from.max(account.sessions_valid_from)
}

/// Whether a session began after the account's older ones were ended. One whose begin is unknown may
/// have.
fn goes_on(session: &Session, ended_before: Option<i64>) -> bool {
    let began_before = |second| {
        let began = session.created_at;
        began.is_some_and(|moment| moment.unix_timestamp() < second)
    };
    !ended_before.is_some_and(began_before)
}

/// Only enabled accounts are changed.
fn ensure_enabled(user: &User) -> Result<(), Error> {
    if user.status == Status::Enabled {
        Ok(())
    } else {
        Err(Error::NotEnabled)
    }
}

/// A field that an identity provider vouches for is changed there.
fn ensure_own_field(user: &User, field: &'static str) -> Result<(), Error> {
    if user.auth_provider.is_some() {
        return Err(Error::OwnedByProvider { field });
    }
    Ok(())
}

/// First writer wins: the caller changes what he has seen, if he says what that was.
fn ensure_version(user: &User, expected: Option<i64>) -> Result<(), Error> {
    match expected {
        Some(expected) if expected != user.version => Err(Error::Stale),
        _ => Ok(()),
    }
}

/// Whether a code still opens the account: not expired, and the account still has the address.
fn ensure_code_fits(code: &CodeRecord, user: &User, now: Timestamp) -> Result<(), Error> {
    if now >= code.expires_at || code.user != user.id || code.email != user.email {
        return Err(Error::InvalidCode);
    }
    Ok(())
}

/// What follows when an account was given a password by who did not show the old one.
fn new_secret_effects(ports: &Ports, context: &RequestContext, user: &User) -> Vec<Effect> {
    let event = event(
        ports,
        context,
        EventOperation::ResetSecret,
        user.id.as_str(),
    )
    .user_id(&user.id)
    .build();
    vec![
        Effect::Event(event),
        Effect::EndSessions {
            user: user.id.clone(),
        },
        Effect::Mail(notice(user, Notice::PasswordChanged)),
    ]
}

/// A note to the account's holder.
fn notice(user: &User, notice: Notice) -> MailRequest {
    MailRequest::Notice {
        user: user.id.clone(),
        notice,
        // Where it was when it happened: whoever changes the address next does not silence it.
        address: Some(user.email.clone()),
    }
}

/// The moment a code that is made now ends.
fn expiry(now: Timestamp, lifetime: Duration) -> Timestamp {
    now.checked_add(lifetime.try_into().unwrap_or(time::Duration::MAX))
        .unwrap_or(now)
}
