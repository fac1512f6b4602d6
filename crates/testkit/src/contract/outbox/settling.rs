//! What becomes of an item that was tried.

use std::time::Duration;

use users_domain::model::Timestamp;
use users_domain::ports::{Clock, Fence, OutboxDepth, OutboxItemId, StoreError};

use super::{KIND, OutboxUnderTest, item};

/// A pause that is shorter than a lease.
const PAUSE: Duration = Duration::from_secs(5);
/// The finest step of time that an outbox can tell.
const STEP: Duration = Duration::from_micros(1);

impl OutboxUnderTest {
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Puts off what stands at a position of the first holder's claim.
    async fn put_off(&self, position: usize) {
        let claim = self.claim().await;
        let id = item(&claim, position).id;
        let due_at = self.now() + PAUSE;
        let put_off = self.outbox.retry(KIND, claim.fence, id, due_at);
        put_off.await.unwrap();
    }

    /// Parks what stands at a position of the first holder's claim.
    async fn park(&self, position: usize) -> OutboxItemId {
        let claim = self.claim().await;
        let id = item(&claim, position).id;
        let parked = self.outbox.park(KIND, claim.fence, id, "too large");
        parked.await.unwrap();
        id
    }

    async fn depth(&self) -> OutboxDepth {
        self.outbox.depth(KIND).await.unwrap()
    }
}

pub async fn a_done_item_is_gone(subject: &OutboxUnderTest) {
    subject.add(&["a", "b", "a"]).await;
    let claim = subject.claim().await;
    let middle = item(&claim, 1).id;
    subject
        .outbox
        .done(KIND, claim.fence, &[middle])
        .await
        .unwrap();
    assert_eq!(subject.keys().await, ["a", "a"]);
    assert_eq!(subject.depth().await.pending, 2);
}

pub async fn several_items_are_done_together_or_not_at_all(subject: &OutboxUnderTest) {
    subject.add(&["a", "b", "c"]).await;
    let claim = subject.claim().await;
    let two = [item(&claim, 0).id, item(&claim, 2).id];
    let stale = Fence(claim.fence.0 - 1);
    let outbox = &subject.outbox;
    assert!(matches!(
        outbox.done(KIND, stale, &two).await,
        Err(StoreError::LeaseLost)
    ));
    assert_eq!(subject.keys().await, ["a", "b", "c"]);
    outbox.done(KIND, claim.fence, &two).await.unwrap();
    assert_eq!(subject.keys().await, ["b"]);
}

pub async fn settling_an_item_that_is_gone_is_no_error(subject: &OutboxUnderTest) {
    subject.add(&["a", "b"]).await;
    let claim = subject.claim().await;
    let gone = item(&claim, 0).id;
    let outbox = &subject.outbox;
    outbox.done(KIND, claim.fence, &[gone]).await.unwrap();
    for id in [gone, OutboxItemId(i64::MAX), OutboxItemId(-1)] {
        let now = subject.now();
        outbox.done(KIND, claim.fence, &[id]).await.unwrap();
        outbox.retry(KIND, claim.fence, id, now).await.unwrap();
        outbox
            .park(KIND, claim.fence, id, "too large")
            .await
            .unwrap();
    }
    assert_eq!(subject.keys().await, ["b"]);
    let depth = subject.depth().await;
    assert_eq!((depth.pending, depth.parked), (1, 0));
}

pub async fn a_retried_item_is_due_at_its_moment_and_counts_the_attempt(subject: &OutboxUnderTest) {
    subject.add(&["a"]).await;
    for attempts in 1..4 {
        subject.put_off(0).await;
        assert!(subject.keys().await.is_empty());
        subject.clock.advance(PAUSE - STEP);
        assert!(subject.keys().await.is_empty());
        subject.clock.advance(STEP);
        let claim = subject.claim().await;
        assert_eq!(item(&claim, 0).attempts, attempts);
    }
}

pub async fn a_retry_due_in_the_past_is_due_at_once(subject: &OutboxUnderTest) {
    subject.add(&["a"]).await;
    let claim = subject.claim().await;
    let past = subject.now() - PAUSE;
    let id = item(&claim, 0).id;
    subject
        .outbox
        .retry(KIND, claim.fence, id, past)
        .await
        .unwrap();
    let claim = subject.claim().await;
    assert_eq!((item(&claim, 0).id, item(&claim, 0).attempts), (id, 1));
}

