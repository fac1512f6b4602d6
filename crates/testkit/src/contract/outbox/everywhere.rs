//! What holds for every port: any runtime, dropped calls, an outage.

use users_domain::ports::{OutboxItemId, StoreError};

use super::{KIND, OutboxUnderTest, holder, item};
use crate::contract::calls::{POLLS, dropped_after, on_a_bare_runtime};
use crate::contract::material::{assert_away, effect_of, hold_name};

pub async fn it_serves_a_bare_runtime(subject: &OutboxUnderTest) {
    let (outbox, now) = (subject.outbox.clone(), subject.now());
    on_a_bare_runtime(async move || {
        let effects = ["a", "b", "c"].map(|key| effect_of(KIND, key, 0));
        outbox.add(effects.to_vec()).await.unwrap();
        let claim = outbox.claim(KIND, &holder("bare"), 10).await;
        let claim = claim.unwrap().unwrap();
        let [a, b, c] = [0, 1, 2].map(|position| item(&claim, position).id);
        outbox.done(KIND, claim.fence, &[a]).await.unwrap();
        outbox.retry(KIND, claim.fence, b, now).await.unwrap();
        outbox.park(KIND, claim.fence, c, "reason").await.unwrap();
        outbox.settle_held(KIND, hold_name(1)).await.unwrap();
        outbox.let_go(KIND, hold_name(1)).await.unwrap();
        assert_eq!(outbox.depth(KIND).await.unwrap().pending, 1);
        outbox.release(KIND, claim.fence).await.unwrap();
    })
    .await;
    assert_eq!(subject.keys().await, ["b"]);
}

pub async fn a_dropped_addition_is_wholly_done_or_undone(subject: &OutboxUnderTest) {
    for polls in POLLS {
        let key = format!("dropped after {polls}");
        let effects = (0..5).map(|number| effect_of(KIND, &key, number)).collect();
        let done = dropped_after(polls, subject.outbox.add(effects)).await;
        let there = subject
            .keys()
            .await
            .iter()
            .filter(|one| **one == key)
            .count();
        assert!(there == 5 || (there == 0 && done.is_none()), "{there} of 5");
        assert!(
            polls > 0 || there == 0,
            "a call does nothing before it is polled"
        );
    }
}

pub async fn a_dropped_settlement_is_wholly_done_or_undone(subject: &OutboxUnderTest) {
    for polls in POLLS {
        subject.add(&["done", "retry", "park"]).await;
        let claim = subject.claim().await;
        let [done, retry, park] = [0, 1, 2].map(|position| item(&claim, position).id);
        let (outbox, fence) = (&subject.outbox, claim.fence);
        dropped_after(polls, outbox.done(KIND, fence, &[done])).await;
        dropped_after(polls, outbox.retry(KIND, fence, retry, subject.now())).await;
        dropped_after(polls, outbox.park(KIND, fence, park, "reason")).await;
        for item in subject.claim().await.items {
            // Whatever is left is as it was, but for the one retry.
            assert!(item.attempts == 0 || (item.id == retry && item.attempts == 1));
        }
        for id in [done, retry, park] {
            outbox.done(KIND, fence, &[id]).await.unwrap();
        }
        assert!(subject.keys().await.is_empty());
    }
}

pub async fn a_dropped_claim_does_no_harm(subject: &OutboxUnderTest) {
    subject.add(&["a", "b"]).await;
    for polls in POLLS {
        let me = holder("first");
        dropped_after(polls, subject.outbox.claim(KIND, &me, 10)).await;
        assert_eq!(subject.keys().await, ["a", "b"]);
    }
}

pub async fn away_it_answers_unavailable(subject: &OutboxUnderTest) {
    let Some(go_away) = &subject.go_away else {
        return;
    };
    subject.add(&["a"]).await;
    let claim = subject.claim().await;
    go_away();
    let (outbox, fence, id) = (&subject.outbox, claim.fence, item(&claim, 0).id);
    let settled: [Result<(), StoreError>; 7] = [
        outbox.add(vec![effect_of(KIND, "b", 1)]).await,
        outbox.done(KIND, fence, &[id]).await,
        outbox
            .retry(KIND, fence, OutboxItemId(7), subject.now())
            .await,
        outbox.park(KIND, fence, id, "reason").await,
        outbox.settle_held(KIND, hold_name(1)).await,
        outbox.let_go(KIND, hold_name(1)).await,
        outbox.release(KIND, fence).await,
    ];
    for answer in settled {
        assert_away(&answer);
    }
    assert_away(&outbox.claim(KIND, &holder("first"), 10).await);
    assert_away(&outbox.depth(KIND).await);
}
