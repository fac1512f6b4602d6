//! Proof that the statements that run often find their rows through indexes: one that does not is
//! right on a desk and too slow with a hundred thousand accounts.

use diesel::debug_query;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use users_domain::model::{Cursor, Order, Sort, SortDirection, Status, UserFilter, UserQuery};
use users_testkit::people::user;

use crate::connect::{Access, Connector};
use crate::cursor::behind_key;
use crate::export::rows_behind;
use crate::filter::{
    UsersQuery, enabled_administrators, holders, listed, login_candidates, others_with_email,
    others_with_username,
};
use crate::one_time_codes::{REMOVE_USELESS, VOID};
use crate::outbox::{DEPTH, DUE};
use crate::row::UserRow;

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// How SQLite would carry out a statement on a fresh database.
fn plan(statement: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users.sqlite");
    crate::migrate::run(&path).unwrap();
    let mut connection = Connector::new(&path).connect(Access::Read).unwrap();
    let steps: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}"))
        .load(&mut connection)
        .unwrap();
    steps.into_iter().map(|step| step.detail + "\n").collect()
}

fn plan_of(query: UsersQuery) -> String {
    plan(&debug_query::<Sqlite, _>(&query.select(UserRow::as_select())).to_string())
}

#[test]
fn who_is_meant_is_found_through_an_index() {
    let text = || "a".to_owned();
    for (query, indexes) in [
        (
            login_candidates(text(), text()),
            &["users_email_idx", "users_username_idx"][..],
        ),
        (others_with_email(text(), text()), &["users_email_idx"]),
        (
            others_with_username(text(), text()),
            &["users_username_idx"],
        ),
        (enabled_administrators(), &["users_status_role_idx"]),
    ] {
        let plan = plan_of(query);
        assert!(indexes.iter().all(|index| plan.contains(index)), "{plan}");
    }
}

#[test]
fn who_has_the_names_of_an_arriving_account_is_found_through_indexes() {
    let plan = plan_of(holders(&user("ada")));
    for index in [
        "(id=?)",
        "users_email_idx (<expr>=?)",
        "users_username_idx (<expr>=?)",
    ] {
        assert!(plan.contains(index), "{plan}");
    }
    assert!(!plan.contains("SCAN"), "{plan}");
}

#[test]
fn an_export_walks_along_the_ids() {
    for (after, range) in [(None, "(id<?)"), (Some(&b"a"[..]), "(id>? AND id<?)")] {
        let plan = plan_of(rows_behind(after, 10));
        assert!(plan.contains(range), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}

#[test]
fn the_usual_orders_need_no_sorting() {
    let filter = UserFilter {
        status: Some(Status::Enabled),
        ..UserFilter::default()
    };
    for (order, index) in [
        (Order::UpdatedAt, "users_updated_at_created_at_id_idx"),
        (Order::CreatedAt, "users_created_at_id_idx"),
    ] {
        for direction in [SortDirection::Ascending, SortDirection::Descending] {
            let sort = Sort { order, direction };
            let plan = plan_of(listed(&filter, sort).limit(10).offset(0));
            assert!(
                plan.contains(index) && !plan.contains("TEMP B-TREE"),
                "{sort:?}\n{plan}"
            );
        }
    }
}

#[test]
fn a_page_behind_a_cursor_begins_in_the_index() {
    for (order, column, index) in [
        (
            Order::UpdatedAt,
            "coalesce(updated_at, created_at)",
            "users_updated_at_created_at_id_idx",
        ),
        (Order::CreatedAt, "created_at", "users_created_at_id_idx"),
    ] {
        for direction in [SortDirection::Ascending, SortDirection::Descending] {
            let query = UserQuery {
                sort: Sort { order, direction },
                ..UserQuery::default()
            };
            let cursor = Cursor::after(&user("ada"), &query.filter, query.sort);
            for (number, part) in behind_key(column, &query, &cursor).into_iter().enumerate() {
                let plan = plan_of(part.limit(10));
                let search = format!("SEARCH users USING INDEX {index}");
                assert!(plan.contains(&search), "{:?}\n{plan}", query.sort);
                // Behind the first part come rows without any time, which are few.
                let sorts = plan.contains("TEMP B-TREE");
                assert!(!sorts || number > 0, "{:?}\n{plan}", query.sort);
            }
        }
    }
}

#[test]
fn codes_are_found_through_indexes() {
    for (statement, indexes) in [
        (VOID, &["one_time_codes_user_id_idx"][..]),
        (
            REMOVE_USELESS,
            &[
                "one_time_codes_expires_at_idx",
                "one_time_codes_used_at_idx",
            ],
        ),
    ] {
        let plan = plan(statement);
        assert!(indexes.iter().all(|index| plan.contains(index)), "{plan}");
        assert!(!plan.contains("SCAN one_time_codes\n"), "{plan}");
    }
}

#[test]
fn a_claim_passes_over_waiting_items_in_an_index() {
    let plan = plan(DUE);
    assert!(
        plan.contains("outbox_kind_parked_at_id_due_at_idx"),
        "{plan}"
    );
    assert!(plan.contains("outbox_kind_key_id_idx"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
}

#[test]
fn the_depth_reads_no_items() {
    let plan = plan(DEPTH);
    assert_eq!(plan.matches("USING COVERING INDEX").count(), 2, "{plan}");
    assert!(!plan.contains("SCAN outbox"), "{plan}");
}
