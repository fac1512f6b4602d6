//! How a page of a long list is best read, decided from how many accounts pass its filter.
//!
//! A store that guesses how many pass guesses wrong now and then, and then reads a million rows for
//! ten. Whoever has counted knows.

use super::{Position, UserQuery};

/// How a store gets at the accounts of a page. Both give the same accounts in the same order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PagePlan {
    /// Along the index of the list's order, passing over what does not pass the filter.
    Walk,
    /// All that pass, through an index of the filter, then sorted.
    Gather,
}

/// A row that is gathered is sorted besides, and read again by who counted it: three of them cost as
/// much as two that are walked over.
const GATHERED: u128 = 3;
const WALKED: u128 = 2;

/// Up to so many are gathered in a moment, and no walk is worth a risk.
const GATHERED_AT_ONCE: u128 = 10_000;

impl PagePlan {
    /// The plan for a page of a list in which `passing` of `all` accounts pass the filter.
    ///
    /// What gathering costs is certain. What a walk costs depends on where those that pass stand:
    /// whoever sorts by creation and asks for a tag that only the oldest accounts have finds them all
    /// at the far end, behind everybody else. So the order is walked along where that is cheaper even
    /// then. Elsewhere up to 10,000 accounts are gathered, and of more than those the plan is the one
    /// that is cheaper where they stand evenly among the others: to gather several hundred thousand
    /// for every page would be slow for certain. Where more than 10,000 stand all at the far end, a
    /// page may therefore still read nearly the whole list.
    ///
    /// Where both cost the same it is [`PagePlan::Gather`].
    pub fn choose(query: &UserQuery, passing: u64, all: u64) -> Self {
        if passing == 0 {
            return Self::Gather;
        }
        let before = match query.position {
            Position::Offset(offset) => offset,
            Position::After(_) => 0,
        };
        // One more than wanted tells whether there are more.
        let needed = u128::from(before) + u128::from(query.limit) + 1;
        let passing = u128::from(passing);
        // A sum that is kept beside the rows may be wrong until it is mended.
        let all = u128::from(all).max(passing);
        // No walk is longer than the list.
        let at_worst = (all - passing + needed).min(all);
        let expected = (needed.saturating_mul(all) / passing).min(all);
        let is_cheaper = |walked: u128| walked * WALKED < passing * GATHERED;
        if is_cheaper(at_worst) || passing > GATHERED_AT_ONCE && is_cheaper(expected) {
            Self::Walk
        } else {
            Self::Gather
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(offset: u64, limit: u64, passing: u64, all: u64) -> PagePlan {
        let query = UserQuery {
            position: Position::Offset(offset),
            limit,
            ..UserQuery::default()
        };
        PagePlan::choose(&query, passing, all)
    }

    #[test]
    fn where_most_pass_the_order_is_walked_along() {
        assert_eq!(chosen(0, 10, 1_000_000, 1_000_000), PagePlan::Walk);
        assert_eq!(chosen(0, 10, 100_000, 1_000_000), PagePlan::Walk);
        assert_eq!(chosen(0, 100, 10_000, 10_000), PagePlan::Walk);
    }

    #[test]
    fn where_few_pass_they_are_gathered() {
        assert_eq!(chosen(0, 10, 1, 1_000_000), PagePlan::Gather);
        assert_eq!(chosen(0, 10, 2_000, 1_000_000), PagePlan::Gather);
        assert_eq!(chosen(0, 10, 20, 10_000), PagePlan::Gather);
    }

    #[test]
    fn what_may_stand_at_the_far_end_is_gathered_where_that_is_quick() {
        // Evenly spread, eleven of them would be found within 1,100 rows; at worst within 990,011.
        assert_eq!(chosen(0, 10, 10_000, 1_000_000), PagePlan::Gather);
        assert_eq!(chosen(0, 10, 4_000, 10_000), PagePlan::Gather);
        assert_eq!(chosen(0, 10, 10_001, 1_000_000), PagePlan::Walk);
    }

    #[test]
    fn a_walk_that_is_short_at_worst_is_taken_for_lists_of_any_length() {
        // At worst 1,000 that do not pass, and then eleven that do.
        assert_eq!(chosen(0, 10, 9_000, 10_000), PagePlan::Walk);
        assert_eq!(chosen(0, 10, 5_000, 10_000), PagePlan::Walk);
        assert_eq!(chosen(0, 10, 600_000, 1_000_000), PagePlan::Walk);
        assert_eq!(chosen(0, 10, 60, 100), PagePlan::Walk);
    }

    #[test]
    fn behind_a_great_offset_a_walk_is_as_long_as_it_must_be() {
        assert_eq!(chosen(500_000, 10, 1_000_000, 1_000_000), PagePlan::Walk);
        assert_eq!(chosen(9_000, 10, 10_000, 1_000_000), PagePlan::Gather);
    }

    #[test]
    fn a_list_that_one_page_holds_is_gathered_unless_it_is_all() {
        assert_eq!(chosen(0, 100, 50, 1_000_000), PagePlan::Gather);
        assert_eq!(chosen(0, 100, 50, 50), PagePlan::Walk);
    }

    #[test]
    fn where_both_cost_the_same_the_certain_one_is_taken() {
        // At worst 32 that do not pass and ten that do, at two each, against 28 at three.
        assert_eq!(chosen(0, 9, 28, 60), PagePlan::Gather);
        assert_eq!(chosen(0, 9, 29, 60), PagePlan::Walk);
        // 30,000 rows walked over, as is to be expected, against 20,000.
        assert_eq!(chosen(0, 9, 20_000, 60_000_000), PagePlan::Gather);
        assert_eq!(chosen(0, 9, 20_000, 59_000_000), PagePlan::Walk);
    }

    #[test]
    fn numbers_that_cannot_be_are_no_fault() {
        assert_eq!(chosen(0, 10, 0, 0), PagePlan::Gather);
        assert_eq!(chosen(0, 10, 0, 5), PagePlan::Gather);
        assert_eq!(chosen(0, 10, 100, 5), PagePlan::Walk);
        assert_eq!(
            chosen(u64::MAX, u64::MAX, u64::MAX, u64::MAX),
            PagePlan::Walk
        );
        assert_eq!(chosen(u64::MAX, 10, 1, u64::MAX), PagePlan::Gather);
    }
}
