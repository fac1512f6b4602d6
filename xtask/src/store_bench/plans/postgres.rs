//! What Postgres does: `auto_explain` writes the plan of every statement into the server's log.

use anyhow::{Context, Result, ensure};
use tokio::runtime::Runtime;
use users_test_postgres::Server;

use crate::store_bench::operation::Operation;
use crate::store_bench::subject::Subject;

use super::{Statement, add, call, is_small, shortened};

/// In sessions that begin from now on. Statements of triggers are statements too.
const EXPLAIN: [(&str, &str); 3] = [
    ("session_preload_libraries", "auto_explain"),
    ("auto_explain.log_min_duration", "0"),
    ("auto_explain.log_nested_statements", "on"),
];

pub(super) fn plans(
    runtime: &Runtime,
    server: &Server,
    subject: &mut Subject,
) -> Result<Vec<(Operation, Vec<Statement>)>> {
    let database = subject.filled.database().context("a database")?;
    let (name, superuser) = (database.name().to_owned(), database.superuser());
    for (setting, value) in EXPLAIN {
        // A name of a library is known once that is loaded.
        superuser.execute(&format!(
            "LOAD 'auto_explain'; ALTER DATABASE {name} SET {setting} = '{value}'"
        ));
    }
    for operation in Operation::ALL {
        let store = subject
            .filled
            .open(runtime, Some(&session_name(operation)))?;
        call(runtime, &*store.users, subject, operation)?;
    }
    for (setting, _) in EXPLAIN {
        superuser.execute(&format!("ALTER DATABASE {name} RESET {setting}"));
    }
    let log = server.log();
    let mut plans = Vec::new();
    for operation in Operation::ALL {
        let statements = statements(&log, &session_name(operation));
        ensure!(
            !statements.is_empty(),
            "the server logged no plan of: {}",
            operation.name()
        );
        plans.push((operation, statements));
    }
    Ok(plans)
}

/// By which the lines of an operation are told from others in the log.
fn session_name(operation: Operation) -> String {
    format!("plan-of-{}", operation.name().replace(' ', "-"))
}

/// The statements of the sessions with this name that read a table.
fn statements(log: &str, session: &str) -> Vec<Statement> {
    let beginning = format!(" {session} LOG:  duration: ");
    let mut statements = Vec::new();
    let mut lines = log.lines().peekable();
    while let Some(line) = lines.next() {
        if !line.contains(&beginning) || !line.ends_with("plan:") {
            continue;
        }
        let (mut sql, mut plan) = (Vec::new(), Vec::new());
        // What belongs to a line of the log is indented by a tab.
        while let Some(line) = lines.next_if(|line| line.starts_with('\t')) {
            let line = &line[1..];
            match line.strip_prefix("Query Text: ") {
                Some(beginning) => sql.push(beginning),
                None if line.starts_with("Query Parameters: ") => {}
                None if plan.is_empty() && !line.contains("  (cost=") => sql.push(line),
                None => plan.push(line),
            }
        }
        let plan: Vec<String> = plan.into_iter().map(shortened::step).collect();
        if plan.iter().any(|step| step.contains("Scan")) {
            let statement = Statement {
                sql: shortened::sql(&sql.join("\n")),
                plan: plan.join("\n"),
            };
            add(&mut statements, statement);
        }
    }
    statements
}

/// The steps that go through a table from end to end, or along an index that they ask for nothing: one
/// that looks for few rows so reads nearly all, unless the operation `stops_early`.
pub(super) fn scans(plan: &str, stops_early: bool) -> Vec<&str> {
    let lines: Vec<&str> = plan.lines().collect();
    let is_scan = |place: &usize| {
        let step = lines[*place];
        match (read_as_a_whole(step), read_by_an_index(step)) {
            (Some(table), _) => !is_small(table),
            (None, Some(table)) => {
                !stops_early && !is_small(table) && !has_condition(&lines[place + 1..])
            }
            (None, None) => false,
        }
    };
    let places = (0..lines.len()).filter(is_scan);
    places.map(|place| lines[place]).collect()
}

/// The table of a sequential scan.
fn read_as_a_whole(step: &str) -> Option<&str> {
    let (_, table) = step.split_once("Seq Scan on ")?;
    table.split(' ').next()
}

