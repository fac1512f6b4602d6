//! `magistrala-users users purge`: what was deleted long enough ago goes for good.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::json;
use time::format_description::well_known::Rfc3339;
use users_domain::model::{Caller, DeletedAccount, EffectKind, UserId};
use users_domain::ports::LEASE;
use users_domain::services::DuePage;
use users_domain::{Error, Users};

use crate::commands::UNFINISHED;
use crate::commands::output::{Output, complain};
use crate::lifecycle::{Shutdown, listen_for_signals};

/// Deleted accounts looked at in one step.
const LOOKED_AT: u32 = 1000;
/// Accounts removed in one step.
const REMOVED: u32 = 100;
/// How often is looked how far somebody else is.
const POLL: Duration = Duration::from_millis(250);
/// How long somebody else may take over the next one: his lease may have to run out, and then he may
/// be waiting for the platform.
const PATIENCE: Duration = LEASE.saturating_mul(2);

/// Says who would go.
pub(super) async fn list(users: &Users, json: bool, out: &mut Output) -> Result<()> {
    let mut after = None;
    let mut due = 0;
    loop {
        let page = users.purge.due(&Caller::Operator, after, LOOKED_AT).await?;
        for account in &page.accounts {
            writeln!(out, "{}", line(account, json))?;
        }
        due += page.accounts.len();
        after = page.next.filter(|_| out.is_read());
        if after.is_none() {
            break;
        }
    }
    complain(format_args!("{due} accounts would be removed for good"));
    Ok(())
}

fn line(account: &DeletedAccount, json: bool) -> String {
    let id = account.id.as_str();
    // Who is due has a time.
    let since = account.deleted_at.and_then(|at| at.format(&Rfc3339).ok());
    let since = since.unwrap_or_default();
    if json {
        return json!({ "id": id, "deleted_at": since }).to_string();
    }
    // Old rows may hold what would play tricks on a terminal.
    format!("{:36}  {since}", id.escape_debug().to_string())
}

/// Removes them. The service may be at it at the same time, and each is removed once.
pub(super) async fn run(users: &Users) -> Result<ExitCode> {
    let shutdown = Shutdown::new();
    let _signals = listen_for_signals(&shutdown).context("cannot listen for signals")?;
    let due = every_page(&shutdown, async |after| {
        users
            .purge
            .queue_due(&Caller::Operator, after, LOOKED_AT)
            .await
    })
    .await?;
    let ended = carry_out(users, &shutdown).await;
    // It runs out by itself if it cannot be given back.
    let _ = users.relay.release(EffectKind::Purge).await;
    let waiting = ended?;
    let left = every_page(&shutdown, async |after| {
        users.purge.due(&Caller::Operator, after, LOOKED_AT).await
    })
    .await?;
    complain(format_args!(
        "removed {} accounts for good",
        due.saturating_sub(left)
    ));
    if waiting > 0 || shutdown.is_requested() {
        complain(format_args!(
            "{waiting} are to be removed still; the running service goes on with them, or its next \
             start"
        ));
        return Ok(ExitCode::from(UNFINISHED));
    }
    if left > 0 {
        complain(format_args!(
            "{left} stay: the store does not let them go, or a running service keeps the deleted longer"
        ));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Looks at all of the deleted; how many are due.
async fn every_page(
    shutdown: &Shutdown,
    look: impl AsyncFn(Option<UserId>) -> Result<DuePage, Error>,
) -> Result<usize> {
    let (mut due, mut after) = (0, None);
    loop {
        let page = look(after).await?;
        due += page.accounts.len();
        after = page.next;
        if after.is_none() || shutdown.is_requested() {
            return Ok(due);
        }
    }
}

/// Removes those that are queued, until all are or there is no going on; how many wait then.
async fn carry_out(users: &Users, shutdown: &Shutdown) -> Result<u64> {
    let relay = &users.relay;
    let mut last = (Instant::now(), u64::MAX);
    loop {
        let waiting = relay.depth(EffectKind::Purge).await?.pending;
        if waiting == 0 || shutdown.is_requested() {
            return Ok(waiting);
        }
        if waiting < last.1 {
            last = (Instant::now(), waiting);
        }
        let step = relay.deliver_due(EffectKind::Purge, REMOVED).await?;
        if step.held_elsewhere && last.0.elapsed() < PATIENCE {
            tokio::select! {
                () = tokio::time::sleep(POLL) => {}
                () = shutdown.requested() => {}
            }
        } else if step.delivered == 0 && !step.more {
            // What is left waits for its next try.
            return Ok(relay.depth(EffectKind::Purge).await?.pending);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use async_trait::async_trait;
    use users_domain::Settings;
    use users_domain::model::{Status, User};
    use users_domain::ports::{Domains, Platform, PlatformError, Ports};
    use users_testkit::fakes::FixedClock;
    use users_testkit::{Fakes, people};

    use super::*;

    /// Domains that take their time over one user, and then do not let him go.
    struct Slow {
        clock: FixedClock,
        over: UserId,
    }

    #[async_trait]
    impl Domains for Slow {
        async fn remove_user(&self, user: &UserId) -> Result<(), PlatformError> {
            if *user != self.over {
                return Ok(());
            }
            self.clock.advance(LEASE / 2 + Duration::from_millis(1));
            Err(PlatformError::Unavailable)
        }
    }

    #[tokio::test]
    async fn a_slow_account_holds_up_no_other() {
        let fakes = Fakes::new();
        for name in ["ada", "grace", "hedy"] {
            fakes.store.put(User {
                status: Status::Deleted,
                ..people::user(name)
            });
        }
        fakes.clock.advance(Duration::from_hours(720));
        let domains = Slow {
            clock: fakes.clock.clone(),
            over: people::id_of("ada"),
        };
        let ports = Ports {
            platform: Platform {
                domains: Some(Arc::new(domains)),
                ..Platform::default()
            },
            ..fakes.ports()
        };
        let users = Users::new(ports, Settings::default());
        let due = users.purge.queue_all(&Caller::Operator, 10, || false);
        assert_eq!(due.await.unwrap(), 3);
        assert_eq!(carry_out(&users, &Shutdown::new()).await.unwrap(), 1);
        let left = fakes.store.users().into_iter().map(|user| user.id);
        assert_eq!(left.collect::<Vec<_>>(), [people::id_of("ada")]);
    }
}
