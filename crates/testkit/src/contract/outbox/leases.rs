//! Who may carry out, and until when.

use std::time::Duration;

use users_domain::ports::{Fence, LEASE, StoreError};

use super::{KIND, OutboxUnderTest, holder, item};
use crate::contract::calls::at_once;

/// The finest step of time that an outbox can tell.
const STEP: Duration = Duration::from_micros(1);

pub async fn one_holder_has_the_lease(subject: &OutboxUnderTest) {
    subject.add(&["a"]).await;
    subject.claim().await;
    for limit in [0, 1, 1_000] {
        assert!(subject.try_claim("second", limit).await.is_none());
    }
    subject.clock.advance(LEASE - STEP);
    assert!(subject.try_claim("second", 10).await.is_none());
    assert_eq!(subject.keys().await, ["a"]);
}

pub async fn a_claim_renews_the_lease(subject: &OutboxUnderTest) {
    let first = subject.claim().await;
    for _ in 0..5 {
        subject.clock.advance(LEASE - STEP);
        assert_eq!(subject.claim().await.fence, first.fence);
    }
    subject.clock.advance(LEASE - STEP);
    assert!(subject.try_claim("second", 10).await.is_none());
    subject.clock.advance(STEP);
    assert!(subject.try_claim("second", 10).await.is_some());
}

pub async fn a_claim_of_nothing_renews_the_lease(subject: &OutboxUnderTest) {
    subject.claim().await;
    subject.clock.advance(LEASE - STEP);
    subject.try_claim("first", 0).await.unwrap();
    subject.clock.advance(LEASE - STEP);
    assert!(subject.try_claim("second", 10).await.is_none());
}

pub async fn a_lease_that_ran_out_may_be_taken_by_anybody(subject: &OutboxUnderTest) {
    subject.add(&["a"]).await;
    subject.claim().await;
    subject.clock.advance(LEASE);
    let second = subject.try_claim("second", 10).await.unwrap();
    assert_eq!(item(&second, 0).key, "a");
    // Now it is the first who has to wait.
    assert!(subject.try_claim("first", 10).await.is_none());
    subject.clock.advance(LEASE);
    assert!(subject.try_claim("first", 10).await.is_some());
}

pub async fn every_change_of_holder_raises_the_fence(subject: &OutboxUnderTest) {
    let mut latest = subject.claim().await.fence;
    for round in 0..4 {
        for name in ["second", "third", "first"] {
            if round % 2 == 0 {
                subject.clock.advance(LEASE);
            } else {
                subject.outbox.release(KIND, latest).await.unwrap();
            }
            let fence = subject.try_claim(name, 10).await.unwrap().fence;
            assert!(fence > latest, "{fence:?} after {latest:?}");
            latest = fence;
        }
    }
}

pub async fn of_many_claims_at_once_one_gets_the_lease(subject: &OutboxUnderTest) {
    subject.add(&["a", "b"]).await;
    for _ in 0..20 {
        let claims = at_once((0..8).map(|number| {
            let outbox = subject.outbox.clone();
            async move {
                let me = holder(&format!("holder {number}"));
                outbox.claim(KIND, &me, 10).await.unwrap()
            }
        }))
        .await;
        let winners: Vec<_> = claims.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1);
        assert_eq!(winners[0].items.len(), 2);
        subject.clock.advance(LEASE);
    }
}

pub async fn a_released_lease_may_be_taken_at_once(subject: &OutboxUnderTest) {
    let first = subject.claim().await;
    subject.outbox.release(KIND, first.fence).await.unwrap();
    assert!(subject.try_claim("second", 10).await.is_some());
    // To give back what one no longer has is no error.
    subject.outbox.release(KIND, first.fence).await.unwrap();
    assert!(subject.try_claim("first", 10).await.is_none());
}

pub async fn a_stale_fence_releases_nothing(subject: &OutboxUnderTest) {
    let first = subject.claim().await;
    subject.clock.advance(LEASE);
    let second = subject.try_claim("second", 10).await.unwrap();
    subject.outbox.release(KIND, first.fence).await.unwrap();
    let never = Fence(second.fence.0 + 1);
    subject.outbox.release(KIND, never).await.unwrap();
    assert!(subject.try_claim("first", 10).await.is_none());
}

/// Every settlement with this fence must be refused, and leave everything as it was.
async fn assert_settles_nothing(subject: &OutboxUnderTest, fence: Fence, current: &str) {
    let outbox = &subject.outbox;
    let before = subject.try_claim(current, 10).await.unwrap();
    let depth = outbox.depth(KIND).await.unwrap();
    let id = item(&before, 0).id;
    let later = subject.now() + LEASE;
    for answer in [
        outbox.done(KIND, fence, &[id]).await,
        outbox.retry(KIND, fence, id, later).await,
        outbox.park(KIND, fence, id, "reason").await,
    ] {
        assert!(matches!(answer, Err(StoreError::LeaseLost)), "{answer:?}");
    }
    let after = subject.try_claim(current, 10).await.unwrap();
    assert_eq!((item(&after, 0).id, item(&after, 0).attempts), (id, 0));
    assert_eq!(after.items.len(), before.items.len());
    assert_eq!(outbox.depth(KIND).await.unwrap(), depth);
}

pub async fn a_stale_fence_settles_nothing(subject: &OutboxUnderTest) {
    subject.add(&["a", "b"]).await;
    let first = subject.claim().await;
    subject.clock.advance(LEASE);
    let second = subject.try_claim("second", 10).await.unwrap();
    assert_settles_nothing(subject, first.fence, "second").await;
    // Not even when the lease came back to him: it is another one.
    subject.outbox.release(KIND, second.fence).await.unwrap();
    subject.claim().await;
    assert_settles_nothing(subject, first.fence, "first").await;
}

pub async fn a_fence_never_given_settles_nothing(subject: &OutboxUnderTest) {
    subject.add(&["a", "b"]).await;
    let claim = subject.claim().await;
    for fence in [claim.fence.0 + 1, claim.fence.0 - 1, i64::MAX, i64::MIN] {
        assert_settles_nothing(subject, Fence(fence), "first").await;
    }
}

pub async fn a_lease_that_ran_out_untaken_still_settles(subject: &OutboxUnderTest) {
    subject.add(&["a", "b", "c"]).await;
    let claim = subject.claim().await;
    subject.clock.advance(LEASE * 10);
    let outbox = &subject.outbox;
    let now = subject.now();
    outbox
        .done(KIND, claim.fence, &[item(&claim, 0).id])
        .await
        .unwrap();
    outbox
        .retry(KIND, claim.fence, item(&claim, 1).id, now)
        .await
        .unwrap();
    outbox
        .park(KIND, claim.fence, item(&claim, 2).id, "reason")
        .await
        .unwrap();
    assert_eq!(subject.keys().await, ["b"]);
}
