//! The way in: accounts that are taken in many at a time.

use std::thread;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use diesel::prelude::*;
use tokio::sync::oneshot;
use users_domain::model::{Arrival, ImportOutcome, TakenNames, Timestamp, User};
use users_domain::ports::{StoreError, UserImport};

use crate::SqliteStore;
use crate::error::Failure;
use crate::filter::holders;
use crate::outbox::append;
use crate::row::{StoredText, UserRow};
use crate::schema::{lower, users};

/// How long an import may hold the write lock before it lets others have a turn.
const TURN: Duration = Duration::from_millis(500);
/// How long it then leaves the lock alone. SQLite lets nobody queue for it: who waits asks again
/// after at most 100 ms, and must find it free then.
const PAUSE: Duration = Duration::from_millis(120);

/// An import that writes. Each call is one transaction on the store's own writer.
pub(crate) struct Import {
    store: SqliteStore,
    pace: Pace,
}

impl Import {
    pub(crate) fn begin(store: &SqliteStore) -> Self {
        Self {
            store: store.clone(),
            pace: Pace::new(),
        }
    }
}

#[async_trait]
impl UserImport for Import {
    #[tracing::instrument(skip_all, name = "db.user.import")]
    async fn add(&mut self, accounts: &[Arrival]) -> Result<Vec<ImportOutcome>, StoreError> {
        self.pace.wait_for_turn().await;
        let accounts = accounts.to_vec();
        let clock = self.store.clock().clone();
        let (outcomes, begun) = self
            .store
            .threads()
            .write(move |connection| {
                let begun = Instant::now();
                let outcomes = take_in(connection, &accounts, clock.now())?;
                Ok((outcomes, begun))
            })
            .await?;
        self.pace.wrote_since(begun);
        Ok(outcomes)
    }

    /// Nothing is left to do: each row came with all its index entries, and SQLite checkpoints its log
    /// after each commit. No statistics are made: the plans that are proven are those without any.
    async fn finish(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Takes in what may come in. The transaction holds the only write lock: the names that are free
/// stay so until the commit.
fn take_in(
    connection: &mut SqliteConnection,
    accounts: &[Arrival],
    now: Timestamp,
) -> Result<Vec<ImportOutcome>, Failure> {
    let mut taken = TakenNames::new();
    for Arrival { user, .. } in accounts {
        note_holders(connection, &mut taken, user)?;
    }
    let mut outcomes = Vec::with_capacity(accounts.len());
    for arrival in accounts {
        let outcome = taken.judge(arrival);
        let Arrival { user, effects, .. } = arrival;
        if outcome == ImportOutcome::Imported {
            diesel::insert_into(users::table)
                .values(UserRow::from(user))
                .execute(connection)?;
            append(connection, effects, now)?;
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// Notes who has the id, the e-mail address or the username of an account.
pub(crate) fn note_holders(
    connection: &mut SqliteConnection,
    taken: &mut TakenNames,
    user: &User,
) -> QueryResult<()> {
    let holders: Vec<(StoredText, StoredText, Option<StoredText>)> = holders(user)
        .select((users::id, lower(users::email), lower(users::username)))
        .load(connection)?;
    for (id, email, username) in holders {
        taken.take(id.into_id(), email.0, username.map(|name| name.0));
    }
    Ok(())
}

/// Sees to it that others come to write, too.
struct Pace {
    /// For how long the lock was held since the last pause.
    held: Duration,
    /// Since when it is not.
    free_since: Instant,
}

impl Pace {
    fn new() -> Self {
        Self {
            held: Duration::ZERO,
            free_since: Instant::now(),
        }
    }

    fn wrote_since(&mut self, begun: Instant) {
        self.free_since = Instant::now();
        self.held += self.free_since - begun;
    }

    /// Waits without any timer of a runtime.
    async fn wait_for_turn(&mut self) {
        let left = PAUSE.saturating_sub(self.free_since.elapsed());
        if left.is_zero() {
            self.held = Duration::ZERO;
        }
        if self.held < TURN {
            return;
        }
        let (sender, over) = oneshot::channel::<()>();
        let sleeper = thread::Builder::new()
            .name("users-sqlite-pause".to_owned())
            .spawn(move || {
                thread::sleep(left);
                drop(sender);
            });
        if sleeper.is_ok() {
            // That the sender is gone is what is waited for.
            let _ = over.await;
        }
        self.held = Duration::ZERO;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_used_up_turn_is_followed_by_a_pause_and_a_new_turn() {
        let mut pace = Pace::new();
        pace.held = TURN;
        pace.wait_for_turn().await;
        assert!(pace.free_since.elapsed() >= PAUSE);
        assert_eq!(pace.held, Duration::ZERO);
    }

    #[tokio::test]
    async fn time_in_which_nothing_was_written_counts_as_a_pause() {
        let mut pace = Pace::new();
        pace.held = TURN * 9;
        pace.free_since -= PAUSE;
        let before = Instant::now();
        pace.wait_for_turn().await;
        assert_eq!(pace.held, Duration::ZERO);
        assert!(pace.free_since < before, "nothing was waited for");
    }
}
