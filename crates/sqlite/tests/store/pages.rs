//! Pages of lists long enough for no index to be asked who is on them.

use diesel::connection::SimpleConnection;
use users_domain::model::{Cursor, Position, Role, Status, UserFilter, UserQuery};
use users_domain::ports::UserStore;

use crate::fixture::Fixture;

/// More than a third of them disabled, and a third administrators.
const FILL: &str = "
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 3000)
    INSERT INTO users (id, email, first_name, last_name, created_at, status, role)
    SELECT 'id-' || n, 'e' || n, '', '', n, n % 20 < 7, n % 3 = 0 FROM numbers";

#[tokio::test]
async fn whoever_many_are_found_with_is_looked_at() {
    let fixture = Fixture::new();
    let store = fixture.open();
    fixture.connection().batch_execute(FILL).unwrap();
    for (status, role, passing) in [
        (Some(Status::Disabled), None, 1_050),
        (Some(Status::Disabled), Some(Role::User), 700),
        (Some(Status::Enabled), Some(Role::User), 1_300),
        (None, Some(Role::User), 2_000),
        (None, Some(Role::Admin), 1_000),
    ] {
        let filter = UserFilter {
            status,
            role,
            ..UserFilter::default()
        };
        let mut query = UserQuery {
            filter: filter.clone(),
            limit: 5_000,
            ..UserQuery::default()
        };
        let whole = store.page(&query).await.unwrap();
        assert_eq!((whole.items.len(), whole.total), (passing, passing as u64));
        for user in &whole.items {
            assert!(status.is_none_or(|status| user.status == status));
            assert!(role.is_none_or(|role| user.role == role));
        }
        let behind = &whole.items[passing - 600..];
        let last = &whole.items[passing - 601];
        for position in [
            Position::Offset(passing as u64 - 600),
            Position::After(Cursor::after(last, &filter, query.sort)),
        ] {
            query.position = position;
            assert!(store.page(&query).await.unwrap().items == behind);
        }
    }
}
