//! Items that whoever committed them carries out himself.

use std::time::Duration;

use users_domain::model::EffectKind;
use users_domain::ports::{Claim, OutboxDepth};
use uuid::Uuid;

use super::{OutboxUnderTest, holder, item};
use crate::contract::calls::{POLLS, at_once, dropped_after};
use crate::contract::material::{effect_of, held_effect, hold_name};

/// The kind whose effects can be held.
const RELATION: EffectKind = EffectKind::Relation;
/// How long one is held here; shorter than a lease.
const HOLD: Duration = Duration::from_secs(5);
/// The finest step of time that an outbox can tell.
const STEP: Duration = Duration::from_micros(1);

impl OutboxUnderTest {
    /// Adds an effect that is held under the name of a number.
    async fn hold(&self, key: &str, number: u64) {
        let held = held_effect(key, number, self.now() + HOLD);
        self.outbox.add(vec![held]).await.unwrap();
    }

    async fn claim_relations(&self) -> Claim {
        let claim = self.outbox.claim(RELATION, &holder("first"), 1_000).await;
        claim.unwrap().expect("the lease is free")
    }

    /// Whose relations the first holder gets.
    async fn whose(&self) -> Vec<String> {
        let items = self.claim_relations().await.items.into_iter();
        items.map(|item| item.key).collect()
    }

    async fn settle_held(&self, number: u64) {
        let settled = self.outbox.settle_held(RELATION, hold_name(number));
        settled.await.unwrap();
    }

    async fn let_go(&self, number: u64) {
        let let_go = self.outbox.let_go(RELATION, hold_name(number));
        let_go.await.unwrap();
    }

    /// Whoever claimed these has carried them out.
    async fn carried_out(&self, claim: &Claim) {
        let ids: Vec<_> = claim.items.iter().map(|item| item.id).collect();
        let done = self.outbox.done(RELATION, claim.fence, &ids);
        done.await.unwrap();
    }

    async fn relations(&self) -> OutboxDepth {
        self.outbox.depth(RELATION).await.unwrap()
    }
}

pub async fn a_held_item_is_due_from_its_moment_on(subject: &OutboxUnderTest) {
    subject.hold("ada", 1).await;
    assert!(subject.whose().await.is_empty());
    subject.clock.advance(HOLD - STEP);
    assert!(subject.whose().await.is_empty());
    subject.clock.advance(STEP);
    let claim = subject.claim_relations().await;
    let due = item(&claim, 0);
    assert_eq!(claim.items.len(), 1);
    assert_eq!(due.attempts, 0);
    assert_eq!(due.effect, Ok(effect_of(RELATION, "ada", 0)));
    subject.carried_out(&claim).await;
    assert!(subject.whose().await.is_empty());
}

pub async fn a_held_item_holds_back_later_ones_of_its_key(subject: &OutboxUnderTest) {
    let relation = |key| effect_of(RELATION, key, 0);
    subject.outbox.add(vec![relation("ada")]).await.unwrap();
    subject.hold("ada", 1).await;
    subject.hold("mary", 2).await;
    let later = ["ada", "grace"].map(relation);
    subject.outbox.add(later.to_vec()).await.unwrap();
    assert_eq!(subject.whose().await, ["ada", "grace"]);
    subject.settle_held(1).await;
    assert_eq!(subject.whose().await, ["ada", "ada", "grace"]);
    subject.clock.advance(HOLD);
    assert_eq!(subject.whose().await, ["ada", "mary", "ada", "grace"]);
}

pub async fn a_held_item_counts_as_waiting(subject: &OutboxUnderTest) {
    let since = subject.now();
    subject.hold("ada", 1).await;
    subject.clock.advance(STEP);
    let waiting = OutboxDepth {
        pending: 1,
        parked: 0,
        oldest: Some(since),
    };
    assert_eq!(subject.relations().await, waiting);
    subject.let_go(1).await;
    assert_eq!(subject.relations().await, waiting);
}

pub async fn a_settled_item_that_was_held_is_gone(subject: &OutboxUnderTest) {
    // Whoever has the lease does not matter.
    let another = subject.outbox.claim(RELATION, &holder("another"), 10).await;
    let fence = another.unwrap().unwrap().fence;
    subject.hold("ada", 1).await;
    subject.settle_held(1).await;
    assert_eq!(subject.relations().await, OutboxDepth::default());
    // Again is no error, and neither is what comes too late.
    subject.settle_held(1).await;
    subject.let_go(1).await;
    subject.clock.advance(HOLD);
    subject.outbox.release(RELATION, fence).await.unwrap();
    assert!(subject.whose().await.is_empty());
    // The name is free again.
    subject.hold("ada", 1).await;
    assert_eq!(subject.relations().await.pending, 1);
}

pub async fn what_is_let_go_is_due_at_once_and_counts_no_attempt(subject: &OutboxUnderTest) {
    let another = subject.outbox.claim(RELATION, &holder("another"), 10).await;
    let fence = another.unwrap().unwrap().fence;
    subject.hold("ada", 1).await;
    subject.let_go(1).await;
    subject.outbox.release(RELATION, fence).await.unwrap();
    let claim = subject.claim_relations().await;
    assert_eq!(claim.items.len(), 1);
    assert_eq!(item(&claim, 0).attempts, 0);
    // Now it is everybody's.
    subject.settle_held(1).await;
    subject.let_go(1).await;
    assert_eq!(subject.whose().await, ["ada"]);
    subject.carried_out(&claim).await;
    assert_eq!(subject.relations().await, OutboxDepth::default());
}

