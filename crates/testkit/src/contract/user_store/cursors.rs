//! A long list page by page, each behind the last account of the one before.

use std::collections::HashSet;
use std::time::Duration;

use users_domain::model::{
    Cursor, Order, Page, PersonName, Position, Sort, SortDirection, Status, User, UserFilter,
    UserId, UserQuery, Username,
};

use super::{UserStoreUnderTest, id};
use crate::contract::material::{LONG_AGO, decide};
use crate::people::user;

/// How many accounts stand in these lists.
const MANY: u64 = 23;
/// The finest step of time that a store can tell.
const STEP: Duration = Duration::from_micros(1);

const DIRECTIONS: [SortDirection; 2] = [SortDirection::Ascending, SortDirection::Descending];

fn name(text: &str) -> PersonName {
    PersonName::from_stored(text.to_owned())
}

/// An account whose values many others share or lack, so that the id often has to decide.
fn one_of_many(number: u64) -> User {
    let text = format!("user{}", number * 7 % MANY);
    let moment = |step: u64| match step {
        0 => None,
        step => Some(LONG_AGO + STEP * u32::try_from(step).unwrap_or_default()),
    };
    User {
        username: (!number.is_multiple_of(3)).then(|| Username::from_stored(text.clone())),
        first_name: name(["", "A", "a"][(number % 3) as usize]),
        last_name: name("Same"),
        created_at: moment(number % 4),
        updated_at: moment(number % 5),
        ..user(&text)
    }
}

impl UserStoreUnderTest {
    async fn put_many(&self) {
        for number in 0..MANY {
            self.insert(one_of_many(number)).await;
        }
    }

    async fn page_at(
        &self,
        filter: &UserFilter,
        sort: Sort,
        position: Position,
        limit: u64,
    ) -> Page<User> {
        let query = UserQuery {
            filter: filter.clone(),
            sort,
            position,
            limit,
        };
        self.store.page(&query).await.unwrap()
    }

    /// The whole list, in as many pages as it takes; each must know the total and what follows.
    pub(super) async fn walk(&self, filter: &UserFilter, sort: Sort, limit: u64) -> Vec<User> {
        let mut walked: Vec<User> = Vec::new();
        let mut position = Position::START;
        loop {
            let page = self.page_at(filter, sort, position, limit).await;
            assert!(page.items.len() as u64 <= limit);
            walked.extend(page.items);
            let so_far = walked.len() as u64;
            assert!(so_far <= page.total, "{sort:?} goes round and round");
            assert_eq!(page.more, so_far < page.total, "{sort:?} after {so_far}");
            if !page.more {
                return walked;
            }
            position = after(walked.last().expect("more follow it"), filter, sort);
        }
    }
}

/// The place behind an account, as a caller sends it back.
fn after(user: &User, filter: &UserFilter, sort: Sort) -> Position {
    let text = Cursor::after(user, filter, sort).to_text();
    Position::After(Cursor::parse(&text, filter, sort).unwrap())
}

fn ids(users: &[User]) -> Vec<&UserId> {
    users.iter().map(|user| &user.id).collect()
}

pub async fn pages_behind_cursors_are_the_whole_list(subject: &UserStoreUnderTest) {
    subject.put_many().await;
    let all = UserFilter::default();
    for (_, order) in Order::ALL {
        for direction in DIRECTIONS {
            let sort = Sort { order, direction };
            let whole = subject.page_at(&all, sort, Position::START, 100).await;
            assert_eq!(whole.items.len() as u64, MANY);
            for limit in [1, 2, 3, 7, MANY - 1, MANY, MANY + 1, u64::MAX] {
                let walked = subject.walk(&all, sort, limit).await;
                assert_eq!(walked, whole.items, "{sort:?}, {limit} a page");
            }
        }
    }
}

pub async fn a_limit_of_nothing_behind_a_cursor_gives_the_total_alone(
    subject: &UserStoreUnderTest,
) {
    subject.put_many().await;
    let (all, sort) = (UserFilter::default(), Sort::default());
    let whole = subject.walk(&all, sort, 100).await;
    for (position, user) in whole.iter().enumerate() {
        let page = subject
            .page_at(&all, sort, after(user, &all, sort), 0)
            .await;
        assert_eq!((page.items.len(), page.total), (0, MANY));
        assert_eq!(page.more, position + 1 < whole.len());
    }
}

