//! What is claimed, and in which order.

use std::time::Duration;

use users_domain::model::{EffectKind, EffectRecord, UnknownEffect};
use users_domain::ports::{Clock as _, LEASE, LeaseHolder};

use super::{KIND, OutboxUnderTest, holder, item};
use crate::contract::calls::at_once;
use crate::contract::material::effect_of;

pub async fn an_effect_is_claimed_as_it_was_added(subject: &OutboxUnderTest) {
    for kind in EffectKind::ALL {
        let key = "a key, 'quoted' \"twice\" \\ ключ";
        let effects: Vec<_> = (0..3).map(|number| effect_of(kind, key, number)).collect();
        subject.outbox.add(effects.clone()).await.unwrap();
        let added_at = subject.clock.now();
        subject.clock.advance(Duration::from_secs(1));
        let claim = subject.outbox.claim(kind, &holder("first"), 10).await;
        let items = claim.unwrap().unwrap().items;
        for (item, effect) in items.iter().zip(&effects) {
            assert_eq!(item.effect.as_ref(), Ok(effect));
            assert_eq!((item.key.as_str(), item.attempts), (key, 0));
            assert_eq!(item.added_at, added_at);
        }
        assert_eq!(items.len(), effects.len());
    }
}

pub async fn items_are_claimed_in_the_order_in_which_they_were_added(subject: &OutboxUnderTest) {
    subject.add(&["b", "a", "b"]).await;
    subject.add(&[]).await;
    subject.add(&["c", "a"]).await;
    assert_eq!(subject.keys().await, ["b", "a", "b", "c", "a"]);
    let claim = subject.claim().await;
    assert!(claim.items.is_sorted_by(|one, next| one.id < next.id));
}

pub async fn a_claim_takes_no_more_than_its_limit_and_in_order(subject: &OutboxUnderTest) {
    subject.add(&["a", "b", "c", "d", "e"]).await;
    let mut taken = Vec::new();
    for limit in [1, 2, 1_000] {
        let claim = subject.try_claim("first", limit).await.unwrap();
        assert!(claim.items.len() <= limit as usize);
        for item in &claim.items {
            taken.push(item.key.clone());
            subject
                .outbox
                .done(KIND, claim.fence, &[item.id])
                .await
                .unwrap();
        }
    }
    assert_eq!(taken, ["a", "b", "c", "d", "e"]);
}

pub async fn a_claim_of_nothing_gives_the_lease_alone(subject: &OutboxUnderTest) {
    subject.add(&["a"]).await;
    let claim = subject.try_claim("first", 0).await.unwrap();
    assert!(claim.items.is_empty());
    assert!(subject.try_claim("second", 10).await.is_none());
    // The fence of such a claim settles what was claimed before or after it.
    let first = item(&subject.claim().await, 0).id;
    subject
        .outbox
        .done(KIND, claim.fence, &[first])
        .await
        .unwrap();
}

pub async fn a_claim_of_a_kind_without_items_is_empty(subject: &OutboxUnderTest) {
    for kind in EffectKind::ALL {
        let claim = subject.outbox.claim(kind, &holder("first"), 10).await;
        assert!(claim.unwrap().unwrap().items.is_empty());
    }
}

pub async fn a_claim_removes_nothing(subject: &OutboxUnderTest) {
    subject.add(&["a", "b"]).await;
    let first = subject.claim().await;
    for _ in 0..3 {
        let again = subject.claim().await;
        for position in 0..2 {
            assert_eq!(item(&again, position).id, item(&first, position).id);
            assert_eq!(item(&again, position).attempts, 0);
        }
    }
}

pub async fn what_is_added_at_once_keeps_the_order_of_each_key(subject: &OutboxUnderTest) {
    const EACH: u64 = 20;
    at_once((0..8).map(|adder| {
        let outbox = subject.outbox.clone();
        async move {
            let key = format!("key {adder}");
            for pair in 0..EACH / 2 {
                let effects = vec![
                    effect_of(KIND, &key, pair * 2),
                    effect_of(KIND, &key, pair * 2 + 1),
                ];
                outbox.add(effects).await.unwrap();
            }
        }
    }))
    .await;
    let items = subject.claim().await.items;
    assert_eq!(items.len() as u64, 8 * EACH);
    for adder in 0..8 {
        let key = format!("key {adder}");
        let of_key = items.iter().filter(|item| item.key == key);
        let effects: Vec<_> = of_key.map(|item| item.effect.clone().unwrap()).collect();
        let added: Vec<_> = (0..EACH)
            .map(|number| effect_of(KIND, &key, number))
            .collect();
        assert_eq!(effects, added);
    }
}

pub async fn kinds_never_hold_back_each_other(subject: &OutboxUnderTest) {
    let outbox = &subject.outbox;
    for kind in EffectKind::ALL {
        outbox.add(vec![effect_of(kind, "a", 0)]).await.unwrap();
    }
    for kind in EffectKind::ALL {
        // A holder of his own for each kind; each finds his item, though those of the kinds before
        // are still there and held.
        let me: LeaseHolder = holder(kind.as_str());
        let claim = outbox.claim(kind, &me, 10).await.unwrap().unwrap();
        assert_eq!(claim.items.len(), 1);
        let later = subject.now() + LEASE;
        let waiting = item(&claim, 0).id;
        outbox
            .retry(kind, claim.fence, waiting, later)
            .await
            .unwrap();
        assert_eq!(outbox.depth(kind).await.unwrap().pending, 1);
    }
}

pub async fn an_unreadable_record_is_claimed_as_unknown_in_its_turn(subject: &OutboxUnderTest) {
    let Some(put_record) = &subject.put_record else {
        return;
    };
    subject.add(&["a"]).await;
    let records = [(99, "{}"), (1, "no json"), (1, ""), (0, "[1]"), (-1, "{}")];
    for (format, payload) in records {
        put_record(EffectRecord {
            kind: KIND,
            key: "a".to_owned(),
            once: None,
            held_until: None,
            format,
            payload: payload.to_owned(),
        });
    }
    subject.add(&["a"]).await;
    let claim = subject.claim().await;
    assert_eq!(claim.items.len(), records.len() + 2);
    for (item, (format, _)) in claim.items[1..].iter().zip(records) {
        let unknown: &UnknownEffect = item.effect.as_ref().unwrap_err();
        assert_eq!((unknown.kind, unknown.format), (KIND.as_str(), format));
        assert_eq!(item.key, "a");
    }
    for item in &claim.items[1..=records.len()] {
        let parked = subject
            .outbox
            .park(KIND, claim.fence, item.id, "unreadable");
        parked.await.unwrap();
    }
    let depth = subject.outbox.depth(KIND).await.unwrap();
    assert_eq!((depth.pending, depth.parked), (2, records.len() as u64));
}
