//! `magistrala-users users export`: every account, with all there is to it.

mod destination;

use anyhow::{Context as _, Result, bail};
use tokio::task::JoinHandle;
use users_domain::Error;
use users_domain::error::{Invalid, InvalidReason};
use users_domain::model::{Caller, User, UserFilter, UserId};
use users_domain::services::{RecordRules, Transfer};
use users_http::{EnumFormat, account_record};

use super::progress::Progress;
use crate::cli::ExportArguments;
use crate::commands::output::Output;
use crate::lifecycle::{Shutdown, listen_for_signals};
use crate::wiring::Wired;

use destination::Destination;

/// Most accounts that are asked for at once.
const MOST_ACCOUNTS: u32 = 2000;
/// How many at first, while nobody knows how large they are; from there on twice as many at most.
const FIRST_ACCOUNTS: u32 = 100;
/// How many bytes of records one answer of the store should become: fewer accounts are asked for where
/// they are large.
const PAGE_BYTES: usize = 4 * 1024 * 1024;
/// About what an account takes besides its labels and free-form data.
const SMALL: usize = 500;

/// Writes every account down. The next ones are fetched while those at hand are written.
pub(super) async fn run(
    wired: &Wired,
    enums: EnumFormat,
    arguments: &ExportArguments,
    progress: Progress,
    out: &mut Output,
) -> Result<()> {
    // Before signals are listened for: to open a pipe waits for who reads from it.
    let destination = Destination::open(arguments, out)?;
    let shutdown = Shutdown::new();
    let _signals = listen_for_signals(&shutdown).context("cannot listen for signals")?;
    let total = wired.store.users.count(&UserFilter::default()).await?;
    progress.of_accounts(total);
    let copied = copy(wired, enums, &shutdown, destination, &progress).await;
    // Whatever came of it: an error is not told behind a bar.
    progress.end();
    if let Some(copied) = copied? {
        copied.odd.tell(&progress);
        progress.say(format_args!("exported {} accounts", copied.accounts));
    }
    Ok(())
}

/// What was written to the end.
struct Copied {
    accounts: u64,
    odd: Odd,
}

/// Nothing, where nobody reads any more.
async fn copy(
    wired: &Wired,
    enums: EnumFormat,
    shutdown: &Shutdown,
    mut destination: Destination<'_>,
    progress: &Progress,
) -> Result<Option<Copied>> {
    let transfer = &wired.users.transfer;
    let (mut written, mut odd) = (0, Odd::default());
    let mut text = Vec::new();
    let mut limit = FIRST_ACCOUNTS;
    let mut page = fetch(transfer, None, limit);
    loop {
        let accounts = tokio::select! {
            biased;
            () = shutdown.requested() => {
                bail!("stopped by a signal after {written} accounts; nothing is kept of a FILE")
            }
            fetched = &mut page => fetched.context("the export broke off")??,
        };
        let Some(last) = accounts.last() else { break };
        limit = next_limit(limit, &accounts);
        page = fetch(transfer, Some(last.id.clone()), limit);
        text.clear();
        for account in &accounts {
            let begin = text.len();
            account_record::write(account, enums, &mut text).context("cannot write a record")?;
            odd.note(transfer, account, text.len() - begin);
        }
        destination.write(&text)?;
        written += accounts.len() as u64;
        progress.reached(written);
        if !destination.is_read() {
            break;
        }
    }
    let is_whole = destination.is_read();
    destination.finish()?;
    let copied = Copied {
        accounts: written,
        odd,
    };
    Ok(is_whole.then_some(copied))
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

/// How many accounts to ask for next, by the size of those that have come: each answer holds but so
/// many bytes, however large some accounts are.
fn next_limit(limit: u32, accounts: &[User]) -> u32 {
    let size = |user: &User| {
        let tags: usize = user.tags.as_slice().iter().map(String::len).sum();
        SMALL + tags + user.metadata.as_str().len() + user.private_metadata.as_str().len()
    };
    let bytes: usize = accounts.iter().map(size).sum();
    let each = (bytes / accounts.len().max(1)).max(1);
    let fit = u32::try_from(PAGE_BYTES / each).unwrap_or(MOST_ACCOUNTS);
    fit.clamp(1, MOST_ACCOUNTS).min(limit.saturating_mul(2))
}

/// Accounts that today's rules would not let in again.
#[derive(Default)]
struct Odd {
    /// Those that come in with `--lenient`.
    lenient: Group,
    /// Those that do not come in at all.
    lost: Group,
}

#[derive(Default)]
struct Group {
    count: u64,
    first: Option<(UserId, Invalid)>,
}

impl Odd {
    fn note(&mut self, transfer: &Transfer, account: &User, bytes: usize) {
        let limit = users_http::MAX_BODY_BYTES;
        let (group, invalid) = if bytes > limit {
            let unit = "bytes";
            let reason = InvalidReason::TooLong { limit, unit };
            (&mut self.lost, Invalid::new(account_record::RECORD, reason))
        } else {
            match transfer.check(RecordRules::Today, account) {
                Ok(()) => return,
                Err(invalid) => match transfer.check(RecordRules::Storable, account) {
                    Ok(()) => (&mut self.lenient, invalid),
                    Err(invalid) => (&mut self.lost, invalid),
                },
            }
        };
        group.count += 1;
        group.first.get_or_insert((account.id.clone(), invalid));
    }

    fn tell(&self, progress: &Progress) {
        self.lenient
            .tell(progress, "break today's rules: import them with --lenient");
        self.lost
            .tell(progress, "cannot be imported again, with --lenient neither");
    }
}

impl Group {
    fn tell(&self, progress: &Progress, what: &str) {
        if let Some((id, invalid)) = &self.first {
            progress.say(format_args!(
                "warning: {} of them {what}; the first is {} ({invalid})",
                self.count,
                id.as_str().escape_debug(),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use users_domain::model::{Timestamp, UserRecord};

    use super::*;

    #[test]
    fn of_large_accounts_fewer_are_asked_for_and_never_many_more_than_before() {
        let account = |bytes: usize| {
            let record = UserRecord {
                email: Some("ada@example.com".to_owned()),
                metadata: Some(format!("\"{}\"", "x".repeat(bytes))),
                ..UserRecord::default()
            };
            let id = || UserId::from_stored("ada".to_owned());
            record.into_user(id, Timestamp::UNIX_EPOCH).unwrap()
        };
        for (limit, bytes, next) in [
            (100, 10, 200),
            (2000, 10, MOST_ACCOUNTS),
            (2000, PAGE_BYTES / 40, 39),
            (100, 10 * PAGE_BYTES, 1),
            (1, 10, 2),
        ] {
            let accounts = [account(bytes), account(bytes)];
            assert_eq!(next_limit(limit, &accounts), next, "{bytes}");
        }
    }
}
