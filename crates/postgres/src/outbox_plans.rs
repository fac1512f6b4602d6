//! Proof that the statements of outbox and sessions find their rows through indexes, with a long
//! backlog in the tables.

use users_test_postgres::{Database, Server};

use crate::outbox::{DEPTH, DUE, held};
use crate::refresh_tokens::{REMOVE_EXPIRED, REVOKE_ALL};

/// A hundred thousand items and sessions.
fn filled() -> Database {
    let database = Server::shared().create_database();
    for sql in [
        include_str!("../migrations/0002_outbox/up.sql"),
        include_str!("../migrations/0003_refresh_sessions/up.sql"),
        include_str!("../migrations/0005_outbox_once/up.sql"),
        "INSERT INTO outbox (kind, key, format, payload, created_at, attempts, due_at, parked_at)
         SELECT 'event', 'key' || i % 10000, 1, '{}', now(),
            (i % 100 = 0)::integer, CASE WHEN i % 100 = 0 THEN now() + '1 hour' END,
            CASE WHEN i % 1000 = 1 THEN now() END
         FROM generate_series(1, 100000) AS i",
        "INSERT INTO refresh_sessions (id, user_id, generation, created_at, expires_at)
         SELECT 'session' || i, 'user' || i % 10000, 0, now(), now() + i * '1 minute'::interval
         FROM generate_series(1, 100000) AS i",
    ] {
        database.execute(sql);
    }
    database.execute("VACUUM ANALYZE outbox");
    database.execute("VACUUM ANALYZE refresh_sessions");
    database
}

/// How Postgres carries a statement out, for these values and for any.
fn plans(database: &Database, statement: &str, types: &str, values: &str) -> Vec<String> {
    ["force_custom_plan", "force_generic_plan"]
        .map(|mode| {
            let rows = database.query(&format!(
                "SET plan_cache_mode = {mode}; PREPARE statement ({types}) AS {statement};
                 EXPLAIN (COSTS OFF) EXECUTE statement ({values})"
            ));
            let lines = rows.into_iter().flatten().flatten();
            lines.map(|line| line + "\n").collect()
        })
        .to_vec()
}

#[test]
fn a_claim_takes_the_items_from_an_index_in_order() {
    let database = filled();
    let values = "'event', now(), 100";
    for plan in plans(&database, DUE, "text, timestamptz, bigint", values) {
        assert!(
            plan.contains("outbox_kind_parked_at_id_due_at_idx"),
            "{plan}"
        );
        assert!(plan.contains("outbox_kind_key_id_idx"), "{plan}");
        assert!(
            !plan.contains("Sort") && !plan.contains("Seq Scan"),
            "{plan}"
        );
    }
}

#[test]
fn a_held_item_is_found_by_its_name() {
    let database = filled();
    database.execute(
        "INSERT INTO outbox (kind, key, format, payload, created_at, due_at, once)
         SELECT 'relation', 'user' || i, 1, '{}', now(), now() + '10 s', 'name' || i
         FROM generate_series(1, 100000) AS i",
    );
    database.execute("VACUUM ANALYZE outbox");
    for statement in [held::SETTLE, held::LET_GO] {
        let values = "'relation', 'name7', now()";
        for plan in plans(&database, statement, "text, text, timestamptz", values) {
            assert!(plan.contains("outbox_kind_once_key"), "{plan}");
        }
    }
}

#[test]
fn the_depth_finds_the_oldest_and_the_parked_in_an_index() {
    let database = filled();
    for plan in plans(&database, DEPTH, "text", "'event'") {
        let index = "outbox_kind_parked_at_id_due_at_idx";
        // Pending is nearly everything here, to be counted one way or the other.
        assert!(plan.matches(index).count() >= 2, "{plan}");
        assert!(plan.contains("parked_at IS NOT NULL))"), "{plan}");
        assert!(!plan.contains("Sort"), "{plan}");
    }
}

#[test]
fn sessions_are_found_through_indexes() {
    let database = filled();
    for (statement, types, values, index) in [
        (
            REVOKE_ALL,
            "text",
            "'user1'",
            "refresh_sessions_user_id_created_at_id_idx",
        ),
        (
            REMOVE_EXPIRED,
            "timestamptz, bigint",
            "now(), 100",
            "refresh_sessions_expires_at_idx",
        ),
    ] {
        for plan in plans(&database, statement, types, values) {
            assert!(plan.contains(index), "{plan}");
            assert!(!plan.contains("Seq Scan"), "{plan}");
        }
    }
}
