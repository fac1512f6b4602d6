//! Proof that the statements that run often find their rows through indexes: one that does not is
//! right on a desk and too slow with a hundred thousand accounts.

use diesel::debug_query;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use users_testkit::fakes::FixedClock;
use users_testkit::people::user;

use crate::connect::{Access, Connector};
use crate::export::rows_behind;
use crate::filter::{
    UsersQuery, enabled_administrators, holders, login_candidates, others_with_email,
    others_with_username, with_ids,
};
use crate::one_time_codes::{REMOVE_USELESS, VOID};
use crate::outbox::{DEPTH, DUE, held};
use crate::purge::not_deleted_later;
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
    plan_on(
        &mut Connector::new(&path).connect(Access::Read).unwrap(),
        statement,
    )
}

/// How SQLite would carry out a statement on a database.
pub(crate) fn plan_on(connection: &mut SqliteConnection, statement: &str) -> String {
    let steps: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}"))
        .load(connection)
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
        (
            with_ids(vec![text(), text()]),
            &["SEARCH users USING INDEX sqlite_autoindex_users_1"],
        ),
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
fn the_few_deleted_are_found_without_walking_past_everybody_else() {
    for after in [None, Some(b"a".to_vec())] {
        let plan = plan_of(not_deleted_later(FixedClock::START, after).limit(10));
        assert!(plan.contains("users_status_role_idx (status=?)"), "{plan}");
        assert!(!plan.contains("SCAN"), "{plan}");
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
fn a_held_item_is_found_by_its_name() {
    for statement in [held::SETTLE, held::LET_GO] {
        let plan = plan(statement);
        assert!(
            plan.contains("outbox_kind_once_key (kind=? AND once=?)"),
            "{plan}"
        );
    }
}

#[test]
fn the_depth_reads_no_items() {
    let plan = plan(DEPTH);
    assert_eq!(plan.matches("USING COVERING INDEX").count(), 2, "{plan}");
    assert!(!plan.contains("SCAN outbox"), "{plan}");
}
