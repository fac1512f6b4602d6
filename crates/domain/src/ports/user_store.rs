//! The keeper of accounts.

use std::sync::Arc;

use async_trait::async_trait;

use super::StoreError;
use crate::error::Error;
use crate::model::{
    Change, CodePurpose, CodeRecord, DeletedAccount, Effect, Email, Facts, Needs, Page, Proof,
    Timestamp, User, UserFilter, UserId, UserQuery,
};

/// Decides about a locked row: pure code of the domain.
///
/// `Fn`, because a deadlock runs it again; shared, because it may cross to a store's own thread.
pub type Decide = dyn Fn(&User, &Facts) -> Result<Change, Error> + Send + Sync;

/// Most accounts that one login identity may mean.
pub const MAX_LOGIN_CANDIDATES: usize = 100;

/// Most ids that accounts are looked for by at once.
pub const MAX_FOUND_AT_ONCE: usize = 1000;

/// The same about a row that a mailed code opens, seeing what is kept of the code too.
pub type DecideWithCode = dyn Fn(&User, &CodeRecord) -> Result<Change, Error> + Send + Sync;

/// Decides whether a locked row goes for good, and what must follow if it does.
pub type DecidePurge = dyn Fn(&User) -> Result<Vec<Effect>, Error> + Send + Sync;

/// Keeps accounts, and the codes that were mailed to their holders.
///
/// Reading:
/// - `find` compares ids byte for byte and gives accounts of any status.
/// - `find_all` gives those of the accounts with these ids that there are: each once, of any status,
///   in any order. Callers give at most [`MAX_FOUND_AT_ONCE`].
/// - `find_by_login` gives the *enabled* accounts whose e-mail address or username equals the
///   identity without ASCII case; which of them is meant is decided by the domain. Nothing is
///   trimmed.
/// - `page` gives the accounts that pass the filter, sorted, from the query's position on, at most
///   `limit`, whether more follow, and how many pass in all; `count` gives that number alone. Behind
///   a cursor come those that sort after its key and id as they are now; the account it names need
///   not be there any more.
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
///
/// Going for good:
/// - `deleted_before` gives the accounts with status deleted that have been so since the cutoff or
///   longer ([`DeletedAccount::of`] says since when), and those of which that is not known, in the
///   order of their ids byte for byte: those behind `after`, at most `limit`. Asked on behind the
///   last one each time, it gives every one that was there throughout exactly once.
/// - `purge` locks the row and calls `decide`, as `update` does. The row goes with all its codes,
///   adopted ones too, and its sessions, where the store keeps them, and the effects are committed:
///   all of it or nothing. Its names and its id are free then. Of any number of calls at once one
///   says that it removed the row; where there is none the answer is `false`.
/// - What `decide` refuses comes back as [`StoreError::Refused`] and changes nothing. A row that
///   something of others beside it does not let go (a foreign key, a trigger) is
///   [`StoreError::Held`], and nothing changes.
///
/// Codes:
/// - `add_code` keeps a code for an account that is there ([`StoreError::NotFound`] otherwise).
///   Several of one account and purpose are good at a time.
/// - `find_code` gives what is kept of a code of that purpose that was not used or voided, expired
///   or not; it changes nothing.
/// - `last_code_at` says when the newest code was made of those of an account and a purpose that went
///   to that address, without ASCII case, and were not removed yet, good or not.
/// - `redeem` locks the account and the code, calls `decide` as `update` does, writes what it said
///   and uses the code up, together or not at all. Of any number of calls with one code, at once or
///   in turn, at most one succeeds; the others are [`StoreError::NotFound`], as is a code that
///   `find_code` would not give. What `decide` refuses leaves the code good.
/// - A redeemed code voids all others of its account and purpose. A change of the e-mail address
///   voids all codes of the account; one of the password hash or the status those that set a new
///   password.
/// - `remove_expired_codes` removes at most `limit` codes that expired, were used or voided, and
///   says how many.
///
/// Codes that the deployed service mailed ([`Proof::Adopted`]), on a database taken over from it:
/// - They verify addresses ([`CodePurpose::VerifyEmail`]); for another purpose they are not found.
/// - Of the rows of an account and an address, both byte for byte, the newest alone counts, and one
///   that does not say when it was made is the newest. It is good if it says when it was made and
///   when it expires, was not used, and holds the code that is shown.
/// - `find_code` and `redeem` treat a good one as a code of ours: expired or not, once, together
///   with what it allows, or not at all. `decide` sees the account, address and times of the row.
/// - A redeemed code, adopted or ours, voids the others of its account and purpose, ours and
///   adopted ones. An adopted code that is redeemed or voided is used for the deployed service too,
///   by the same commit.
/// - A change of the e-mail address leaves them as they are: the address that they went to is not
///   the account's any more, so `decide` refuses them.
/// - `last_code_at` and `remove_expired_codes` leave them out: they are not ours to count or remove.
/// - A store that adopted nothing finds none.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait UserStore: Send + Sync {
    /// The account with this id.
    async fn find(&self, id: &UserId) -> Result<Option<User>, StoreError>;

    /// The accounts with these ids.
    async fn find_all(&self, ids: &[UserId]) -> Result<Vec<User>, StoreError>;

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

    /// The next accounts that have been deleted long enough, or nobody knows since when.
    async fn deleted_before(
        &self,
        cutoff: Timestamp,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<DeletedAccount>, StoreError>;

    /// Removes an account for good, as decided while it is locked.
    async fn purge(&self, id: &UserId, decide: Arc<DecidePurge>) -> Result<bool, StoreError>;

    /// Keeps a code that is about to be mailed.
    async fn add_code(&self, code: CodeRecord) -> Result<(), StoreError>;

    /// What is kept of a code that is good.
    async fn find_code(
        &self,
        proof: &Proof,
        purpose: CodePurpose,
    ) -> Result<Option<CodeRecord>, StoreError>;

    /// When a code was mailed last.
    async fn last_code_at(
        &self,
        user: &UserId,
        purpose: CodePurpose,
        email: &Email,
    ) -> Result<Option<Timestamp>, StoreError>;

    /// Changes the account that a code opens, as decided while both are locked, and uses the code
    /// up.
    async fn redeem(
        &self,
        proof: &Proof,
        purpose: CodePurpose,
        decide: Arc<DecideWithCode>,
    ) -> Result<User, StoreError>;

    /// Clears away codes that are of no use any more.
    async fn remove_expired_codes(&self, limit: u32) -> Result<u32, StoreError>;
}
