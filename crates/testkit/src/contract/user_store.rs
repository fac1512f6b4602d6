//! What a keeper of accounts promises.

use std::sync::Arc;

use users_domain::model::{ConflictField, Effect, EffectKind, Needs, User, UserId};
use users_domain::ports::{Decide, Outbox, RefreshTokenStore, StoreError, UserStore};

use super::material::{assert_taken, pending};
use super::{Keep, Lever};
pub use crate::fakes::AdoptedRow;
use crate::fakes::FixedClock;

mod adopted_codes;
mod code_races;
mod codes;
mod cursors;
mod effects;
mod enrolled;
mod everywhere;
mod filters;
mod inserting;
mod json_meaning;
mod lists;
mod metadata;
mod names;
mod paging;
mod purging;
mod races;
mod reading;
mod redeeming;
mod redeeming_adopted;
mod sorting;
mod updating;
mod voiding;

pub use adopted_codes::*;
pub use code_races::*;
pub use codes::*;
pub use cursors::*;
pub use effects::*;
pub use enrolled::*;
pub use everywhere::*;
pub use filters::*;
pub use inserting::*;
pub use lists::*;
pub use metadata::*;
pub use names::*;
pub use paging::*;
pub use purging::*;
pub use races::*;
pub use reading::*;
pub use redeeming::*;
pub use redeeming_adopted::*;
pub use sorting::*;
pub use updating::*;
pub use voiding::*;

/// A store of accounts with the outbox that it commits effects to, both empty.
pub struct UserStoreUnderTest {
    /// The store.
    pub store: Arc<dyn UserStore>,
    /// Its outbox.
    pub outbox: Arc<dyn Outbox>,
    /// The clock that it goes by.
    pub clock: FixedClock,
    /// Places a row as an older program may have left it, past every rule but those of the columns
    /// themselves; may block.
    pub put_raw: Box<dyn Fn(User) + Send + Sync>,
    /// Places a code of an account that is there, as the deployed service keeps those that it
    /// mailed; may block. `None` where there can be none.
    pub put_adopted: Option<Box<dyn Fn(AdoptedRow) + Send + Sync>>,
    /// The sessions that it keeps with the accounts; `None` where it keeps none.
    pub sessions: Option<Arc<dyn RefreshTokenStore>>,
    /// Places something beside an account that does not let its row go; may block. `None` where
    /// nothing can stand beside it.
    pub hold: Option<Box<dyn Fn(UserId) + Send + Sync>>,
    /// Whether metadata comes back as the text that it was. Where not, it has the same meaning, no
    /// digit of a number is lost, and text that the store has written stays as it is.
    pub keeps_json_text: bool,
    /// Makes the store unavailable for good; `None` where it cannot be.
    pub go_away: Option<Lever>,
    /// What must live as long as the subject.
    pub keep: Keep,
}

