//! What must leave the process: the port `Outbox`.

use std::collections::{BTreeMap, HashMap, HashSet};

use async_trait::async_trait;
use users_domain::model::{Effect, EffectKind, EffectRecord, Timestamp, UnknownEffect};
use users_domain::ports::{
    Claim, Fence, LEASE, LeaseHolder, Outbox, OutboxDepth, OutboxItem, OutboxItemId, StoreError,
};
use uuid::Uuid;

use super::{MemoryStore, ParkedItem};

/// Effects in the order in which they were committed, and who carries them out.
#[derive(Default)]
pub(super) struct Backlog {
    pub(super) items: BTreeMap<i64, Item>,
    /// The number given last: numbers of items that are gone never come again.
    pub(super) last: i64,
    pub(super) leases: HashMap<EffectKind, Lease>,
}

pub(super) struct Item {
    pub(super) record: EffectRecord,
    pub(super) added_at: Timestamp,
    pub(super) attempts: u32,
    pub(super) due_at: Option<Timestamp>,
    /// Why it is put aside, if it is.
    pub(super) parked: Option<String>,
}

pub(super) struct Lease {
    /// `None` once it was given back.
    pub(super) holder: Option<String>,
    pub(super) fence: i64,
    pub(super) ends_at: Timestamp,
}

impl Backlog {
    pub(super) fn append(&mut self, effects: &[Effect], now: Timestamp) {
        for effect in effects {
            self.append_record(effect.to_record(), now);
        }
    }

    /// Adds a record, unless it shall wait once only and does so already.
    pub(super) fn append_record(&mut self, record: EffectRecord, now: Timestamp) {
        let waits_already = record.once.is_some()
            && self
                .waiting(record.kind)
                .any(|(_, item)| item.record.once == record.once);
        if waits_already {
            return;
        }
        self.last += 1;
        let item = Item {
            due_at: record.held_until,
            record,
            added_at: now,
            attempts: 0,
            parked: None,
        };
        self.items.insert(self.last, item);
    }

    pub(super) fn pending(&self, kind: EffectKind) -> Vec<Result<Effect, UnknownEffect>> {
        self.waiting(kind)
            .map(|(_, item)| Effect::from_record(&item.record))
            .collect()
    }

    pub(super) fn parked(&self, kind: EffectKind) -> Vec<ParkedItem> {
        let items = self.of_kind(kind).filter_map(|(number, item)| {
            Some(ParkedItem {
                id: OutboxItemId(number),
                effect: Effect::from_record(&item.record),
                reason: item.parked.clone()?,
            })
        });
        items.collect()
    }

    fn of_kind(&self, kind: EffectKind) -> impl Iterator<Item = (i64, &Item)> {
        self.items
            .iter()
            .filter(move |(_, item)| item.record.kind == kind)
            .map(|(number, item)| (*number, item))
    }

    /// What is not put aside.
    fn waiting(&self, kind: EffectKind) -> impl Iterator<Item = (i64, &Item)> {
        self.of_kind(kind).filter(|(_, item)| item.parked.is_none())
    }

    /// Takes or renews the lease, or answers `None` while another holder's runs.
    fn take_lease(&mut self, kind: EffectKind, holder: &str, now: Timestamp) -> Option<Fence> {
        let latest = now + LEASE;
        let fence = match self.leases.get(&kind) {
            None => 1,
            Some(lease) if lease.holder.as_deref() == Some(holder) => lease.fence,
            // A lease that would run longer than any can was given before the clock was set back.
            Some(lease)
                if lease.holder.is_some() && now < lease.ends_at && lease.ends_at <= latest =>
            {
                return None;
            }
            Some(lease) => lease.fence + 1,
        };
        let lease = Lease {
            holder: Some(holder.to_owned()),
            fence,
            ends_at: latest,
        };
        self.leases.insert(kind, lease);
        Some(Fence(fence))
    }

    /// What is due and not held back by an earlier item of its key that waits for its retry.
    fn due(&self, kind: EffectKind, now: Timestamp, limit: u32) -> Vec<OutboxItem> {
        let mut held_back = HashSet::new();
        let mut due = Vec::new();
        for (number, item) in self.waiting(kind) {
            if due.len() >= limit as usize {
                break;
            }
            let key = item.record.key.as_str();
            if item.due_at.is_some_and(|due_at| due_at > now) {
                held_back.insert(key);
            } else if !held_back.contains(key) {
                due.push(OutboxItem {
                    id: OutboxItemId(number),
                    key: key.to_owned(),
                    attempts: item.attempts,
                    added_at: item.added_at,
                    effect: Effect::from_record(&item.record),
                });
            }
        }
        due
    }