pub async fn the_account_that_a_cursor_names_need_not_be_there(subject: &UserStoreUnderTest) {
    subject.put_many().await;
    let all = UserFilter::default();
    for (_, order) in Order::ALL {
        for direction in DIRECTIONS {
            let sort = Sort { order, direction };
            let whole = subject.walk(&all, sort, 100).await;
            for (position, user) in whole.iter().enumerate() {
                // Somebody who stood next to him, towards the greater ids.
                let gone = User {
                    id: id(&format!("{}!", user.id)),
                    ..user.clone()
                };
                let behind = match direction {
                    SortDirection::Ascending => &whole[position + 1..],
                    SortDirection::Descending => &whole[position..],
                };
                let position = after(&gone, &all, sort);
                let page = subject.page_at(&all, sort, position, 100).await;
                assert_eq!(page.items, behind, "{sort:?}");
                assert_eq!((page.total, page.more), (MANY, false));
            }
        }
    }
}

pub async fn a_cursor_goes_by_the_key_that_it_has(subject: &UserStoreUnderTest) {
    for text in ["b", "d", "f", "h"] {
        let account = User {
            username: Some(Username::from_stored(text.to_owned())),
            ..user(text)
        };
        subject.insert(account).await;
    }
    let sort = Sort {
        order: Order::Username,
        direction: SortDirection::Ascending,
    };
    let all = UserFilter::default();
    let cursor = after(&subject.get(&user("d").id).await, &all, sort);
    for (who, to, behind) in [
        // Nothing has changed yet.
        ("b", Some("b"), ["f", "h"].as_slice()),
        // Whom the cursor names is listed again where he stands now.
        ("d", Some("g"), &["f", "d", "h"]),
        ("d", Some("a"), &["f", "h"]),
        ("d", None, &["f", "h"]),
        // So is everybody else.
        ("b", Some("z"), &["f", "h", "b"]),
        ("f", Some("c"), &["h", "b"]),
        ("f", None, &["h", "b"]),
    ] {
        let change = decide(move |user| {
            user.username = to.map(|name| Username::from_stored(name.to_owned()));
        });
        subject.update(&user(who), change).await.unwrap();
        let page = subject.page_at(&all, sort, cursor.clone(), 100).await;
        let expected: Vec<_> = behind.iter().map(|name| user(name).id).collect();
        assert_eq!(ids(&page.items), expected.iter().collect::<Vec<_>>());
        assert_eq!((page.total, page.more), (4, false));
    }
}

/// Somebody who comes, or goes, while others look: before, among and behind those who stay.
fn passer_by(number: u64) -> User {
    let step = STEP * u32::try_from(number % 6).unwrap_or_default();
    User {
        id: id(&format!(
            "id-of-user{}-passer-by{number}",
            number * 7 % MANY
        )),
        created_at: (!number.is_multiple_of(5)).then(|| LONG_AGO - STEP * 2 + step),
        ..user(&format!("passer-by{number}"))
    }
}

pub async fn a_walk_in_an_order_that_never_changes_repeats_and_skips_nobody(
    subject: &UserStoreUnderTest,
) {
    subject.put_many().await;
    let enabled = UserQuery::default().filter;
    let staying: HashSet<_> = (0..MANY).map(|number| one_of_many(number).id).collect();
    let mut passed = 0;
    for order in [Order::CreatedAt, Order::Id] {
        for direction in DIRECTIONS {
            let sort = Sort { order, direction };
            let mut seen = HashSet::new();
            let mut position = Position::START;
            loop {
                let page = subject.page_at(&enabled, sort, position, 4).await;
                for user in &page.items {
                    assert!(seen.insert(user.id.clone()), "{sort:?}: {} twice", user.id);
                }
                let Some(last) = page.items.last().filter(|_| page.more) else {
                    break;
                };
                position = after(last, &enabled, sort);
                // Others come, some of them for a moment only; who was seen last goes, if he does
                // not belong to those who stay.
                for _ in 0..2 {
                    subject.insert(passer_by(passed)).await;
                    passed += 1;
                }
                subject.disable(&passer_by(passed - 1)).await;
                if !staying.contains(&last.id) {
                    subject.disable(last).await;
                }
                // And everybody changes in other fields, whom the cursor names too.
                let by = passed.to_string();
                let change = decide(move |user| {
                    user.first_name = name(&by);
                    user.updated_at = Some(LONG_AGO + STEP * 100);
                });
                subject.update(last, change).await.unwrap();
            }
            assert!(staying.is_subset(&seen), "{sort:?}");
        }
    }
}

impl UserStoreUnderTest {
    async fn disable(&self, user: &User) {
        let change = decide(|user| user.status = Status::Disabled);
        self.update(user, change).await.unwrap();
    }
}