suite! {
    $
    /// Makes a test of every promise of [`UserStore`](users_domain::ports::UserStore). The argument
    /// gives a fresh [`UserStoreUnderTest`]($crate::contract::UserStoreUnderTest).
    user_store_contract, user_store:
    an_account_is_found_by_its_id_byte_for_byte,
    accounts_of_any_status_are_found_by_id,
    accounts_are_found_by_many_ids_at_once,
    an_identity_is_an_address_or_a_username_without_ascii_case,
    letters_outside_ascii_keep_their_case_in_an_identity,
    an_identity_is_not_trimmed,
    an_identity_means_whole_texts_only,
    only_enabled_accounts_are_meant_by_an_identity,
    everybody_who_may_be_meant_is_given,
    at_most_a_hundred_are_meant_exact_matches_among_them,
    odd_rows_are_read_as_they_were_left,
    odd_rows_never_spoil_a_page,
    odd_rows_never_spoil_a_walk,
    odd_rows_may_be_changed_in_other_fields,
    without_conditions_everybody_passes,
    parts_of_texts_are_found_without_ascii_case,
    wildcards_stand_for_themselves,
    letters_outside_ascii_keep_their_case_in_filters,
    an_absent_username_holds_no_text,
    a_part_of_any_length_may_be_asked_for,
    accounts_pass_by_their_status,
    accounts_pass_by_their_role,
    all_tags_or_any_of_them_byte_for_byte,
    the_bounds_of_creation_are_inclusive,
    accounts_pass_whose_metadata_contains_the_object,
    metadata_is_compared_by_meaning_not_by_text,
    long_numbers_in_metadata_are_found,
    private_metadata_is_not_looked_at,
    odd_metadata_never_spoils_a_page,
    conditions_are_combined_with_and,
    times_sort_to_the_microsecond_and_absent_ones_first,
    an_account_never_updated_sorts_by_its_creation,
    texts_sort_byte_for_byte,
    an_absent_username_sorts_first,
    ties_are_sorted_by_id_in_the_same_direction,
    pages_together_are_the_whole_list,
    the_total_counts_every_page,
    a_limit_of_nothing_gives_the_total_alone,
    a_page_past_the_end_is_empty_and_knows_the_total,
    limits_and_offsets_may_be_any_number,
    a_page_knows_whether_more_follow,
    pages_behind_cursors_are_the_whole_list,
    a_limit_of_nothing_behind_a_cursor_gives_the_total_alone,
    the_account_that_a_cursor_names_need_not_be_there,
    a_cursor_goes_by_the_key_that_it_has,
    a_walk_in_an_order_that_never_changes_repeats_and_skips_nobody,
    every_list_is_what_a_plain_reading_of_its_query_gives,
    of_an_administrator_and_a_user_each_is_in_the_lists_of_their_own,
    lists_of_a_status_and_a_role_hold_nobody_else,
    an_account_is_kept_whole,
    an_insert_returns_the_account_as_written,
    metadata_is_kept_digit_for_digit,
    an_insert_commits_its_effects_in_order,
    effects_of_every_kind_are_committed_with_the_row,
    a_held_effect_is_held_from_its_commit_on,
    an_effect_that_waits_already_is_added_by_no_writer,
    an_effect_that_waits_no_more_is_added_by_every_writer,
    a_refused_change_leaves_nothing_that_would_hold_back_others,
    a_refused_insert_leaves_nothing,
    an_id_that_exists_is_refused,
    a_taken_email_is_refused,
    a_taken_username_is_refused,
    where_both_are_taken_the_email_is_named,
    names_of_accounts_of_any_status_are_taken,
    names_that_differ_in_more_than_ascii_case_are_free,
    an_address_may_be_the_username_of_another,
    accounts_without_username_take_none,
    a_change_to_a_taken_name_is_refused,
    a_change_to_ones_own_name_in_another_case_is_free,
    a_name_given_up_is_free,
    twins_may_change_their_other_fields,
    twins_take_their_name_from_everybody_and_from_each_other,
    a_decision_sees_the_row_as_it_is_stored,
    a_decision_gets_no_facts_that_it_did_not_ask_for,
    the_facts_are_the_enabled_administrators_by_id,
    an_update_returns_the_row_as_written,
    every_field_but_id_and_version_can_be_changed,
    each_change_raises_the_version_by_one,
    a_change_to_nothing_writes_nothing,
    effects_without_a_change_are_committed_all_the_same,
    an_update_commits_its_effects_in_order,
    effects_stand_in_the_order_of_their_commits,
    a_refused_update_says_what_the_decision_said_and_changes_nothing,
    an_update_refused_for_a_taken_name_changes_nothing,
    the_id_of_a_row_cannot_be_changed,
    the_version_is_the_stores_business,
    an_update_of_an_unknown_id_is_not_found,
    an_update_touches_no_other_row,
    two_administrators_demoting_each_other_at_once_never_both_succeed,
    an_administrator_is_never_the_last_to_leave_in_any_crowd,
    of_many_inserts_of_one_name_at_once_one_wins,
    of_many_changes_to_one_name_at_once_one_wins,
    of_an_insert_and_a_change_to_one_name_at_once_one_wins,
    of_many_inserts_of_one_id_at_once_one_wins,
    updates_of_different_fields_at_once_are_both_kept,
    no_update_is_lost,
    only_the_last_run_of_a_decision_counts,
    of_many_writers_of_one_effect_at_once_one_adds,
    a_page_and_its_total_are_of_one_moment,
    a_code_is_kept_whole,
    a_code_for_an_unknown_account_is_refused,
    several_codes_are_good_at_a_time,
    a_code_is_found_for_its_purpose_only,
    a_code_that_was_never_kept_is_not_found,
    an_expired_code_is_found_all_the_same,
    looking_for_a_code_changes_nothing,
    the_last_code_is_that_of_account_purpose_and_address,
    a_code_that_is_not_good_any_more_may_be_the_last,
    useless_codes_are_removed_up_to_the_limit,
    a_code_expires_at_its_moment,
    good_codes_are_never_removed,
    a_decision_about_a_code_sees_the_row_and_the_code,
    a_redemption_returns_the_row_as_written,
    a_redemption_commits_its_effects_in_order,
    a_redemption_leaves_id_and_version_to_the_store,
    a_redemption_that_changes_nothing_uses_the_code_up,
    a_redemption_touches_no_other_row,
    a_code_works_once,
    a_code_that_is_not_good_opens_nothing,
    an_expired_code_is_for_the_decision_to_judge,
    a_refused_redemption_leaves_the_code_good_and_changes_nothing,
    a_redemption_refused_for_a_taken_name_leaves_the_code_good,
    a_redeemed_code_voids_the_others_of_its_account_and_purpose,
    an_update_that_changes_the_address_voids_all_codes_of_the_account,
    a_redemption_that_changes_the_address_voids_all_codes_of_the_account,
    another_password_or_status_voids_the_codes_that_set_a_password,
    what_leaves_address_password_and_status_as_they_are_voids_nothing,
    an_account_may_be_given_codes_after_others_were_voided,
    of_many_redemptions_of_one_code_at_once_one_succeeds,
    of_many_codes_of_one_purpose_at_once_one_succeeds,
    of_refusals_at_once_none_uses_the_code_up,
    redemptions_for_different_purposes_at_once_both_succeed,
    an_update_and_a_redemption_at_once_are_both_kept,
    no_code_proves_an_address_that_changes_at_once,
    no_code_works_that_is_removed_at_once,
    an_adopted_code_that_nobody_made_opens_nothing,
    an_adopted_code_is_found_as_its_row_says,
    an_adopted_code_is_compared_byte_for_byte,
    of_adopted_rows_the_newest_alone_counts,
    an_adopted_row_without_creation_is_the_newest_and_never_good,
    an_adopted_row_that_is_used_or_lacks_something_is_not_good,
    an_adopted_code_verifies_addresses_and_nothing_else,
    adopted_codes_are_neither_counted_nor_removed,
    an_adopted_code_works_once,
    an_expired_adopted_code_is_for_the_decision_to_judge,
    a_refused_redemption_leaves_the_adopted_code_good,
    a_redeemed_code_voids_adopted_ones_and_an_adopted_one_voids_ours,
    a_changed_address_leaves_adopted_codes_to_the_decision,
    a_dropped_redemption_of_an_adopted_code_is_wholly_done_or_undone,
    of_many_redemptions_of_one_adopted_code_at_once_one_succeeds,
    of_an_adopted_code_and_one_of_ours_at_once_one_succeeds,
    whoever_has_been_deleted_since_the_cutoff_is_given,
    whoever_is_not_deleted_is_not_given,
    the_deleted_of_whom_nobody_knows_since_when_are_given,
    the_deleted_are_given_in_the_order_of_their_ids_each_once,
    a_purged_account_leaves_nothing,
    a_purge_touches_nobody_else,
    a_purge_leaves_its_names_and_its_id_free,
    a_decision_to_purge_sees_the_row_as_it_is_stored,
    a_purge_commits_its_effects_in_order,
    a_refused_purge_changes_nothing,
    a_purge_of_nobody_removes_nothing,
    an_odd_row_can_be_purged,
    an_account_that_others_hold_stays_whole,
    of_many_purges_at_once_one_removes,
    no_account_is_purged_that_is_enabled_at_once,
    a_dropped_purge_is_wholly_done_or_undone,
    it_serves_a_bare_runtime,
    a_dropped_insert_is_wholly_done_or_undone,
    a_dropped_update_is_wholly_done_or_undone,
    a_dropped_code_is_wholly_kept_or_not,
    a_dropped_redemption_is_wholly_done_or_undone,
    a_dropped_read_does_no_harm,
    away_it_answers_unavailable,
}

