//! Proof that accounts in bulk are found through indexes too, on the tables of [`crate::plans`].

use diesel::prelude::*;

use crate::export::behind;
use crate::import::{CREATE, SET, TAKEN};
use crate::plans::{assert_uses, filled, plan_of};

#[test]
fn an_export_goes_on_in_the_index() {
    for after in [None, Some("f".to_owned())] {
        let plan = plan_of(behind(after.clone()).limit(2000));
        assert_uses(&plan, &["users_by_id_idx"]);
        assert!(!plan.contains("Sort"), "{plan}");
        assert_eq!(plan.contains("Index Cond"), after.is_some(), "{plan}");
    }
}

#[test]
fn an_import_looks_each_name_up_in_its_index() {
    // Nobody has statistics of what has just arrived.
    let rows = filled().query(&format!(
        "BEGIN; {SET}; {CREATE};
         INSERT INTO pg_temp.arrivals (n, id, email, username)
         SELECT n, md5('new' || n), n || '@example.com', n FROM generate_series(1, 4000) AS n;
         EXPLAIN (COSTS OFF) {TAKEN}"
    ));
    let lines: Vec<String> = rows.into_iter().flatten().flatten().collect();
    let plan = lines.join("\n");
    let indexes = [
        "clients_pkey",
        "users_by_folded_email_idx",
        "users_by_folded_username_idx",
    ];
    for index in indexes {
        let found = format!("Index Scan using {index} on users");
        assert!(plan.contains(&found), "{index}\n{plan}");
    }
    assert!(!plan.contains("Seq Scan on users"), "{plan}");
}