    /// The item that is held under a name.
    fn held(&self, kind: EffectKind, name: Uuid, now: Timestamp) -> Option<i64> {
        let name = name.to_string();
        let mut waiting = self.waiting(kind);
        let held = waiting.find(|(_, item)| {
            item.record.once.as_ref() == Some(&name)
                && item.attempts == 0
                && item.due_at.is_some_and(|due_at| due_at > now)
        });
        held.map(|(number, _)| number)
    }

    /// Lets only the present holder go on. A lease that ran out but was not taken over is still his.
    fn show_fence(&self, kind: EffectKind, fence: Fence) -> Result<(), StoreError> {
        match self.leases.get(&kind) {
            Some(lease) if lease.holder.is_some() && lease.fence == fence.0 => Ok(()),
            _ => Err(StoreError::LeaseLost),
        }
    }

    /// Changes an item that is there and not put aside, if the fence is the current one.
    fn settle(
        &mut self,
        kind: EffectKind,
        fence: Fence,
        item: OutboxItemId,
        settle: impl FnOnce(&mut Item),
    ) -> Result<(), StoreError> {
        self.show_fence(kind, fence)?;
        let waiting = self
            .items
            .get_mut(&item.0)
            .filter(|item| item.record.kind == kind && item.parked.is_none());
        if let Some(item) = waiting {
            settle(item);
        }
        Ok(())
    }
}

#[async_trait]
impl Outbox for MemoryStore {
    async fn add(&self, effects: Vec<Effect>) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.state().backlog.append(&effects, now);
        Ok(())
    }

    async fn claim(
        &self,
        kind: EffectKind,
        holder: &LeaseHolder,
        limit: u32,
    ) -> Result<Option<Claim>, StoreError> {
        let now = self.clock.now();
        let backlog = &mut self.state().backlog;
        let fence = backlog.take_lease(kind, holder.as_str(), now);
        Ok(fence.map(|fence| Claim {
            fence,
            items: backlog.due(kind, now, limit),
        }))
    }

    async fn done(
        &self,
        kind: EffectKind,
        fence: Fence,
        items: &[OutboxItemId],
    ) -> Result<(), StoreError> {
        let backlog = &mut self.state().backlog;
        backlog.show_fence(kind, fence)?;
        for item in items {
            if backlog
                .items
                .get(&item.0)
                .is_some_and(|item| item.record.kind == kind)
            {
                backlog.items.remove(&item.0);
            }
        }
        Ok(())
    }

    async fn retry(
        &self,
        kind: EffectKind,
        fence: Fence,
        item: OutboxItemId,
        due_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.state().backlog.settle(kind, fence, item, |item| {
            item.attempts = item.attempts.saturating_add(1);
            item.due_at = Some(due_at);
        })
    }

    async fn park(
        &self,
        kind: EffectKind,
        fence: Fence,
        item: OutboxItemId,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.state().backlog.settle(kind, fence, item, |item| {
            item.parked = Some(reason.to_owned());
        })
    }

    async fn settle_held(&self, kind: EffectKind, name: Uuid) -> Result<(), StoreError> {
        let now = self.clock.now();
        let backlog = &mut self.state().backlog;
        if let Some(held) = backlog.held(kind, name, now) {
            backlog.items.remove(&held);
        }
        Ok(())
    }

    async fn let_go(&self, kind: EffectKind, name: Uuid) -> Result<(), StoreError> {
        let now = self.clock.now();
        let backlog = &mut self.state().backlog;
        let held = backlog.held(kind, name, now);
        if let Some(item) = held.and_then(|held| backlog.items.get_mut(&held)) {
            item.due_at = None;
        }
        Ok(())
    }

    async fn release(&self, kind: EffectKind, fence: Fence) -> Result<(), StoreError> {
        let backlog = &mut self.state().backlog;
        if let Some(lease) = backlog.leases.get_mut(&kind)
            && lease.fence == fence.0
        {
            // The fence stays: the next holder's is greater.
            lease.holder = None;
        }
        Ok(())
    }

    async fn depth(&self, kind: EffectKind) -> Result<OutboxDepth, StoreError> {
        let backlog = &self.state().backlog;
        let oldest = backlog.waiting(kind).next();
        Ok(OutboxDepth {
            pending: backlog.waiting(kind).count() as u64,
            parked: (backlog.of_kind(kind).count() - backlog.waiting(kind).count()) as u64,
            oldest: oldest.map(|(_, item)| item.added_at),
        })
    }
}
