//! `magistrala-users users export`: every account, with all there is to it.

mod destination;

use anyhow::{Context as _, Result, bail};
use tokio::task::JoinHandle;
use users_domain::Error;
use users_domain::error::Invalid;
use users_domain::model::{Caller, User, UserFilter, UserId};
use users_domain::services::Transfer;
use users_http::{EnumFormat, account_record};

use super::progress::Progress;
use crate::cli::ExportArguments;
use crate::commands::output::Output;
use crate::lifecycle::{Shutdown, listen_for_signals};
use crate::wiring::Wired;

use destination::Destination;

/// Most accounts that are asked for at once.
const MOST_ACCOUNTS: u32 = 2000;
/// How many bytes of records one answer of the store should become: fewer accounts are asked for where
/// they are large.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// Writes every account down. The next ones are fetched while those at hand are written.
pub(super) async fn run(
    wired: &Wired,
    enums: EnumFormat,
    arguments: &ExportArguments,
    progress: Progress,
    out: &mut Output,
) -> Result<()> {
    let shutdown = Shutdown::new();
    let _signals = listen_for_signals(&shutdown).context("cannot listen for signals")?;
    let mut destination = Destination::open(arguments, out)?;
    let total = wired.store.users.count(&UserFilter::default()).await?;
    progress.of_accounts(total);
    let transfer = &wired.users.transfer;
    let (mut written, mut odd) = (0, Odd::default());
    let mut text = Vec::new();
    let mut limit = MOST_ACCOUNTS;
    let mut page = fetch(transfer, None, limit);
    loop {
        let accounts = tokio::select! {
            biased;
            () = shutdown.requested() => {
                progress.end();
                bail!("stopped by a signal after {written} accounts; nothing is kept of a FILE")
            }
            fetched = &mut page => fetched.context("the export broke off")??,
        };
        let Some(last) = accounts.last() else { break };
        page = fetch(transfer, Some(last.id.clone()), limit);
        text.clear();
        for account in &accounts {
            account_record::write(account, enums, &mut text).context("cannot write a record")?;
            odd.note(account, transfer.check_rules(account));
        }
        limit = next_limit(accounts.len(), text.len());
        destination.write(&text)?;
        written += accounts.len() as u64;
        progress.reached(written);
        if !destination.is_read() {
            break;
        }
    }
    let is_whole = destination.is_read();
    destination.finish()?;
    progress.end();
    if is_whole {
        odd.tell(&progress);
        progress.say(format_args!("exported {written} accounts"));
    }
    Ok(())
}

/// Asks for the next accounts; the answer is made while others are written.
fn fetch(
    transfer: &Transfer,
    after: Option<UserId>,
    limit: u32,
) -> JoinHandle<Result<Vec<User>, Error>> {
    let transfer = transfer.clone();
    tokio::spawn(async move {
        transfer
            .export(&Caller::Operator, after.as_ref(), limit)
            .await
    })
}

/// How many accounts to ask for, so many having become so many bytes.
fn next_limit(accounts: usize, bytes: usize) -> u32 {
    let each = (bytes / accounts.max(1)).max(1);
    u32::try_from(PAGE_BYTES / each).map_or(MOST_ACCOUNTS, |fit| fit.clamp(1, MOST_ACCOUNTS))
}

/// Accounts that today's rules would not let in again.
#[derive(Default)]
struct Odd {
    count: u64,
    first: Option<(UserId, Invalid)>,
}

impl Odd {
    fn note(&mut self, account: &User, outcome: Result<(), Invalid>) {
        if let Err(invalid) = outcome {
            self.count += 1;
            self.first.get_or_insert((account.id.clone(), invalid));
        }
    }

    fn tell(&self, progress: &Progress) {
        if let Some((id, invalid)) = &self.first {
            progress.say(format_args!(
                "warning: {} of them break today's rules, the first is {} ({invalid}): import them \
                 with --lenient",
                self.count,
                id.as_str().escape_debug(),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_large_accounts_fewer_are_asked_for_and_at_least_one() {
        for (accounts, bytes, limit) in [
            (2000, 2000 * 300, MOST_ACCOUNTS),
            (2000, 2000 * PAGE_BYTES / 100, 100),
            (100, 100 * PAGE_BYTES, 1),
            (1, 10 * PAGE_BYTES, 1),
            (1, 0, MOST_ACCOUNTS),
        ] {
            assert_eq!(next_limit(accounts, bytes), limit, "{accounts} in {bytes}");
        }
    }
}
