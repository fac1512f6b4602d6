//! Resolves what a mail request asks for: whose account, which address, and a code made for this
//! mail alone.

use std::time::Duration;

use tracing::{info, warn};

use super::Failure;
use crate::model::{
    CodePurpose, CodeRecord, Effect, Email, EventOperation, Mail, MailContent, MailRequest,
    OneTimeCode, RequestContext, RequestId, Status, Timestamp, User,
};
use crate::ports::{MailError, Ports, uuid_v7};
use crate::users::Settings;

/// Between two mails with a code for one purpose to one address lies at least this: whoever asks
/// again and again floods nobody's mailbox.
const PAUSE: Duration = Duration::from_mins(1);

/// Sends what was asked for at a moment; an account that is gone, or needs it no more, gets nothing.
pub(super) async fn send(
    ports: &Ports,
    settings: &Settings,
    request: &MailRequest,
    asked_at: Timestamp,
) -> Result<(), Failure> {
    match request {
        MailRequest::Verification { user, address } => {
            let account = ports.users.find(user).await?;
            match account {
                Some(user)
                    if user.status == Status::Enabled
                        && !user.is_verified()
                        && user.email == *address =>
                {
                    let purpose = CodePurpose::VerifyEmail;
                    after_a_pause(ports, &user, purpose, asked_at).await?;
                    let lifetime = settings.verification_code_ttl;
                    let (code, expires_at) = mint(ports, &user, purpose, lifetime).await?;
                    deliver(ports, &user, MailContent::Verification { code, expires_at }).await
                }
                _ => {
                    info!("nobody needs this verification mail any more");
                    Ok(())
                }
            }
        }
        MailRequest::Reset {
            address,
            request_id,
        } => reset(ports, settings, address, request_id.clone(), asked_at).await,
        MailRequest::Notice {
            user,
            notice,
            address,
        } => {
            let Some(mut account) = ports.users.find(user).await? else {
                return Ok(());
            };
            if let Some(address) = address {
                account.email = address.clone();
            }
            deliver(ports, &account, MailContent::Notice(*notice)).await
        }
    }
}

async fn reset(
    ports: &Ports,
    settings: &Settings,
    address: &Email,
    request_id: Option<RequestId>,
    asked_at: Timestamp,
) -> Result<(), Failure> {
    let candidates = ports.users.find_by_login(address.as_str()).await?;
    let Some(user) = meant(&candidates, address) else {
        info!("nobody has the address of this reset mail");
        return Ok(());
    };
    let purpose = CodePurpose::ResetSecret;
    after_a_pause(ports, user, purpose, asked_at).await?;
    let lifetime = settings.reset_code_ttl;
    let (code, expires_at) = mint(ports, user, purpose, lifetime).await?;
    deliver(ports, user, MailContent::Reset { code, expires_at }).await?;
    let context = RequestContext { request_id };
    let event = super::super::event(
        ports,
        &context,
        EventOperation::SendPasswordReset,
        user.id.as_str(),
    )
    .user_id(&user.id)
    .text("email", user.email.as_str())
    .text("host", "")
    .text("user", "")
    .build();
    if let Err(error) = ports.outbox.add(vec![Effect::Event(event)]).await {
        // Trying again would mail again.
        warn!(user.id = %user.id, %error, "a reset mail was sent, and its event is lost");
    }
    Ok(())
}

/// The enabled account that has the address exactly, or the only one that has it without case.
/// Accounts that others vouch for have no password to lose.
fn meant<'a>(candidates: &'a [User], address: &Email) -> Option<&'a User> {
    let fits = |user: &&User| {
        user.email.folded() == address.folded()
            && (user.secret.is_some() || user.auth_provider.is_none())
    };
    let exact = candidates.iter().find(|user| user.email == *address);
    if let Some(user) = exact {
        return Some(user).filter(fits);
    }
    let mut without_case = candidates.iter().filter(fits);
    match (without_case.next(), without_case.next()) {
        (Some(user), None) => Some(user),
        _ => None,
    }
}

/// Has a mail wait if one of the same purpose went to the same address shortly before. A code that
/// was made since this one was asked for is of an earlier try to send this very mail, which may have
/// failed, and does not count.
async fn after_a_pause(
    ports: &Ports,
    user: &User,
    purpose: CodePurpose,
    asked_at: Timestamp,
) -> Result<(), Failure> {
    let last = ports.users.last_code_at(&user.id, purpose, &user.email);
    let last = last.await?;
    match last
        .filter(|last| *last < asked_at)
        .map(|last| last + PAUSE)
    {
        Some(due_at) if ports.clock.now() < due_at => {
            info!(user.id = %user.id, "a mail with a code went there just now; this one waits");
            Err(Failure::NotBefore(due_at))
        }
        _ => Ok(()),
    }
}

/// Makes a code and keeps what recognises it.
async fn mint(
    ports: &Ports,
    user: &User,
    purpose: CodePurpose,
    lifetime: Duration,
) -> Result<(OneTimeCode, Timestamp), Failure> {
    let mut bytes = [0; OneTimeCode::BYTES];
    ports.entropy.fill(&mut bytes);
    let code = OneTimeCode::new(bytes);
    let now = ports.clock.now();
    let expires_at = super::super::expiry(now, lifetime);
    let record = CodeRecord {
        digest: code.digest(),
        purpose,
        user: user.id.clone(),
        email: user.email.clone(),
        created_at: now,
        expires_at,
    };
    ports.users.add_code(record).await?;
    Ok((code, expires_at))
}

async fn deliver(ports: &Ports, user: &User, content: MailContent) -> Result<(), Failure> {
    let now = ports.clock.now();
    let mail = Mail {
        id: uuid_v7(&*ports.entropy, now),
        to: user.email.clone(),
        username: user.username.clone(),
        content,
        written_at: now,
    };
    ports.mailer.send(&mail).await.map_err(|error| match error {
        MailError::Rejected { reason } => Failure::Never(reason),
        MailError::Unavailable => Failure::NotNow,
    })
}
