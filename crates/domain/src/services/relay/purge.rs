//! Removes a deleted account for good: first from the platform, then here.

use std::sync::Arc;

use tracing::{info, warn};

use super::Failure;
use crate::error::Error;
use crate::model::{
    DeletedAccount, Effect, EffectKind, EventOperation, RequestContext, User, UserId,
};
use crate::ports::{PlatformError, Ports, StoreError};
use crate::services::purge::cutoff;
use crate::services::{event, relations};
use crate::users::Settings;

/// Each step may be done again, so after a crash all of them are. The row goes last, together with
/// the event: as long as it is there, somebody may still have to forget the account.
///
/// An account that was enabled meanwhile stays; it may have lost its relations already, and gets
/// them back. So does one that others hold, since it can still be enabled.
pub(super) async fn carry_out(
    ports: &Arc<Ports>,
    settings: &Settings,
    user: &UserId,
) -> Result<(), Failure> {
    let cutoff = cutoff(ports, settings);
    let Some(account) = ports.users.find(user).await.map_err(not_now)? else {
        return Ok(());
    };
    if !is_due(&account, cutoff) {
        info!(user.id = %user, "an account is not removed: it is not deleted any more");
        return know_again(ports, user).await;
    }
    if let Some(domains) = &ports.platform.domains {
        forgotten(domains.remove_user(user).await)?;
    }
    let mut effects = Vec::new();
    if let Some(platform) = &ports.platform.relations {
        forgotten(platform.remove(user).await)?;
        // Who is telling the platform at this moment what the account was comes too late to see that
        // it is gone.
        let telling = ports.outbox.depth(EffectKind::Relation).await;
        if telling.map_err(not_now)?.pending > 0 {
            effects.extend(relations::effect(ports, user));
        }
    }
    let decide = {
        let ports = ports.clone();
        move |account: &User| {
            if !is_due(account, cutoff) {
                return Err(Error::Stale);
            }
            let (context, id) = (RequestContext::default(), account.id.as_str());
            let event = event(&ports, &context, EventOperation::Purge, id).text("id", id);
            let mut effects = effects.clone();
            effects.insert(0, Effect::Event(event.build()));
            Ok(effects)
        }
    };
    match ports.users.purge(user, Arc::new(decide)).await {
        Ok(_) => Ok(()),
        Err(StoreError::Refused(_)) => {
            info!(user.id = %user, "an account is not removed: it is not deleted any more");
            know_again(ports, user).await
        }
        Err(StoreError::Held) => {
            warn!(user.id = %user, "an account cannot be removed at present; the next run tries again");
            know_again(ports, user).await
        }
        Err(_) => Err(Failure::NotNow),
    }
}

fn is_due(account: &User, cutoff: crate::model::Timestamp) -> bool {
    DeletedAccount::of(account).is_some_and(|account| account.is_due(cutoff))
}

/// An account that the platform cannot hold is one that it does not know.
fn forgotten(answer: Result<(), PlatformError>) -> Result<(), Failure> {
    match answer {
        Ok(()) | Err(PlatformError::Refused) => Ok(()),
        Err(PlatformError::Unavailable) => Err(Failure::NotNow),
    }
}

/// Has the platform know an account again that it may have forgotten.
async fn know_again(ports: &Ports, user: &UserId) -> Result<(), Failure> {
    match relations::effect(ports, user) {
        Some(effect) => ports.outbox.add(vec![effect]).await.map_err(not_now),
        None => Ok(()),
    }
}

fn not_now(_: StoreError) -> Failure {
    Failure::NotNow
}
