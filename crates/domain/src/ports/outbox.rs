//! What must leave the process, kept until it has.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::StoreError;
use crate::model::{Effect, EffectKind, Timestamp, UnknownEffect};

/// How long a claim keeps other holders away.
pub const LEASE: Duration = Duration::from_secs(10);

/// Keeps effects until they are carried out; any number of replicas may share one.
///
/// - `add` commits all effects or none.
/// - An effect whose record has a `once` name adds nothing while a record of the same kind and name
///   is pending, here and where the user store commits effects; one that was parked or is done is
///   not pending. Of any number of such calls at once, one adds.
/// - Items of one kind and key are claimed in the order in which they were added (or committed by
///   the user store). An item that waits for its retry holds back later items of its own key and no
///   others; kinds never hold back each other.
/// - One holder a kind at a time: `claim` gives `None` while another holder's lease runs. A claim
///   renews the holder's lease for [`LEASE`] from now; a lease that ran out may be taken by anybody.
/// - Every change of holder raises the fence. `done`, `retry` and `park` with a fence that is not
///   the current one, or whose lease was taken over, change nothing and answer
///   [`StoreError::LeaseLost`].
/// - `claim` returns at most `limit` items that are due now, in order, and does not remove them;
///   the same holder that claims again without settling sees them again.
/// - `done` removes items, all or none; settling an item that is gone is no error.
/// - `retry` counts an attempt and makes the item due at the given moment; `park` puts it aside for
///   good: it is never claimed again, counts as parked, and no longer holds back its key.
/// - An effect with a [`Hold`](crate::model::Hold) is held from its commit until the moment that the
///   hold says: no claim gives it out before, and like an item that waits for its retry it holds back
///   later items of its own key. From that moment on it is an item like any other.
/// - `settle_held` removes the item of a kind that is held under a name, and `let_go` makes it due at
///   once, without an attempt counted. Neither needs a lease. What is not held under that name (any
///   more) stays as it is, which is no error.
/// - A record that this program cannot read is claimed as [`UnknownEffect`], never dropped.
/// - `release` ends the holder's lease at once, so that another replica need not wait for it.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Adds effects that no row change causes.
    async fn add(&self, effects: Vec<Effect>) -> Result<(), StoreError>;

    /// Takes or renews the lease of a kind and returns what is due.
    async fn claim(
        &self,
        kind: EffectKind,
        holder: &LeaseHolder,
        limit: u32,
    ) -> Result<Option<Claim>, StoreError>;

    /// These items are carried out.
    async fn done(
        &self,
        kind: EffectKind,
        fence: Fence,
        items: &[OutboxItemId],
    ) -> Result<(), StoreError>;

    /// The item shall be tried again at `due_at`.
    async fn retry(
        &self,
        kind: EffectKind,
        fence: Fence,
        item: OutboxItemId,
        due_at: Timestamp,
    ) -> Result<(), StoreError>;

    /// The item can never be carried out.
    async fn park(
        &self,
        kind: EffectKind,
        fence: Fence,
        item: OutboxItemId,
        reason: &str,
    ) -> Result<(), StoreError>;

    /// The effect that is held under this name is carried out.
    async fn settle_held(&self, kind: EffectKind, name: Uuid) -> Result<(), StoreError>;

    /// Whoever held the effect under this name leaves it to everybody.
    async fn let_go(&self, kind: EffectKind, name: Uuid) -> Result<(), StoreError>;

    /// Gives the lease back.
    async fn release(&self, kind: EffectKind, fence: Fence) -> Result<(), StoreError>;

    /// How much waits.
    async fn depth(&self, kind: EffectKind) -> Result<OutboxDepth, StoreError>;
}

/// Names a holder of leases; unique for each relay in each process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseHolder(String);

impl LeaseHolder {
    /// Takes a name.
    pub fn new(name: String) -> Self {
        Self(name)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The number of a lease: greater than that of every earlier one of the same kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fence(pub i64);

/// The number of an item, unique in an outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutboxItemId(pub i64);

/// What a holder got.
#[derive(Debug, Clone)]
pub struct Claim {
    /// To be shown when settling items.
    pub fence: Fence,
    /// What is due, in order.
    pub items: Vec<OutboxItem>,
}

/// Something to carry out.
#[derive(Debug, Clone)]
pub struct OutboxItem {
    /// Its number.
    pub id: OutboxItemId,
    /// Its key: later items of the same key wait for it.
    pub key: String,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// When it was added.
    pub added_at: Timestamp,
    /// What to do.
    pub effect: Result<Effect, UnknownEffect>,
}

/// How much of a kind waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutboxDepth {
    /// Items to be carried out, those waiting for a retry too.
    pub pending: u64,
    /// Items put aside for good.
    pub parked: u64,
    /// When the oldest pending item was added.
    pub oldest: Option<Timestamp>,
}
