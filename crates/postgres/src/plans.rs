//! Proof that the statements that run often find their rows through indexes: one that does not is
//! right on a desk and too slow with a hundred thousand accounts.

use std::sync::OnceLock;

use diesel::debug_query;
use diesel::pg::Pg;
use diesel::prelude::*;
use users_domain::model::{
    Cursor, Metadata, Order, PagePlan, Role, Sort, SortDirection, Status, TagFilter, UserFilter,
    UserQuery,
};
use users_test_postgres::{Database, Server};
use users_testkit::fakes::FixedClock;
use users_testkit::people::user;

use crate::cursor::List;
use crate::filter::{
    ID, UsersQuery, filtered, key, listed, login_candidates, others_with_email,
    others_with_username, planned, with_ids,
};
use crate::one_time_codes::{REMOVE_USELESS, USE_ADOPTED, VOID, VOID_ADOPTED};
use crate::purge::not_deleted_later;
use crate::row::UserRow;
use crate::{PostgresSettings, PostgresStore};

/// Twenty thousand accounts with codes of both kinds.
const FILL: [&str; 5] = [
    "INSERT INTO users (id, email, username, first_name, last_name, created_at, updated_at, role,
                        status, tags, metadata)
     SELECT md5('id' || i), md5('mail' || i) || '@example.com', md5('name' || i), md5('first' || i),
        md5('last' || i), now() - i * '1 minute'::interval,
        CASE WHEN i % 3 = 0 THEN now() - i * '1 second'::interval END, (i % 5000 = 0)::integer,
        (i % 1000 = 0)::integer, ARRAY['all', 'tag ' || i % 500],
        jsonb_build_object('all', true, 'n', i % 500)
     FROM generate_series(1, 20000) AS i",
    "INSERT INTO one_time_codes (digest, purpose, user_id, email, created_at, expires_at, used_at)
     SELECT 'digest' || i, 'verify_email', md5('id' || i), i || '@example.com', now(),
        now() + i * '1 minute'::interval, CASE WHEN i % 1000 = 0 THEN now() END
     FROM generate_series(1, 20000) AS i",
    "INSERT INTO users_verifications (user_id, email, otp, created_at, expires_at)
     SELECT md5('id' || i), i || '@example.com', 'code', now(), now()
     FROM generate_series(1, 20000) AS i",
    "ANALYZE users",
    "ANALYZE one_time_codes, users_verifications",
];

pub(crate) fn filled() -> &'static Database {
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
    let places = (1..).take_while(|number| statement.contains(&format!("${number}")));
    let values: Vec<&str> = places.map(|_| "NULL").collect();
    plan_with(statement, &values, "force_generic_plan")
}

fn plan_with(statement: &str, values: &[&str], mode: &str) -> String {
    let statement = statement.split(" -- binds").next().unwrap();
    let values = match values {
        [] => String::new(),
        values => format!("({})", values.join(", ")),
    };
    let rows = filled().query(&format!(
        "SET plan_cache_mode = {mode};
         PREPARE statement AS {statement};
         EXPLAIN (COSTS OFF) EXECUTE statement {values}"
    ));
    let lines = rows.into_iter().flatten().flatten();
    lines.map(|line| line + "\n").collect()
}

pub(crate) fn plan_of(query: UsersQuery) -> String {
    plan(&statement(query))
}

fn statement(query: UsersQuery) -> String {
    debug_query::<Pg, _>(&query.select(UserRow::as_select())).to_string()
}

pub(crate) fn assert_uses(plan: &str, indexes: &[&str]) {
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
        (with_ids(vec![text(), text()]), &["clients_pkey"]),
    ] {
        assert_uses(&plan_of(query), indexes);
    }
}

const ORDERS: [(Order, &str); 7] = [
    (Order::UpdatedAt, "users_by_updated_at_created_at_id_idx"),
    (Order::CreatedAt, "users_by_created_at_id_idx"),
    (Order::FirstName, "users_by_first_name_id_idx"),
    (Order::LastName, "users_by_last_name_id_idx"),
    (Order::Username, "users_by_username_id_idx"),
    (Order::Email, "users_by_email_id_idx"),
    (Order::Id, "users_by_id_idx"),
];

const DIRECTIONS: [SortDirection; 2] = [SortDirection::Ascending, SortDirection::Descending];

#[test]
fn no_order_needs_sorting_where_it_is_walked_along() {
    let filter = UserFilter {
        status: Some(Status::Enabled),
        ..UserFilter::default()
    };
    for (order, index) in ORDERS {
        for direction in DIRECTIONS {
            let sort = Sort { order, direction };
            let plan = plan_of(listed(&filter, sort, PagePlan::Walk).limit(10));
            assert_uses(&plan, &[index]);
            assert!(!plan.contains("Sort"), "{sort:?}\n{plan}");
        }
    }
}

/// The parts of what comes behind a cursor.
fn behind(query: &UserQuery, plan: PagePlan) -> Vec<UsersQuery> {
    let cursor = Cursor::after(&user("ada"), &query.filter, query.sort);
    let list = List {
        query,
        id: planned(ID, plan),
        plan,
    };
    match key(query.sort.order) {
        None => list.behind_id(&cursor),
        Some(key) => list.behind_key(&planned(key, plan), &cursor),
    }
}