/// The table of an index scan. A bitmap index scan names none.
fn read_by_an_index(step: &str) -> Option<&str> {
    let (_, scan) = step
        .split_once("Index Scan ")
        .or_else(|| step.split_once("Index Only Scan "))?;
    let scan = scan.strip_prefix("Backward ").unwrap_or(scan);
    let (_, table) = scan.strip_prefix("using ")?.split_once(" on ")?;
    table.split(' ').next()
}

/// Whether the index is asked for something, by the lines behind its step.
fn has_condition(behind: &[&str]) -> bool {
    let mut lines = behind.iter().map(|line| line.trim_start());
    let mut details = lines.by_ref().take_while(|line| !line.starts_with("->"));
    details.any(|line| line.starts_with("Index Cond: "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
2026-11-28 09:00:00.000 UTC [7] users@users_test_1 plan-of-total LOG:  duration: 0.1 ms  plan:
\tQuery Text: SELECT sum(users)
\tFROM user_counts WHERE status = $1
\tAggregate  (cost=1.01..1.02 rows=1 width=32)
\t  ->  Seq Scan on user_counts  (cost=0.00..1.01 rows=1 width=8)
\t        Filter: (status = '0'::bigint)
2026-11-28 09:00:00.001 UTC [8] users@users_test_1 plan-of-insert LOG:  duration: 0.1 ms  plan:
\tQuery Text: SELECT 1
\tResult  (cost=0.00..0.01 rows=1 width=4)
2026-11-28 09:00:00.002 UTC [7] users@users_test_1 plan-of-total LOG:  duration: 0.2 ms  plan:
\tQuery Text: SELECT sum(users)
\tFROM user_counts WHERE status = $1
\tAggregate  (cost=1.01..1.02 rows=1 width=32)
\t  ->  Seq Scan on user_counts  (cost=0.00..1.01 rows=1 width=8)
\t        Filter: (status = '1'::bigint)
2026-11-28 09:00:00.003 UTC [7] users@users_test_1 plan-of-total LOG:  something else
";

    #[test]
    fn the_log_gives_each_plan_once() {
        let statements = statements(LOG, "plan-of-total");
        assert_eq!(
            statements,
            [Statement {
                sql: "SELECT sum(users)\nFROM user_counts\nWHERE status = ?".to_owned(),
                plan: "Aggregate\n  ->  Seq Scan on user_counts\n        Filter: (status = ?)"
                    .to_owned(),
            }]
        );
    }

    #[test]
    fn what_reads_no_table_is_left_out() {
        assert_eq!(statements(LOG, "plan-of-insert"), []);
    }

    #[test]
    fn a_step_that_reads_everything_is_told_from_one_that_does_not() {
        for plan in [
            "Seq Scan on users",
            "Limit\n  ->  Parallel Seq Scan on outbox o",
        ] {
            assert_eq!(scans(plan, false).len(), 1, "{plan}");
            assert_eq!(scans(plan, true).len(), 1, "{plan}");
        }
        for plan in [
            "Aggregate\n  ->  Seq Scan on user_counts",
            "Index Scan using users_pkey on users\n  Index Cond: ((id)::text = ?)",
            "Bitmap Heap Scan on users\n  ->  Bitmap Index Scan on users_by_tags_idx",
        ] {
            assert!(scans(plan, false).is_empty(), "{plan}");
        }
    }

    #[test]
    fn a_walk_along_an_index_is_for_those_that_stop_early() {
        for step in [
            "Index Scan using users_by_id_idx on users",
            "Index Scan Backward using users_by_id_idx on users u",
            "Parallel Index Only Scan using users_by_id_idx on users",
            "Index Only Scan Backward using users_by_id_idx on users",
        ] {
            let plan = format!("Limit\n  ->  {step}\n        Filter: (tags @> ?)");
            assert_eq!(scans(&plan, false), [format!("  ->  {step}")]);
            assert!(scans(&plan, true).is_empty(), "{step}");
            let asked = format!("{plan}\n        Index Cond: (id > ?)");
            assert!(scans(&asked, false).is_empty(), "{step}");
        }
    }

    #[test]
    fn the_condition_of_another_step_is_not_the_walks() {
        let plan = "\
Nested Loop
  ->  Index Scan using users_by_id_idx on users
        Filter: (status = ?)
  ->  Index Scan using users_pkey on users u
        Index Cond: (id = ?)";
        assert_eq!(
            scans(plan, false),
            ["  ->  Index Scan using users_by_id_idx on users"]
        );
    }
}