pub async fn a_name_stands_for_its_own_item(subject: &OutboxUnderTest) {
    for number in 1..=3 {
        subject.hold("ada", number).await;
    }
    subject.hold("grace", 4).await;
    let free = effect_of(RELATION, "mary", 0);
    subject.outbox.add(vec![free]).await.unwrap();
    for kind in EffectKind::ALL.into_iter().filter(|kind| *kind != RELATION) {
        subject
            .outbox
            .settle_held(kind, hold_name(1))
            .await
            .unwrap();
        subject.outbox.let_go(kind, hold_name(1)).await.unwrap();
    }
    for name in [Uuid::nil(), Uuid::max(), hold_name(7)] {
        subject.outbox.settle_held(RELATION, name).await.unwrap();
        subject.outbox.let_go(RELATION, name).await.unwrap();
    }
    assert_eq!(subject.relations().await.pending, 5);
    assert_eq!(subject.whose().await, ["mary"]);
    subject.settle_held(2).await;
    subject.let_go(4).await;
    assert_eq!(subject.whose().await, ["grace", "mary"]);
    subject.clock.advance(HOLD);
    assert_eq!(subject.whose().await, ["ada", "ada", "grace", "mary"]);
}

pub async fn a_name_holds_one_item(subject: &OutboxUnderTest) {
    subject.hold("ada", 1).await;
    subject.clock.advance(HOLD - STEP);
    // It waits as it was added first.
    subject.hold("grace", 1).await;
    assert_eq!(subject.relations().await.pending, 1);
    subject.clock.advance(STEP);
    assert_eq!(subject.whose().await, ["ada"]);
}

pub async fn an_item_whose_moment_came_is_held_no_more(subject: &OutboxUnderTest) {
    subject.hold("ada", 1).await;
    subject.clock.advance(HOLD);
    subject.settle_held(1).await;
    subject.let_go(1).await;
    assert_eq!(subject.whose().await, ["ada"]);
}

pub async fn an_item_that_was_tried_is_held_no_more(subject: &OutboxUnderTest) {
    subject.hold("ada", 1).await;
    subject.hold("grace", 2).await;
    subject.clock.advance(HOLD);
    let claim = subject.claim_relations().await;
    let [ada, grace] = [0, 1].map(|position| item(&claim, position).id);
    let (outbox, fence) = (&subject.outbox, claim.fence);
    let later = subject.now() + HOLD;
    outbox.retry(RELATION, fence, ada, later).await.unwrap();
    outbox.park(RELATION, fence, grace, "no").await.unwrap();
    for number in 1..=2 {
        subject.let_go(number).await;
        subject.settle_held(number).await;
    }
    let depth = subject.relations().await;
    assert_eq!((depth.pending, depth.parked), (1, 1));
    assert!(subject.whose().await.is_empty());
    subject.clock.advance(HOLD);
    assert_eq!(item(&subject.claim_relations().await, 0).attempts, 1);
}

pub async fn of_many_words_about_a_held_item_at_once_each_does_no_harm(subject: &OutboxUnderTest) {
    for round in 0..20 {
        subject.hold("ada", round).await;
        subject.hold("grace", 100 + round).await;
        at_once((0..8).map(|number| {
            let outbox = subject.outbox.clone();
            async move {
                let ada = match number % 2 {
                    0 => outbox.settle_held(RELATION, hold_name(round)).await,
                    _ => outbox.let_go(RELATION, hold_name(round)).await,
                };
                ada.unwrap();
                let grace = outbox.let_go(RELATION, hold_name(100 + round)).await;
                grace.unwrap();
            }
        }))
        .await;
        let claim = subject.claim_relations().await;
        let mut keys: Vec<&str> = claim.items.iter().map(|item| item.key.as_str()).collect();
        // Whoever was first decided.
        keys.retain(|key| *key != "ada");
        assert_eq!(keys, ["grace"]);
        subject.carried_out(&claim).await;
        assert_eq!(subject.relations().await, OutboxDepth::default());
    }
}

pub async fn a_dropped_word_about_a_held_item_is_wholly_said_or_unsaid(subject: &OutboxUnderTest) {
    for (polls, number) in POLLS.into_iter().zip(0..) {
        let [settled, freed] = [number * 2, number * 2 + 1];
        subject.hold("settled", settled).await;
        subject.hold("let go", freed).await;
        let outbox = &subject.outbox;
        dropped_after(polls, outbox.settle_held(RELATION, hold_name(settled))).await;
        dropped_after(polls, outbox.let_go(RELATION, hold_name(freed))).await;
        let due = subject.whose().await;
        assert!(due.is_empty() || due == ["let go"], "{due:?}");
        assert!(polls > 0 || due.is_empty());
        // Whatever was not said can still be.
        subject.settle_held(settled).await;
        subject.let_go(freed).await;
        let claim = subject.claim_relations().await;
        assert_eq!(item(&claim, 0).effect, Ok(effect_of(RELATION, "let go", 0)));
        assert_eq!(subject.relations().await.pending, 1);
        subject.carried_out(&claim).await;
    }
}
