//! What an outbox promises.

use std::sync::Arc;

use users_domain::model::{EffectKind, EffectRecord};
use users_domain::ports::{Claim, LeaseHolder, Outbox, OutboxItem};

use super::material::effect_of;
use super::{Keep, Lever};
use crate::fakes::FixedClock;

mod everywhere;
mod held;
mod leases;
mod once;
mod order;
mod settling;

pub use everywhere::*;
pub use held::*;
pub use leases::*;
pub use once::*;
pub use order::*;
pub use settling::*;

/// An outbox, empty.
pub struct OutboxUnderTest {
    /// The outbox.
    pub outbox: Arc<dyn Outbox>,
    /// The clock that it goes by.
    pub clock: FixedClock,
    /// Keeps a record as another version of the program may have written it; may block. `None`
    /// where no record but today's can be kept.
    pub put_record: Option<Box<dyn Fn(EffectRecord) + Send + Sync>>,
    /// Makes the outbox unavailable for good; `None` where it cannot be.
    pub go_away: Option<Lever>,
    /// What must live as long as the subject.
    pub keep: Keep,
}

suite! {
    $
    /// Makes a test of every promise of [`Outbox`](users_domain::ports::Outbox). The argument gives
    /// a fresh [`OutboxUnderTest`]($crate::contract::OutboxUnderTest).
    outbox_contract, outbox:
    an_effect_is_claimed_as_it_was_added,
    items_are_claimed_in_the_order_in_which_they_were_added,
    a_claim_takes_no_more_than_its_limit_and_in_order,
    a_claim_of_nothing_gives_the_lease_alone,
    a_claim_of_a_kind_without_items_is_empty,
    a_claim_removes_nothing,
    what_is_added_at_once_keeps_the_order_of_each_key,
    kinds_never_hold_back_each_other,
    an_unreadable_record_is_claimed_as_unknown_in_its_turn,
    what_waits_already_is_not_added_again,
    what_waits_stays_as_it_was_added_first,
    only_the_repetition_is_passed_over,
    names_are_told_apart,
    a_name_is_one_of_its_kind,
    what_was_claimed_or_tried_waits_still,
    what_is_done_may_be_added_again,
    what_is_parked_may_be_added_again,
    of_many_repetitions_at_once_one_adds,
    one_holder_has_the_lease,
    a_claim_renews_the_lease,
    a_claim_of_nothing_renews_the_lease,
    a_lease_that_ran_out_may_be_taken_by_anybody,
    every_change_of_holder_raises_the_fence,
    of_many_claims_at_once_one_gets_the_lease,
    a_released_lease_may_be_taken_at_once,
    a_stale_fence_releases_nothing,
    a_stale_fence_settles_nothing,
    a_fence_never_given_settles_nothing,
    a_lease_that_ran_out_untaken_still_settles,
    a_done_item_is_gone,
    several_items_are_done_together_or_not_at_all,
    settling_an_item_that_is_gone_is_no_error,
    a_retried_item_is_due_at_its_moment_and_counts_the_attempt,
    a_retry_due_in_the_past_is_due_at_once,
    a_waiting_item_holds_back_later_ones_of_its_key,
    a_waiting_item_holds_back_no_earlier_one,
    a_waiting_item_holds_back_what_is_added_later,
    waiting_items_take_no_room_in_a_claim,
    a_parked_item_is_never_claimed_again,
    a_parked_item_no_longer_holds_back_its_key,
    a_parked_item_stays_parked_whatever_is_said_of_it,
    a_held_item_is_due_from_its_moment_on,
    a_held_item_holds_back_later_ones_of_its_key,
    a_held_item_counts_as_waiting,
    a_settled_item_that_was_held_is_gone,
    what_is_let_go_is_due_at_once_and_counts_no_attempt,
    a_name_stands_for_its_own_item,
    a_name_holds_one_item,
    an_item_whose_moment_came_is_held_no_more,
    an_item_that_was_tried_is_held_no_more,
    of_many_words_about_a_held_item_at_once_each_does_no_harm,
    the_depth_counts_what_waits_and_what_is_parked,
    the_depth_knows_since_when_the_oldest_waits,
    it_serves_a_bare_runtime,
    a_dropped_addition_is_wholly_done_or_undone,
    a_dropped_settlement_is_wholly_done_or_undone,
    a_dropped_word_about_a_held_item_is_wholly_said_or_unsaid,
    a_dropped_claim_does_no_harm,
    away_it_answers_unavailable,
}

/// The kind where only one is needed.
const KIND: EffectKind = EffectKind::Event;

fn holder(name: &str) -> LeaseHolder {
    LeaseHolder::new(name.to_owned())
}

impl OutboxUnderTest {
    /// Adds an effect for each key, numbered from 0.
    async fn add(&self, keys: &[&str]) {
        let effects = (0..)
            .zip(keys)
            .map(|(number, key)| effect_of(KIND, key, number))
            .collect();
        self.outbox.add(effects).await.unwrap();
    }

    async fn try_claim(&self, name: &str, limit: u32) -> Option<Claim> {
        let claim = self.outbox.claim(KIND, &holder(name), limit).await;
        claim.unwrap()
    }

    /// What the first holder gets.
    async fn claim(&self) -> Claim {
        self.try_claim("first", 1_000)
            .await
            .expect("the lease is free")
    }

    /// What the first holder gets, by key.
    async fn keys(&self) -> Vec<String> {
        let items = self.claim().await.items.into_iter();
        items.map(|item| item.key).collect()
    }
}

/// The items of a claim, numbered by the effects' own numbers: `add` counts from 0.
fn item(claim: &Claim, position: usize) -> &OutboxItem {
    &claim.items[position]
}
