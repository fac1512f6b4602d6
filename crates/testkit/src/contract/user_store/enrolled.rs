//! Lists of a status and a role alone. Stores know their numbers without looking at an account, and
//! must look at the accounts all the same.

use users_domain::model::{
    Cursor, Order, Position, Role, Sort, SortDirection, Status, User, UserFilter, UserQuery,
};

use super::UserStoreUnderTest;
use super::lists::{compared, passes};
use crate::people::{an_admin, user};

const STATUSES: [Option<Status>; 4] = [
    None,
    Some(Status::Enabled),
    Some(Status::Disabled),
    Some(Status::Deleted),
];
const ROLES: [Option<Role>; 3] = [None, Some(Role::User), Some(Role::Admin)];
/// More than there are.
const EVERYBODY: u64 = 100;

fn sorts() -> impl Iterator<Item = Sort> {
    Order::ALL.into_iter().flat_map(|(_, order)| {
        [SortDirection::Ascending, SortDirection::Descending]
            .map(|direction| Sort { order, direction })
    })
}

impl UserStoreUnderTest {
    /// The page must be this part of a whole list.
    async fn assert_part(&self, query: &UserQuery, whole: &[&User], from: usize) {
        let limit = usize::try_from(query.limit).unwrap();
        let rest = whole.get(from..).unwrap_or_default();
        let expected: Vec<_> = rest.iter().take(limit).map(|user| &user.id).collect();
        let page = self.store.page(query).await.unwrap();
        let listed: Vec<_> = page.items.iter().map(|user| &user.id).collect();
        assert_eq!(
            (listed, page.total, page.more),
            (expected, whole.len() as u64, rest.len() > limit),
            "{query:?}"
        );
    }

    /// Lists of every status and role, in every order, by offset and by cursor, must hold those of
    /// these people who are of it.
    async fn assert_enrolled(&self, people: &[User]) {
        for (status, role) in STATUSES.into_iter().flat_map(|s| ROLES.map(|r| (s, r))) {
            let filter = UserFilter {
                status,
                role,
                ..UserFilter::default()
            };
            for sort in sorts() {
                let mut whole: Vec<_> = people.iter().filter(|one| passes(one, &filter)).collect();
                whole.sort_by(|one, other| compared(one, other, sort));
                let count = self.store.count(&filter).await.unwrap();
                assert_eq!(count, whole.len() as u64, "{filter:?}");
                let query = |position, limit| UserQuery {
                    filter: filter.clone(),
                    sort,
                    position,
                    limit,
                };
                for (from, limit) in [(0, EVERYBODY), (0, 2), (whole.len() * 2 / 3, EVERYBODY)] {
                    let position = Position::Offset(from as u64);
                    self.assert_part(&query(position, limit), &whole, from)
                        .await;
                }
                for from in (1..=whole.len()).step_by(2) {
                    for limit in [2, EVERYBODY] {
                        let last = whole[from - 1];
                        let position = Position::After(Cursor::after(last, &filter, sort));
                        self.assert_part(&query(position, limit), &whole, from)
                            .await;
                    }
                }
            }
        }
    }
}

pub async fn of_an_administrator_and_a_user_each_is_in_the_lists_of_their_own(
    subject: &UserStoreUnderTest,
) {
    let people = [an_admin("grace"), user("ada")];
    for one in &people {
        subject.insert(one.clone()).await;
    }
    subject.assert_enrolled(&people).await;
}

pub async fn lists_of_a_status_and_a_role_hold_nobody_else(subject: &UserStoreUnderTest) {
    let mut people = Vec::new();
    for number in 0..10 {
        let name = format!("user{}", number * 7 % 10);
        let statuses = [Status::Enabled, Status::Disabled, Status::Deleted];
        people.push(User {
            status: statuses[number % 3],
            ..if number % 5 < 3 {
                user(&name)
            } else {
                an_admin(&name)
            }
        });
    }
    for one in &people {
        subject.insert(one.clone()).await;
    }
    subject.assert_enrolled(&people).await;
}
