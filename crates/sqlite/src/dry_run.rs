//! An import that only says what would become of the accounts.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use tracing::error;
use users_domain::model::{Arrival, ImportOutcome, TakenNames, User, UserId, Username};
use users_domain::ports::{StoreError, UserImport};

use crate::SqliteStore;
use crate::error::Failure;
use crate::import::note_holders;

diesel::table! {
    /// Names of the accounts that would have been imported; e-mail addresses and usernames without
    /// ASCII case.
    names (id) {
        id -> Text,
        email -> Text,
        username -> Nullable<Text>,
    }
}

/// SQLite keeps what does not fit into this cache in a temporary file that has no name and goes with
/// the connection: any number of accounts takes the same memory. Nothing of it need outlive a crash.
const SCHEMA: &str = "
    PRAGMA cache_size=-4096;
    PRAGMA synchronous=OFF;
    CREATE TABLE names (id text PRIMARY KEY, email text NOT NULL, username text) WITHOUT ROWID;
    CREATE INDEX names_email_idx ON names (email);
    CREATE INDEX names_username_idx ON names (username) WHERE username IS NOT NULL;";

/// An import that writes nothing that anybody else sees. It looks through the store's readers, a
/// call at a time, and so holds nobody up.
pub(crate) struct DryRun {
    store: SqliteStore,
    /// Shared with the call that is going on: it may outlive its future.
    names: Arc<Mutex<SqliteConnection>>,
}

impl DryRun {
    pub(crate) async fn begin(store: &SqliteStore) -> Result<Self, StoreError> {
        // A file is made: not on a runtime's thread.
        let names = store.threads().read(|_| open_names()).await?;
        Ok(Self {
            store: store.clone(),
            names: Arc::new(Mutex::new(names)),
        })
    }
}

#[async_trait]
impl UserImport for DryRun {
    #[tracing::instrument(skip_all, name = "db.user.import_dry_run")]
    async fn add(&mut self, accounts: &[Arrival]) -> Result<Vec<ImportOutcome>, StoreError> {
        let names = self.names.clone();
        let accounts = accounts.to_vec();
        self.store
            .threads()
            .read(move |store| {
                // After a panic nobody knows whether the names are right.
                let mut names = names.lock().map_err(|_| StoreError::Unavailable)?;
                names.immediate_transaction(|names| look(store, names, &accounts))
            })
            .await
    }

    async fn finish(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}

fn open_names() -> Result<SqliteConnection, Failure> {
    // An empty name means a temporary file. (<https://sqlite.org/inmemorydb.html>)
    let mut names = SqliteConnection::establish("").map_err(|error| {
        error!(%error, "a temporary database cannot be opened");
        StoreError::Unavailable
    })?;
    names.batch_execute(SCHEMA)?;
    Ok(names)
}

fn look(
    store: &mut SqliteConnection,
    names: &mut SqliteConnection,
    accounts: &[Arrival],
) -> Result<Vec<ImportOutcome>, Failure> {
    let mut taken = TakenNames::new();
    // One transaction: all that is seen is of the same moment.
    store.transaction(|store| {
        accounts
            .iter()
            .try_for_each(|one| note_holders(store, &mut taken, &one.user))
    })?;
    for Arrival { user, .. } in accounts {
        note_earlier(names, &mut taken, user)?;
    }
    accounts
        .iter()
        .map(|arrival| {
            let outcome = taken.judge(arrival);
            let user = &arrival.user;
            if outcome == ImportOutcome::Imported {
                note(names, user)?;
            }
            Ok(outcome)
        })
        .collect()
}

/// Notes which earlier accounts would have the id, the e-mail address or the username of this one.
fn note_earlier(
    names: &mut SqliteConnection,
    taken: &mut TakenNames,
    user: &User,
) -> QueryResult<()> {
    let earlier: Vec<(String, String, Option<String>)> = names::table
        .filter(
            (names::id
                .eq(user.id.as_str())
                .or(names::email.eq(user.email.folded())))
            .nullable()
            .or(names::username.eq(user.username.as_ref().map(Username::folded))),
        )
        .load(names)?;
    for (id, email, username) in earlier {
        taken.take(UserId::from_stored(id), email, username);
    }
    Ok(())
}

fn note(names: &mut SqliteConnection, user: &User) -> QueryResult<()> {
    diesel::insert_into(names::table)
        .values((
            names::id.eq(user.id.as_str()),
            names::email.eq(user.email.folded()),
            names::username.eq(user.username.as_ref().map(Username::folded)),
        ))
        .execute(names)?;
    Ok(())
}
