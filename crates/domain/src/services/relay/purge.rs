//! Removes a deleted account for good: first from the platform, then here.

use std::sync::Arc;

use tracing::{info, warn};

use super::Failure;
use crate::error::Error;
use crate::model::{
    DeletedAccount, Effect, EventOperation, RequestContext, Timestamp, User, UserId,
};
use crate::ports::{LEASE, PlatformError, Ports, StoreError};
use crate::services::purge::cutoff;
use crate::services::{event, relations};
use crate::users::Settings;

/// Each step may be done again, so after a crash all of them are. The row goes last, together with
/// the event: as long as it is there, somebody may still have to forget the account.
///
/// An account that was enabled meanwhile stays. The platform may have forgotten it already: its
/// relations come back, but nobody knows any more which domains it was a member of. So does one that
/// others hold, since it can still be enabled; whether they do is known only once the row is to go.
pub(super) async fn carry_out(
    ports: &Arc<Ports>,
    settings: &Settings,
    user: &UserId,
) -> Result<(), Failure> {
    let began = ports.clock.now();
    let cutoff = cutoff(ports, settings);
    let Some(account) = ports.users.find(user).await? else {
        return Ok(());
    };
    if !is_due(&account, cutoff) {
        return stays(ports, user).await;
    }
    if let Some(domains) = &ports.platform.domains {
        // There is no id that they refuse for good; an adapter that says so is asked again.
        let left = domains.remove_user(user).await;
        left.map_err(|_| Failure::NotNow)?;
        in_time(ports, began)?;
    }
    if let Some(platform) = &ports.platform.relations {
        forgotten(platform.remove(user).await)?;
        in_time(ports, began)?;
    }
    let decide = {
        let ports = ports.clone();
        move |account: &User| {
            if !is_due(account, cutoff) {
                return Err(Error::Stale);
            }
            let (context, id) = (RequestContext::default(), account.id.as_str());
            let event = event(&ports, &context, EventOperation::Purge, id).text("id", id);
            let mut effects = vec![Effect::Event(event.build())];
            // Who is telling the platform at this moment what the account was comes too late to see
            // that it is gone. So it is forgotten once more, behind the commit.
            effects.extend(relations::effect(&ports, &account.id));
            Ok(effects)
        }
    };
    match ports.users.purge(user, Arc::new(decide)).await {
        Ok(_) => Ok(()),
        Err(StoreError::Refused(_)) => stays(ports, user).await,
        Err(StoreError::Held) => {
            warn!(
                user.id = %user,
                "an account cannot be removed at present, and may have left its domains; the next \
                 run tries again"
            );
            know_again(ports, user).await
        }
        Err(_) => Err(Failure::NotNow),
    }
}

fn is_due(account: &User, cutoff: Timestamp) -> bool {
    DeletedAccount::of(account).is_some_and(|account| account.is_due(cutoff))
}

/// A lease runs, and each step may take its time: what is left is for the next try, which finds the
/// steps before it done.
fn in_time(ports: &Ports, began: Timestamp) -> Result<(), Failure> {
    if ports.clock.now() - began > LEASE / 2 {
        return Err(Failure::NotNow);
    }
    Ok(())
}

/// An account that the platform cannot hold is one that it does not know.
fn forgotten(answer: Result<(), PlatformError>) -> Result<(), Failure> {
    match answer {
        Ok(()) | Err(PlatformError::Refused) => Ok(()),
        Err(PlatformError::Unavailable) => Err(Failure::NotNow),
    }
}

/// An account that was enabled, or deleted anew, since somebody found it due.
async fn stays(ports: &Ports, user: &UserId) -> Result<(), Failure> {
    if ports.platform.domains.is_some() {
        warn!(
            user.id = %user,
            "an account is not removed: it is not due any more; it may have left its domains already"
        );
    } else {
        info!(user.id = %user, "an account is not removed: it is not due any more");
    }
    know_again(ports, user).await
}

/// Has the platform know an account again that it may have forgotten.
async fn know_again(ports: &Ports, user: &UserId) -> Result<(), Failure> {
    if let Some(effect) = relations::effect(ports, user) {
        ports.outbox.add(vec![effect]).await?;
    }
    Ok(())
}
