//! A long list in parts.

use users_domain::model::{Order, Position, Sort, SortDirection, User, UserFilter, UserQuery};

use super::UserStoreUnderTest;
use crate::people::{a_disabled_user, user};

/// How many accounts pass in these promises.
const MANY: u64 = 23;

impl UserStoreUnderTest {
    /// Keeps [`MANY`] enabled accounts, and a few others.
    async fn fill(&self) {
        for number in 0..MANY {
            self.insert(User {
                // Ties, so that only the id keeps pages apart.
                created_at: None,
                ..user(&format!("user{}", number * 7 % MANY))
            })
            .await;
        }
        for name in ["ada", "grace", "joan"] {
            self.insert(a_disabled_user(name)).await;
        }
    }
}

fn query(sort: Sort, offset: u64, limit: u64) -> UserQuery {
    UserQuery {
        sort,
        position: Position::Offset(offset),
        limit,
        ..UserQuery::default()
    }
}

pub async fn pages_together_are_the_whole_list(subject: &UserStoreUnderTest) {
    subject.fill().await;
    for (_, order) in Order::ALL {
        for direction in [SortDirection::Ascending, SortDirection::Descending] {
            let sort = Sort { order, direction };
            let whole = subject
                .store
                .page(&query(sort, 0, 100))
                .await
                .unwrap()
                .items;
            assert_eq!(whole.len() as u64, MANY);
            for limit in [1, 2, 3, 7, MANY - 1, MANY, MANY + 1] {
                let mut together = Vec::new();
                for offset in (0..MANY).step_by(usize::try_from(limit).unwrap()) {
                    let page = subject
                        .store
                        .page(&query(sort, offset, limit))
                        .await
                        .unwrap();
                    assert!(page.items.len() as u64 <= limit);
                    together.extend(page.items);
                }
                assert_eq!(together, whole, "{sort:?}, {limit} a page");
            }
        }
    }
}

pub async fn the_total_counts_every_page(subject: &UserStoreUnderTest) {
    subject.fill().await;
    let part = UserFilter {
        username: Some("user1".to_owned()),
        ..UserFilter::default()
    };
    for filter in [UserQuery::default().filter, UserFilter::default(), part] {
        let count = subject.store.count(&filter).await.unwrap();
        for (offset, limit) in [(0, 1), (0, 100), (5, 10), (100, 10)] {
            let query = UserQuery {
                filter: filter.clone(),
                ..query(Sort::default(), offset, limit)
            };
            assert_eq!(subject.store.page(&query).await.unwrap().total, count);
        }
    }
}

pub async fn a_limit_of_nothing_gives_the_total_alone(subject: &UserStoreUnderTest) {
    subject.fill().await;
    for offset in [0, 5, MANY, u64::MAX] {
        let page = subject
            .store
            .page(&query(Sort::default(), offset, 0))
            .await
            .unwrap();
        assert_eq!((page.items.len(), page.total), (0, MANY));
    }
}

pub async fn a_page_past_the_end_is_empty_and_knows_the_total(subject: &UserStoreUnderTest) {
    subject.fill().await;
    for offset in [MANY, MANY + 1, 1_000_000, u64::from(u32::MAX) + 1] {
        let page = subject
            .store
            .page(&query(Sort::default(), offset, 10))
            .await
            .unwrap();
        assert_eq!((page.items.len(), page.total), (0, MANY), "{offset}");
    }
    let last = subject
        .store
        .page(&query(Sort::default(), MANY - 1, 10))
        .await
        .unwrap();
    assert_eq!(last.items.len(), 1);
}

pub async fn limits_and_offsets_may_be_any_number(subject: &UserStoreUnderTest) {
    subject.fill().await;
    for number in [i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX] {
        let all = subject
            .store
            .page(&query(Sort::default(), 0, number))
            .await
            .unwrap();
        assert_eq!((all.items.len() as u64, all.total), (MANY, MANY));
        let none = subject
            .store
            .page(&query(Sort::default(), number, number))
            .await
            .unwrap();
        assert_eq!((none.items.len(), none.total), (0, MANY));
        assert!(!all.more && !none.more, "{number}");
    }
}

pub async fn a_page_knows_whether_more_follow(subject: &UserStoreUnderTest) {
    subject.fill().await;
    for offset in [0, 1, MANY - 1, MANY, MANY + 1] {
        let left = MANY.saturating_sub(offset);
        for limit in [0, 1, 2, left.saturating_sub(1), left, left + 1, MANY] {
            let query = query(Sort::default(), offset, limit);
            let page = subject.store.page(&query).await.unwrap();
            assert_eq!(page.items.len() as u64, left.min(limit));
            assert_eq!(page.more, left > limit, "{limit} behind {offset}");
        }
    }
}
