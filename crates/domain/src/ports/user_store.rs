//! The keeper of accounts.

use std::sync::Arc;

use async_trait::async_trait;

use super::StoreError;
use crate::error::Error;
use crate::model::{Change, Effect, Facts, Needs, Page, User, UserFilter, UserId, UserQuery};

/// Decides about a locked row: pure code of the domain.
///
/// `Fn`, because a deadlock runs it again; shared, because it may cross to a store's own thread.
pub type Decide = dyn Fn(&User, &Facts) -> Result<Change, Error> + Send + Sync;

/// Keeps accounts.
///
/// Reading:
/// - `find` compares ids byte for byte and gives accounts of any status.
/// - `find_by_login` gives the *enabled* accounts whose e-mail address or username equals the
///   identity without ASCII case; which of them is meant is decided by the domain. Nothing is
///   trimmed.
/// - `page` gives the accounts that pass the filter, sorted, from `offset` on, at most `limit`, and
///   how many pass in all; `count` gives that number alone.
/// - Rows that break today's rules are read all the same; one odd row never spoils a page.
///
/// Writing:
/// - `insert` and `update` commit the row together with its effects, or neither; the effects stand
///   in the outbox in the order given.
/// - E-mail addresses and usernames are unique without ASCII case among what is written; a row that
///   already breaks this stays readable and may change its other fields. The taken field is named;
///   where both are taken, the e-mail address is. Two writers racing for a name: one wins, the
///   other gets [`StoreError::Conflict`].
/// - `insert` refuses an id that exists.
/// - `update` locks the row (first all enabled administrators, if `needs` says so), calls `decide`
///   once the locks are held, writes what it said and returns the row as written. The facts hold
///   what was asked for and stay true until the commit. `decide` may run more than once; only the
///   last run counts. What it refuses comes back as [`StoreError::Refused`] and changes nothing.
/// - The id of a row cannot be changed. Each update that changes the row raises its version by one;
///   a change to nothing without effects writes nothing.
/// - `update` of an unknown id is [`StoreError::NotFound`].
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait UserStore: Send + Sync {
    /// The account with this id.
    async fn find(&self, id: &UserId) -> Result<Option<User>, StoreError>;

    /// The enabled accounts that somebody who types this may mean, at most 100; those that equal it
    /// exactly are among them.
    async fn find_by_login(&self, identity: &str) -> Result<Vec<User>, StoreError>;

    /// One page of accounts.
    async fn page(&self, query: &UserQuery) -> Result<Page<User>, StoreError>;

    /// How many accounts pass the filter.
    async fn count(&self, filter: &UserFilter) -> Result<u64, StoreError>;

    /// Adds an account.
    async fn insert(&self, user: User, effects: Vec<Effect>) -> Result<User, StoreError>;

    /// Changes an account as decided while it is locked.
    async fn update(
        &self,
        id: &UserId,
        needs: Needs,
        decide: Arc<Decide>,
    ) -> Result<User, StoreError>;
}