#[test]
fn a_page_behind_a_cursor_begins_in_the_index() {
    for (order, index) in ORDERS {
        for direction in DIRECTIONS {
            let query = UserQuery {
                sort: Sort { order, direction },
                ..UserQuery::default()
            };
            for part in behind(&query, PagePlan::Walk) {
                let plan = plan_of(part.limit(10));
                assert_uses(&plan, &[index]);
                assert!(plan.contains("Index Cond"), "{:?}\n{plan}", query.sort);
                assert!(!plan.contains("Sort"), "{:?}\n{plan}", query.sort);
            }
        }
    }
}

/// Each filter that few pass, with its values as SQL and its index.
fn filters() -> Vec<(UserFilter, Vec<&'static str>, &'static str)> {
    let any = UserFilter::default;
    let part = || Some("abcdef".to_owned());
    let like = || vec!["'%abcdef%'"];
    let trigrams = "users_by_trigrams_idx";
    let tags = || vec!["tag 7".to_owned(), "all".to_owned()];
    let at = users_domain::model::Timestamp::UNIX_EPOCH;
    let created = "users_by_created_at_id_idx";
    vec![
        (
            UserFilter {
                id: part(),
                ..any()
            },
            like(),
            trigrams,
        ),
        (
            UserFilter {
                username: part(),
                ..any()
            },
            like(),
            trigrams,
        ),
        (
            UserFilter {
                email: part(),
                ..any()
            },
            like(),
            trigrams,
        ),
        (
            UserFilter {
                first_name: part(),
                ..any()
            },
            like(),
            trigrams,
        ),
        (
            UserFilter {
                last_name: part(),
                ..any()
            },
            like(),
            trigrams,
        ),
        (
            UserFilter {
                tags: Some(TagFilter::All(tags())),
                ..any()
            },
            vec!["'{tag 7, all}'", "'{tag 7, all}'"],
            "users_by_tags_idx",
        ),
        (
            UserFilter {
                tags: Some(TagFilter::Any(tags())),
                ..any()
            },
            vec!["'{tag 7, tag 8}'", "'{tag 7, tag 8}'"],
            "users_by_tags_idx",
        ),
        (
            UserFilter {
                metadata: Some(Metadata::from_stored(r#"{"n":7,"all":true}"#.to_owned())),
                ..any()
            },
            vec![r#"'{"n":7,"all":true}'"#],
            "users_by_metadata_idx",
        ),
        (
            UserFilter {
                created_from: Some(at),
                ..any()
            },
            vec!["now() - '1 hour'::interval"],
            created,
        ),
        (
            UserFilter {
                created_to: Some(at),
                ..any()
            },
            vec!["now() - '19900 minutes'::interval"],
            created,
        ),
        (
            UserFilter {
                status: Some(Status::Disabled),
                ..any()
            },
            vec![],
            "users_by_other_status_idx",
        ),
        (
            UserFilter {
                role: Some(Role::Admin),
                ..any()
            },
            vec![],
            "users_by_administrator_idx",
        ),
        (
            UserFilter {
                role: Some(Role::Admin),
                status: Some(Status::Enabled),
                ..any()
            },
            vec![],
            "users_by_administrator_idx",
        ),
    ]
}

#[test]
fn what_few_pass_is_counted_through_the_filters_index() {
    for (filter, values, index) in filters() {
        let count = filtered(&filter).count();
        let count = debug_query::<Pg, _>(&count).to_string();
        assert_uses(&plan_with(&count, &values, "force_custom_plan"), &[index]);
    }
}

#[test]
fn what_few_pass_is_gathered_through_the_filters_index_in_every_order() {
    for (filter, values, index) in filters() {
        for (order, _) in ORDERS {
            for direction in DIRECTIONS {
                let sort = Sort { order, direction };
                let page = statement(listed(&filter, sort, PagePlan::Gather).limit(11));
                let values = [&values[..], &["11"]].concat();
                let plan = plan_with(&page, &values, "force_custom_plan");
                assert_uses(&plan, &[index]);
                assert!(plan.contains("Sort"), "{sort:?}\n{plan}");
            }
        }
    }
}

#[test]
fn what_few_pass_is_gathered_behind_a_cursor_too() {
    for (filter, values, index) in filters() {
        for (order, _) in ORDERS {
            let query = UserQuery {
                filter: filter.clone(),
                sort: Sort {
                    order,
                    ..Sort::default()
                },
                ..UserQuery::default()
            };
            for part in behind(&query, PagePlan::Gather) {
                let page = statement(part.limit(11));
                let more = (1..).take_while(|number| page.contains(&format!("${number}")));
                let mut values = values.clone();
                let key = match order {
                    Order::CreatedAt | Order::UpdatedAt => "now()",
                    _ => "'f'",
                };
                // The key and the id, or the id alone, or neither; and the limit.
                match more.count() - values.len() {
                    3 => values.extend([key, "'f'"]),
                    2 => values.push("'f'"),
                    _ => {}
                }
                values.push("11");
                let plan = plan_with(&page, &values, "force_custom_plan");
                assert_uses(&plan, &[index]);
            }
        }
    }
}

#[test]
fn the_few_deleted_are_found_without_walking_past_everybody_else() {
    for after in [None, Some("a".to_owned())] {
        let plan = plan_of(not_deleted_later(FixedClock::START, after).limit(10));
        assert_uses(&plan, &["users_by_other_status_idx"]);
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
