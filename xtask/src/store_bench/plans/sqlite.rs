//! What SQLite does: the statements that the store itself runs, explained on its own connection.

use anyhow::Result;
use tokio::runtime::Runtime;

use crate::store_bench::operation::Operation;
use crate::store_bench::subject::Subject;

use super::{Statement, add, call, is_small, shortened};

pub(super) fn plans(
    runtime: &Runtime,
    subject: &mut Subject,
) -> Result<Vec<(Operation, Vec<Statement>)>> {
    users_sqlite::statements::record()?;
    let store = subject.filled.open(runtime, None)?;
    let Some(sqlite) = store.sqlite else {
        return Ok(Vec::new());
    };
    let mut plans = Vec::new();
    for operation in Operation::ALL {
        users_sqlite::statements::take();
        call(runtime, &*store.users, subject, operation)?;
        let mut statements = Vec::new();
        let recorded = users_sqlite::statements::take();
        for sql in recorded.iter().filter(|sql| has_a_plan(sql)) {
            let steps = runtime.block_on(sqlite.explain(sql))?;
            if !steps.is_empty() {
                let statement = Statement {
                    sql: shortened::sql(sql),
                    plan: steps.join("\n"),
                };
                add(&mut statements, statement);
            }
        }
        plans.push((operation, statements));
    }
    Ok(plans)
}

/// Transactions have none, and pragmas might be carried out by being asked for theirs.
fn has_a_plan(sql: &str) -> bool {
    let first = sql.split_whitespace().next().unwrap_or_default();
    ["SELECT", "WITH", "INSERT", "UPDATE", "DELETE"].contains(&first)
}

/// The steps that go through a table, or through an index from end to end unless the operation
/// `stops_early`.
pub(super) fn scans(plan: &str, stops_early: bool) -> Vec<&str> {
    let steps = plan.lines();
    steps.filter(|step| is_scan(step, stops_early)).collect()
}

/// Whether a step goes through a table, or through an index from end to end unless it `stops_early`.
fn is_scan(step: &str, stops_early: bool) -> bool {
    let Some(rest) = step.trim().strip_prefix("SCAN ") else {
        return false;
    };
    let mut words = rest.split(' ');
    let table = words.next().unwrap_or_default();
    let how: Vec<&str> = words.collect();
    let is_table = table.starts_with(|first: char| first.is_ascii_alphabetic());
    match how[..] {
        // `SCAN CONSTANT ROW`, `SCAN 3-ROW VALUES CLAUSE`, `SCAN (subquery-1)`.
        _ if !is_table || table == "CONSTANT" || is_small(table) => false,
        // A virtual table that is asked something says what; 0 and nothing is all of it.
        ["VIRTUAL", "TABLE", "INDEX", asked] => asked == "0:",
        ["USING", "INDEX", ..] => !stops_early,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_reads_everything_is_told_from_one_that_does_not() {
        for step in [
            "SCAN users",
            "SCAN outbox USING COVERING INDEX outbox_due_idx",
            "SCAN users_text VIRTUAL TABLE INDEX 0:",
            "  SCAN users USING INDEX users_status_idx",
        ] {
            assert!(is_scan(step, false), "{step}");
        }
        for step in [
            "SEARCH users USING INDEX users_email_idx (<expr>=?)",
            "SCAN user_counts",
            "SCAN users_text VIRTUAL TABLE INDEX 0:M6",
            "SCAN json_each VIRTUAL TABLE INDEX 1:",
            "SCAN CONSTANT ROW",
            "SCAN (subquery-1)",
            "USE TEMP B-TREE FOR ORDER BY",
        ] {
            assert!(!is_scan(step, false), "{step}");
        }
        assert!(!is_scan(
            "SCAN users USING INDEX users_updated_at_idx",
            true
        ));
        assert!(is_scan("SCAN users", true));
    }
}
