//! A filled store that is measured, and the calls that are made to it.

use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::runtime::Runtime;
use users_domain::model::{
    Cursor, Position, Status, TagFilter, User, UserFilter, UserQuery, Username,
};
use users_domain::ports::UserStore;

use crate::accounts::{Accounts, creation, rare_metadata, rare_tag};

use super::Technology;
use super::call::{Call, Expected};
use super::filling::{Filled, Store};
use super::operation::Operation;

/// Pages that are walked on from the first one.
const NEXT_PAGES: usize = 50;
/// An odd number near the golden ratio of 2^64: its multiples are spread evenly over any range.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

pub(super) struct Subject {
    pub(super) filled: Filled,
    /// Dropped, or closed, where the operations are not measured.
    pub(super) store: Store,
    /// The number of the next account that is not there yet.
    next_new: u64,
    next_cursors: Vec<Cursor>,
    deep_cursors: Vec<Cursor>,
}

impl Subject {
    pub(super) fn open(runtime: &Runtime, filled: Filled) -> Result<Self> {
        let store = filled.open(runtime, None)?;
        let next_cursors = runtime.block_on(walk(&*store.users))?;
        Ok(Self {
            next_new: filled.there,
            next_cursors,
            deep_cursors: filled.accounts.cursors_in_the_middle(),
            filled,
            store,
        })
    }

    pub(super) fn technology(&self) -> Technology {
        self.filled.technology
    }

    pub(super) fn size(&self) -> u64 {
        self.filled.accounts.count()
    }

    pub(super) fn users(&self) -> Arc<dyn UserStore> {
        self.store.users.clone()
    }

    /// The call with this number of an operation, and what must come of it.
    pub(super) fn call(&mut self, operation: Operation, number: u64) -> (Call, Expected) {
        let word = Accounts::RARE_WORDS[below(number, Accounts::RARE_WORDS.len())];
        let searched = |filter: UserFilter| {
            let query = UserQuery {
                filter: UserFilter {
                    status: Some(Status::Enabled),
                    ..filter
                },
                ..UserQuery::default()
            };
            (
                Call::Page(query),
                Expected::FullPageOf(Accounts::PER_RARE_WORD),
            )
        };
        let behind = |cursors: &[Cursor]| {
            let cursor = cursors[below(number, cursors.len())].clone();
            let query = UserQuery {
                position: Position::After(cursor),
                ..UserQuery::default()
            };
            (Call::Page(query), Expected::FullPage)
        };
        match operation {
            Operation::FindById => (Call::Find(self.somebody(number).id), Expected::One),
            Operation::FindByEmail => {
                let email = self.somebody(number).email;
                (Call::FindByLogin(email.as_str().to_owned()), Expected::One)
            }
            Operation::FindByUsername => {
                let user = self.somebody(number);
                let identity = user.username.as_ref().map_or("", Username::as_str);
                (Call::FindByLogin(identity.to_owned()), Expected::One)
            }
            Operation::Insert => {
                let user = self.filled.accounts.user(self.next_new);
                self.next_new += 1;
                let effects = vec![creation(&user)];
                (Call::Insert(Box::new(user), effects), Expected::One)
            }
            Operation::FirstPage => (Call::Page(UserQuery::default()), Expected::FullPage),
            Operation::NextPage => behind(&self.next_cursors),
            Operation::DeepPage => behind(&self.deep_cursors),
            Operation::Total => {
                // Nine in ten are enabled, and some more.
                let least = self.size() / 10 * 9;
                let filter = UserQuery::default().filter;
                (Call::Count(filter), Expected::TotalFrom(least))
            }
            Operation::PartOfUsername => searched(UserFilter {
                username: Some(word.to_owned()),
                ..UserFilter::default()
            }),
            Operation::PartOfEmail => searched(UserFilter {
                email: Some(word.to_owned()),
                ..UserFilter::default()
            }),
            Operation::Tag => searched(UserFilter {
                tags: Some(TagFilter::All(vec![rare_tag(word)])),
                ..UserFilter::default()
            }),
            Operation::Metadata => searched(UserFilter {
                metadata: Some(rare_metadata(word)),
                ..UserFilter::default()
            }),
        }
    }

    /// One of the enabled accounts, another one for each number.
    fn somebody(&self, number: u64) -> User {
        let accounts = self.filled.accounts;
        let mut place = number.wrapping_mul(SPREAD);
        loop {
            let user = accounts.user(place % accounts.count());
            if user.status == Status::Enabled {
                return user;
            }
            place = place.wrapping_add(1);
        }
    }
}

/// The cursors of the first pages.
async fn walk(store: &dyn UserStore) -> Result<Vec<Cursor>> {
    let mut query = UserQuery::default();
    let mut cursors = Vec::new();
    while cursors.len() < NEXT_PAGES {
        let page = store.page(&query).await?;
        let Some(last) = page.items.last().filter(|_| page.more) else {
            break;
        };
        let cursor = Cursor::after(last, &query.filter, query.sort);
        // Behind it there has to be a full page.
        if page.total < (cursors.len() as u64 + 3) * UserQuery::DEFAULT_LIMIT {
            break;
        }
        query.position = Position::After(cursor.clone());
        cursors.push(cursor);
    }
    cursors.first().context("the first page is the last one")?;
    Ok(cursors)
}

fn below(number: u64, limit: usize) -> usize {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    usize::try_from(number % limit).unwrap_or_default()
}
