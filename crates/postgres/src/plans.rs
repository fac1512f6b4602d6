//! Proof that the statements that run often find their rows through indexes: one that does not is
//! right on a desk and too slow with a hundred thousand accounts.

use std::sync::OnceLock;

use diesel::debug_query;
use diesel::pg::Pg;
use diesel::prelude::*;
use users_domain::model::{Cursor, Order, Sort, SortDirection, Status, UserFilter, UserQuery};
use users_test_postgres::{Database, Server};
use users_testkit::fakes::FixedClock;
use users_testkit::people::user;

use crate::cursor::behind_key;
use crate::filter::{
    UsersQuery, listed, login_candidates, others_with_email, others_with_username,
};
use crate::one_time_codes::{REMOVE_USELESS, USE_ADOPTED, VOID, VOID_ADOPTED};
use crate::row::UserRow;
use crate::{PostgresSettings, PostgresStore};

/// Twenty thousand accounts with codes of both kinds.
const FILL: [&str; 5] = [
    "INSERT INTO users (id, email, username, first_name, last_name, created_at, updated_at, role)
     SELECT 'id' || i, i || '@example.com', 'name' || i, 'First', 'Last',
        now() - i * '1 minute'::interval,
        CASE WHEN i % 3 = 0 THEN now() - i * '1 second'::interval END, (i % 5000 = 0)::integer
     FROM generate_series(1, 20000) AS i",
    "INSERT INTO one_time_codes (digest, purpose, user_id, email, created_at, expires_at, used_at)
     SELECT 'digest' || i, 'verify_email', 'id' || i, i || '@example.com', now(),
        now() + i * '1 minute'::interval, CASE WHEN i % 1000 = 0 THEN now() END
     FROM generate_series(1, 20000) AS i",
    "INSERT INTO users_verifications (user_id, email, otp, created_at, expires_at)
     SELECT 'id' || i, i || '@example.com', 'code', now(), now()
     FROM generate_series(1, 20000) AS i",
    "ANALYZE users",
    "ANALYZE one_time_codes, users_verifications",
];

fn filled() -> &'static Database {
    static FILLED: OnceLock<Database> = OnceLock::new();
    FILLED.get_or_init(|| {
        let database = Server::shared().create_database();
        let connection = database.connection().clone();
        let settings = PostgresSettings::new(
            connection.host,
            connection.port,
            connection.user,
            connection.password.unwrap_or_default().into(),
            connection.database,
        );
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let store = PostgresStore::new(settings, std::sync::Arc::new(FixedClock::new()));
            let store = store.unwrap();
            store.migrate().await.unwrap();
            store.close().await;
        });
        for sql in FILL {
            database.execute(sql);
        }
        database
    })
}

/// How Postgres carries a statement out, whatever the values are.
fn plan(statement: &str) -> String {
    let statement = statement.split(" -- binds").next().unwrap();
    let places = (1..).take_while(|number| statement.contains(&format!("${number}")));
    let values = vec!["NULL"; places.count()].join(", ");
    let values = match values.as_str() {
        "" => String::new(),
        values => format!("({values})"),
    };
    let rows = filled().query(&format!(
        "SET plan_cache_mode = force_generic_plan;
         PREPARE statement AS {statement};
         EXPLAIN (COSTS OFF) EXECUTE statement {values}"
    ));
    let lines = rows.into_iter().flatten().flatten();
    lines.map(|line| line + "\n").collect()
}

fn plan_of(query: UsersQuery) -> String {
    plan(&debug_query::<Pg, _>(&query.select(UserRow::as_select())).to_string())
}

fn assert_uses(plan: &str, indexes: &[&str]) {
    for index in indexes {
        assert!(plan.contains(index), "{index}\n{plan}");
    }
    assert!(!plan.contains("Seq Scan"), "{plan}");
}

#[test]
fn who_is_meant_is_found_through_an_index() {
    let text = || "a".to_owned();
    for (query, indexes) in [
        (
            login_candidates("a"),
            &["users_by_folded_email_idx", "users_by_folded_username_idx"][..],
        ),
        (
            others_with_email(text(), text()),
            &["users_by_folded_email_idx"],
        ),
        (
            others_with_username(text(), text()),
            &["users_by_folded_username_idx"],
        ),
    ] {
        assert_uses(&plan_of(query), indexes);
    }
}

const ORDERS: [(Order, &str, &str); 2] = [
    (
        Order::UpdatedAt,
        "coalesce(users.updated_at, users.created_at)",
        "users_by_updated_at_created_at_id_idx",
    ),
    (
        Order::CreatedAt,
        "users.created_at",
        "users_by_created_at_id_idx",
    ),
];

#[test]
fn the_usual_orders_need_no_sorting() {
    let filter = UserFilter {
        status: Some(Status::Enabled),
        ..UserFilter::default()
    };
    for (order, _, index) in ORDERS {
        for direction in [SortDirection::Ascending, SortDirection::Descending] {
            let sort = Sort { order, direction };
            let plan = plan_of(listed(&filter, sort).limit(10));
            assert_uses(&plan, &[index]);
            assert!(!plan.contains("Sort"), "{sort:?}\n{plan}");
        }
    }
}

#[test]
fn a_page_behind_a_cursor_begins_in_the_index() {
    for (order, column, index) in ORDERS {
        for direction in [SortDirection::Ascending, SortDirection::Descending] {
            let query = UserQuery {
                sort: Sort { order, direction },
                ..UserQuery::default()
            };
            let cursor = Cursor::after(&user("ada"), &query.filter, query.sort);
            for part in behind_key(column, &query, &cursor) {
                let plan = plan_of(part.limit(10));
                assert_uses(&plan, &[index]);
                assert!(plan.contains("Index Cond"), "{:?}\n{plan}", query.sort);
                assert!(!plan.contains("Sort"), "{:?}\n{plan}", query.sort);
            }
        }
    }
}

#[test]
fn codes_are_found_through_indexes() {
    for (statement, indexes) in [
        (VOID, &["one_time_codes_user_id_idx"][..]),
        (VOID_ADOPTED, &["idx_users_verifications_lookup"]),
        (USE_ADOPTED, &["idx_users_verifications_lookup"]),
        (
            REMOVE_USELESS,
            &[
                "one_time_codes_expires_at_idx",
                "one_time_codes_used_at_idx",
            ],
        ),
    ] {
        assert_uses(&plan(statement), indexes);
    }
}