pub async fn a_waiting_item_holds_back_later_ones_of_its_key(subject: &OutboxUnderTest) {
    subject.add(&["a", "b", "a", "c", "a"]).await;
    subject.put_off(0).await;
    assert_eq!(subject.keys().await, ["b", "c"]);
    subject.clock.advance(PAUSE);
    assert_eq!(subject.keys().await, ["a", "b", "a", "c", "a"]);
}

pub async fn a_waiting_item_holds_back_no_earlier_one(subject: &OutboxUnderTest) {
    subject.add(&["a", "b", "a", "a"]).await;
    subject.put_off(2).await;
    assert_eq!(subject.keys().await, ["a", "b"]);
}

pub async fn a_waiting_item_holds_back_what_is_added_later(subject: &OutboxUnderTest) {
    subject.add(&["a"]).await;
    subject.put_off(0).await;
    subject.add(&["a", "b"]).await;
    assert_eq!(subject.keys().await, ["b"]);
    subject.clock.advance(PAUSE);
    assert_eq!(subject.keys().await, ["a", "a", "b"]);
}

pub async fn waiting_items_take_no_room_in_a_claim(subject: &OutboxUnderTest) {
    for number in 0..30 {
        subject.add(&[&format!("waiting {number}")]).await;
    }
    for _ in 0..30 {
        subject.put_off(0).await;
    }
    subject.add(&["waiting 7", "due"]).await;
    let claim = subject.try_claim("first", 1).await.unwrap();
    assert_eq!(item(&claim, 0).key, "due");
}

pub async fn a_parked_item_is_never_claimed_again(subject: &OutboxUnderTest) {
    subject.add(&["a", "b"]).await;
    subject.park(0).await;
    for pause in [PAUSE, Duration::from_hours(24 * 365)] {
        assert_eq!(subject.keys().await, ["b"]);
        subject.clock.advance(pause);
    }
}

pub async fn a_parked_item_no_longer_holds_back_its_key(subject: &OutboxUnderTest) {
    subject.add(&["a", "a"]).await;
    let claim = subject.claim().await;
    subject.put_off(0).await;
    assert!(subject.keys().await.is_empty());
    let waiting = item(&claim, 0).id;
    let parked = subject.outbox.park(KIND, claim.fence, waiting, "too large");
    parked.await.unwrap();
    let claim = subject.claim().await;
    assert_eq!(claim.items.len(), 1);
    assert_ne!(item(&claim, 0).id, waiting);
}

pub async fn a_parked_item_stays_parked_whatever_is_said_of_it(subject: &OutboxUnderTest) {
    subject.add(&["a", "a"]).await;
    let id = subject.park(0).await;
    let fence = subject.claim().await.fence;
    let outbox = &subject.outbox;
    outbox.park(KIND, fence, id, "again").await.unwrap();
    outbox.retry(KIND, fence, id, subject.now()).await.unwrap();
    assert_eq!(subject.keys().await, ["a"]);
    let later = subject.now() + PAUSE;
    outbox.retry(KIND, fence, id, later).await.unwrap();
    assert_eq!(subject.keys().await, ["a"]);
    assert_eq!(subject.depth().await.parked, 1);
}

pub async fn the_depth_counts_what_waits_and_what_is_parked(subject: &OutboxUnderTest) {
    assert_eq!(subject.depth().await, OutboxDepth::default());
    subject.add(&["a", "b", "c", "c", "d"]).await;
    subject.park(0).await;
    subject.put_off(0).await;
    let claim = subject.claim().await;
    let third = item(&claim, 0).id;
    subject
        .outbox
        .done(KIND, claim.fence, &[third])
        .await
        .unwrap();
    let depth = subject.depth().await;
    assert_eq!((depth.pending, depth.parked), (3, 1));
}

pub async fn the_depth_knows_since_when_the_oldest_waits(subject: &OutboxUnderTest) {
    let mut added = Vec::new();
    for key in ["a", "b", "c"] {
        added.push(subject.now());
        subject.add(&[key]).await;
        subject.clock.advance(STEP);
    }
    assert_eq!(subject.depth().await.oldest, Some(added[0]));
    // Waiting for a retry makes it no younger.
    subject.put_off(0).await;
    assert_eq!(subject.depth().await.oldest, Some(added[0]));
    subject.clock.advance(PAUSE);
    subject.park(0).await;
    assert_eq!(subject.depth().await.oldest, Some(added[1]));
    for item in subject.claim().await.items {
        let fence = subject.claim().await.fence;
        subject.outbox.done(KIND, fence, &[item.id]).await.unwrap();
    }
    assert_eq!(subject.depth().await.oldest, None);
}
