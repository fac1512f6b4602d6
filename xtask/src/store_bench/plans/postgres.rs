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

/// Whether a step goes through a table from end to end.
pub(super) fn is_scan(step: &str) -> bool {
    step.split_once("Seq Scan on ").is_some_and(|(_, rest)| {
        let table = rest.split(' ').next().unwrap_or_default();
        !is_small(table)
    })
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
        assert!(is_scan("  ->  Seq Scan on users"));
        assert!(is_scan("Parallel Seq Scan on outbox o"));
        assert!(!is_scan("  ->  Seq Scan on user_counts"));
        assert!(!is_scan("Index Scan using users_pkey on users"));
    }
}