fn id(text: &str) -> UserId {
    UserId::from_stored(text.to_owned())
}

impl UserStoreUnderTest {
    async fn insert(&self, user: User) -> User {
        self.store.insert(user, Vec::new()).await.unwrap()
    }

    async fn get(&self, id: &UserId) -> User {
        self.store.find(id).await.unwrap().expect("it is stored")
    }

    /// Carries out a decision that looks at the row alone.
    async fn update(&self, user: &User, decide: Arc<Decide>) -> Result<User, StoreError> {
        self.store.update(&user.id, Needs::ROW, decide).await
    }

    /// The events that are to be published, in order.
    async fn effects(&self) -> Vec<Effect> {
        self.effects_of(EffectKind::Event).await
    }

    /// What of a kind is to be carried out, in order.
    async fn effects_of(&self, kind: EffectKind) -> Vec<Effect> {
        pending(&self.outbox, kind).await
    }

    /// The account must be refused for a name that is taken, and leave nothing.
    async fn assert_insert_refused(&self, user: User, field: ConflictField) {
        let id = user.id.clone();
        let stored = self.store.find(&id).await.unwrap();
        assert_taken(&self.store.insert(user, Vec::new()).await, field);
        assert_eq!(self.store.find(&id).await.unwrap(), stored);
    }
}
