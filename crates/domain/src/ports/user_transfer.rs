//! Accounts in bulk: out of a store, and into one.

use async_trait::async_trait;

use super::StoreError;
use crate::model::{Arrival, ImportOutcome, User, UserId};

/// Gives out all accounts, and takes any number in.
///
/// - `export` gives accounts of any status in the order of their ids, compared byte for byte: those
///   behind `after`, at most `limit`. Asked on behind the last one each time, it gives every account
///   that was there throughout exactly once. Odd rows are given as [`super::UserStore`] reads them.
/// - `begin_import` changes nothing that anybody else sees. Any number of imports may go on at once,
///   beside each other and beside all other calls.
#[async_trait]
pub trait UserTransfer: Send + Sync {
    /// The next accounts.
    async fn export(&self, after: Option<&UserId>, limit: u32) -> Result<Vec<User>, StoreError>;

    /// Begins to take accounts in.
    async fn begin_import(&self, mode: ImportMode) -> Result<Box<dyn UserImport>, StoreError>;
}

/// What an import does with what it would take in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportMode {
    /// Keeps it.
    Write,
    /// Only says what would become of it.
    DryRun,
}

/// An import that goes on.
///
/// - `add` judges the accounts one after the other by [`crate::model::TakenNames`], each as if those
///   before it that were imported, of this call and earlier ones, were there; the outcomes are in the
///   order of the accounts.
/// - What is imported is committed with its effects before `add` returns; of one call all or nothing.
///   The effects stand in the outbox in the order of the accounts. What was there already, or is
///   refused, changes nothing and adds no effects.
/// - No account comes to have the e-mail address or username of another, without ASCII case, whoever
///   else writes meanwhile through this port or [`super::UserStore`].
/// - A call that failed may be made again with the same accounts: what it had committed all the same
///   is then already there.
/// - A dry run gives the same outcomes and changes nothing that anybody else sees.
/// - `finish` makes quick again what the import let be slower, and may take long. An import that is
///   dropped instead keeps what was committed.
#[async_trait]
pub trait UserImport: Send {
    /// Takes accounts in, and says what became of each.
    async fn add(&mut self, accounts: &[Arrival]) -> Result<Vec<ImportOutcome>, StoreError>;

    /// Ends the import.
    async fn finish(self: Box<Self>) -> Result<(), StoreError>;
}
