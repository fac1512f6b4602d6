//! A whole store in memory: accounts, codes, outbox and sessions behind one lock.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use users_domain::model::{
    Effect, EffectKind, EffectRecord, RefreshSession, TokenId, UnknownEffect, User, UserId,
};
use users_domain::ports::{Clock, OutboxItemId};

mod adopted_codes;
mod codes;
mod outbox;
mod refresh_tokens;
mod selection;
mod snapshot;
mod user_store;
mod user_transfer;

use outbox::Backlog;

pub use adopted_codes::AdoptedRow;
pub use codes::KeptCode;
pub use snapshot::InvalidSnapshot;

/// Keeps accounts, codes, effects and sessions as long as the process lives; clones share them.
///
/// A real store for small programs too: it keeps every sentence of the contracts of `UserStore`,
/// `UserTransfer`, `Outbox` and `RefreshTokenStore`. Names are looked for one account after the other, which is
/// quick for thousands of accounts and slow for millions.
///
/// Every call is carried out at once under one lock, which is never held while waiting; so a dropped
/// call is either done or was never begun. A decision of `update` or `redeem` runs under the lock and
/// must not call the store.
#[derive(Clone)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct State {
    users: BTreeMap<UserId, User>,
    /// By the digest in hexadecimal digits.
    codes: BTreeMap<String, KeptCode>,
    adopted_codes: Vec<AdoptedRow>,
    backlog: Backlog,
    sessions: BTreeMap<TokenId, RefreshSession>,
}

/// Something put aside for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedItem {
    /// Its number.
    pub id: OutboxItemId,
    /// What was to be done.
    pub effect: Result<Effect, UnknownEffect>,
    /// Why it can never be done.
    pub reason: String,
}

impl MemoryStore {
    /// An empty store.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            state: Arc::default(),
            clock,
        }
    }

    /// Places an account as an older program may have left it: no rule is checked, an account of
    /// the same id is replaced.
    pub fn put(&self, user: User) {
        self.state().users.insert(user.id.clone(), user);
    }

    /// Places a code as the deployed service keeps those that it mailed.
    pub fn put_adopted(&self, row: AdoptedRow) {
        self.state().adopted_codes.push(row);
    }

    /// Places an effect as another version of the program may have left it.
    pub fn put_record(&self, record: EffectRecord) {
        let now = self.clock.now();
        self.state().backlog.append_record(record, now);
    }

    /// All accounts, by id.
    pub fn users(&self) -> Vec<User> {
        self.state().users.values().cloned().collect()
    }

    /// All codes that were not cleared away, by digest: good, expired, used and voided ones.
    pub fn codes(&self) -> Vec<KeptCode> {
        self.state().codes.values().cloned().collect()
    }

    /// All codes that were placed as the deployed service keeps them, in that order.
    pub fn adopted_codes(&self) -> Vec<AdoptedRow> {
        self.state().adopted_codes.clone()
    }

    /// All effects of a kind that are still to be carried out, in the order in which they were
    /// committed.
    pub fn effects(&self, kind: EffectKind) -> Vec<Result<Effect, UnknownEffect>> {
        self.state().backlog.pending(kind)
    }

    /// All effects of a kind that were put aside, in the order in which they were committed.
    pub fn parked(&self, kind: EffectKind) -> Vec<ParkedItem> {
        self.state().backlog.parked(kind)
    }

    /// All sessions that were neither ended nor removed, by id; expired ones too.
    pub fn sessions(&self) -> Vec<RefreshSession> {
        self.state().sessions.values().cloned().collect()
    }

    /// Everything that is kept, as JSON text: equal states give equal texts.
    pub fn snapshot(&self) -> String {
        snapshot::write(&self.state())
    }

    /// Replaces everything that is kept by what a snapshot says.
    pub fn restore(&self, snapshot: &str) -> Result<(), InvalidSnapshot> {
        *self.state() = snapshot::read(snapshot)?;
        Ok(())
    }

    /// A decision that panics changed nothing before it did, so the state is good all the same.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
