//! One call of a store, made ready before the clock runs, and what must come of it.

use anyhow::{Result, ensure};
use users_domain::model::{Effect, User, UserFilter, UserId, UserQuery};
use users_domain::ports::{StoreError, UserStore};

/// A call with its arguments.
pub(super) enum Call {
    Find(UserId),
    FindByLogin(String),
    Insert(Box<User>, Vec<Effect>),
    Page(UserQuery),
    Count(UserFilter),
}

/// What a store answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// Accounts in it.
    pub(super) accounts: u64,
    /// How many pass in all, where it says that.
    pub(super) total: Option<u64>,
}

/// What a store should answer.
pub(super) enum Expected {
    /// One account.
    One,
    /// A full page out of any number.
    FullPage,
    /// A full page out of so many.
    FullPageOf(u64),
    /// A number, at least this.
    TotalFrom(u64),
}

impl Call {
    pub(super) async fn make(self, store: &dyn UserStore) -> Result<Answer, StoreError> {
        let one = |found: bool| Answer {
            accounts: u64::from(found),
            total: None,
        };
        Ok(match self {
            Self::Find(id) => one(store.find(&id).await?.is_some()),
            Self::FindByLogin(identity) => one(store.find_by_login(&identity).await?.len() == 1),
            Self::Insert(user, effects) => {
                store.insert(*user, effects).await?;
                one(true)
            }
            Self::Page(query) => {
                let page = store.page(&query).await?;
                Answer {
                    accounts: page.items.len() as u64,
                    total: Some(page.total),
                }
            }
            Self::Count(filter) => Answer {
                accounts: 0,
                total: Some(store.count(&filter).await?),
            },
        })
    }
}

impl Expected {
    /// Fails if something else was answered.
    pub(super) fn compare(&self, answer: &Answer) -> Result<()> {
        let is_full = answer.accounts == UserQuery::DEFAULT_LIMIT;
        let fits = match self {
            Self::One => answer.accounts == 1,
            Self::FullPage => is_full,
            Self::FullPageOf(total) => is_full && answer.total == Some(*total),
            Self::TotalFrom(least) => answer.total.is_some_and(|total| total >= *least),
        };
        ensure!(fits, "the store answered {answer:?}");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_not_full_or_out_of_another_number_is_refused() {
        let answer = |accounts, total| Answer {
            accounts,
            total: Some(total),
        };
        assert!(Expected::FullPageOf(50).compare(&answer(10, 50)).is_ok());
        assert!(Expected::FullPageOf(50).compare(&answer(10, 51)).is_err());
        assert!(Expected::FullPage.compare(&answer(9, 50)).is_err());
        assert!(Expected::TotalFrom(9).compare(&answer(0, 8)).is_err());
    }
}
