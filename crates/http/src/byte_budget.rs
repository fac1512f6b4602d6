//! How much memory what comes from many clients, or goes to them, may take together.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes for all bodies that are on their way in one direction. Clones share them.
#[derive(Clone)]
pub(crate) struct ByteBudget(Arc<Semaphore>);

impl ByteBudget {
    /// What each body may have for nothing: a connection's own buffers take as much. So whoever
    /// fills a budget shuts out no login.
    pub(crate) const FREE: usize = 16 * 1024;

    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))))
    }

    /// The share of a body that holds nothing yet.
    pub(crate) fn share(&self) -> Share {
        Share {
            budget: self.clone(),
            taken: None,
        }
    }
}

/// What one body holds of the budget; dropped, it gives that back.
pub(crate) struct Share {
    budget: ByteBudget,
    taken: Option<OwnedSemaphorePermit>,
}

/// Other bodies hold the whole budget.
pub(crate) struct BudgetSpent;

impl Share {
    /// Takes what is missing for a body that holds so many bytes. Bodies pay for what is there, not
    /// for what was announced: promises would fill the budget too cheaply.
    pub(crate) fn cover(&mut self, bytes: usize) -> Result<(), BudgetSpent> {
        let taken = self
            .taken
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = bytes.saturating_sub(ByteBudget::FREE + taken);
        if missing == 0 {
            return Ok(());
        }
        let missing = u32::try_from(missing).map_err(|_| BudgetSpent)?;
        let semaphore = self.budget.0.clone();
        let more = semaphore.try_acquire_many_owned(missing);
        let more = more.map_err(|_| BudgetSpent)?;
        match &mut self.taken {
            Some(taken) => taken.merge(more),
            None => self.taken = Some(more),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: usize = ByteBudget::FREE;

    #[test]
    fn small_bodies_are_free_and_larger_ones_pay_for_the_rest() {
        let budget = ByteBudget::new(100);
        let mut large = budget.share();
        assert!(large.cover(FREE + 60).is_ok());
        assert!(large.cover(FREE + 100).is_ok());
        let mut other = budget.share();
        assert!(other.cover(FREE).is_ok());
        assert!(other.cover(FREE + 1).is_err());
    }

    #[test]
    fn a_share_is_given_back_with_its_body() {
        let budget = ByteBudget::new(100);
        let mut first = budget.share();
        assert!(first.cover(FREE + 60).is_ok());
        let mut second = budget.share();
        assert!(second.cover(FREE + 60).is_err());
        drop(first);
        assert!(second.cover(FREE + 100).is_ok());
    }

    #[test]
    fn no_budget_is_none_and_the_largest_is_bounded() {
        assert!(ByteBudget::new(0).share().cover(FREE + 1).is_err());
        assert!(
            ByteBudget::new(usize::MAX)
                .share()
                .cover(usize::MAX)
                .is_err()
        );
    }
}
