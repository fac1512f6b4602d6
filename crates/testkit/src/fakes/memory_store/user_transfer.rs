//! Accounts in bulk: the port `UserTransfer`.

use std::ops::Bound;

use async_trait::async_trait;
use users_domain::model::{Arrival, ImportOutcome, TakenNames, User, UserId, Username};
use users_domain::ports::{ImportMode, StoreError, UserImport, UserTransfer};

use super::MemoryStore;

/// An import into a store in memory. It looks at every account for each call.
struct MemoryImport {
    store: MemoryStore,
    mode: ImportMode,
    /// What a dry run would have imported so far.
    planned: Vec<User>,
}

#[async_trait]
impl UserTransfer for MemoryStore {
    async fn export(&self, after: Option<&UserId>, limit: u32) -> Result<Vec<User>, StoreError> {
        let state = self.state();
        let behind = match after {
            Some(id) => Bound::Excluded(id),
            None => Bound::Unbounded,
        };
        let behind = state.users.range((behind, Bound::Unbounded));
        let accounts = behind.map(|(_, user)| user.clone());
        Ok(accounts.take(limit as usize).collect())
    }

    async fn begin_import(&self, mode: ImportMode) -> Result<Box<dyn UserImport>, StoreError> {
        Ok(Box::new(MemoryImport {
            store: self.clone(),
            mode,
            planned: Vec::new(),
        }))
    }
}

#[async_trait]
impl UserImport for MemoryImport {
    async fn add(&mut self, accounts: &[Arrival]) -> Result<Vec<ImportOutcome>, StoreError> {
        let mut state = self.store.state();
        let mut taken = TakenNames::new();
        for user in state.users.values().chain(&self.planned) {
            let username = user.username.as_ref().map(Username::folded);
            taken.take(user.id.clone(), user.email.folded(), username);
        }
        let mut outcomes = Vec::new();
        for arrival in accounts {
            let outcome = taken.judge(arrival);
            let Arrival { user, effects, .. } = arrival;
            match (outcome, self.mode) {
                (ImportOutcome::Imported, ImportMode::Write) => {
                    state.users.insert(user.id.clone(), user.clone());
                    state.backlog.append(effects, self.store.clock.now());
                }
                (ImportOutcome::Imported, ImportMode::DryRun) => self.planned.push(user.clone()),
                (ImportOutcome::AlreadyThere | ImportOutcome::Refused(_), _) => {}
            }
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    async fn finish(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}
