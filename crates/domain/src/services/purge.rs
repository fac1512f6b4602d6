//! Deleted accounts that go for good.

use std::sync::Arc;

use tracing::warn;

use crate::authorization::{Operation, permit};
use crate::error::Error;
use crate::model::{Caller, DeletedAccount, Effect, Timestamp, UserId};
use crate::ports::Ports;
use crate::users::Settings;

/// Finds the accounts that were deleted long enough ago, administrators' too, and has the relay
/// remove them for good.
///
/// The row says how long that is: since its last change, or since it was made where that is all it
/// knows. A row that knows neither never goes; its id is logged in every run.
///
/// Any number of replicas may do this at once: what waits already is not queued again, and the relay
/// looks at each account once more when its turn comes.
#[derive(Clone)]
pub struct Purge {
    ports: Arc<Ports>,
    settings: Arc<Settings>,
}

/// Some of those who are to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuePage {
    /// Who is due, in the order of ids.
    pub accounts: Vec<DeletedAccount>,
    /// Behind whom to go on; `None` at the end.
    pub next: Option<UserId>,
}

impl Purge {
    pub(crate) fn new(ports: Arc<Ports>, settings: Arc<Settings>) -> Self {
        Self { ports, settings }
    }

    /// Who is due, of the next `limit` deleted accounts behind an id. Changes nothing.
    #[tracing::instrument(skip_all, name = "purge")]
    pub async fn due(
        &self,
        caller: &Caller,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<DuePage, Error> {
        permit(Operation::Purge, caller, self.settings.access)?;
        let cutoff = cutoff(&self.ports, &self.settings);
        let users = &self.ports.users;
        let found = users.deleted_before(cutoff, after.clone(), limit).await?;
        let is_full = found.len() >= limit as usize;
        let last = found.last().filter(|_| is_full);
        // Whatever an odd row reads as: a walk that does not go on ends.
        let next = last.map(|account| account.id.clone());
        let next = next.filter(|id| after.as_ref().is_none_or(|after| id > after));
        let (accounts, unknown): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|account| account.is_due(cutoff));
        for account in unknown {
            warn!(
                user.id = %account.id,
                "nobody knows since when an account has been deleted, so it stays; enable and delete \
                 it again to have it removed"
            );
        }
        Ok(DuePage { accounts, next })
    }

    /// The same, and has the relay remove them.
    pub async fn queue_due(
        &self,
        caller: &Caller,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<DuePage, Error> {
        let page = self.due(caller, after, limit).await?;
        let effects: Vec<Effect> = page.accounts.iter().filter_map(effect).collect();
        if !effects.is_empty() {
            let added = self.ports.outbox.add(effects).await;
            added.map_err(|_| Error::Unavailable { port: "outbox" })?;
        }
        Ok(page)
    }

    /// The same of all of them, `limit` at a time, until none is left or `stop` says so; how many are
    /// due. Done again after an error, nothing is queued twice.
    pub async fn queue_all(
        &self,
        caller: &Caller,
        limit: u32,
        stop: impl Fn() -> bool,
    ) -> Result<usize, Error> {
        let (mut due, mut after) = (0, None);
        loop {
            let page = self.queue_due(caller, after, limit).await?;
            due += page.accounts.len();
            after = page.next;
            if after.is_none() || stop() {
                return Ok(due);
            }
        }
    }
}

fn effect(account: &DeletedAccount) -> Option<Effect> {
    Some(Effect::Purge {
        user: account.id.clone(),
        deleted_at: account.deleted_at?,
    })
}

/// Who was deleted until then goes now.
pub(super) fn cutoff(ports: &Ports, settings: &Settings) -> Timestamp {
    let now = ports.clock.now();
    let kept = time::Duration::try_from(settings.delete_after).unwrap_or(time::Duration::MAX);
    // Before all time nobody was deleted.
    now.checked_sub(kept)
        .unwrap_or(time::PrimitiveDateTime::MIN.assume_utc())
}
