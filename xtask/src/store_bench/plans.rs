//! How the stores carry the operations out: a snapshot for people, and proof that none of them goes
//! through a whole table.

mod postgres;
mod shortened;
mod sqlite;

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};
use tokio::runtime::Runtime;

use super::Technology;
use super::call::Call;
use super::filling::Filling;
use super::operation::Operation;
use super::subject::Subject;

/// Postgres makes up its mind whether a plan is good for all arguments after five calls.
const CALLS: u64 = 7;
/// Far behind the calls that are measured.
const FIRST_CALL: u64 = 1_000_000;

/// With fewer accounts than this, walking through all of them is what a good plan may do.
const FEWEST: u64 = 3000;

/// Tables that stay small however many accounts there are: reading one as a whole is right.
const SMALL_TABLES: [&str; 2] = ["user_counts", "users_replaced"];

/// A statement and how it is carried out, both without what changes from call to call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    sql: String,
    /// A line a step.
    plan: String,
}

struct Found {
    technology: Technology,
    operation: Operation,
    statements: Vec<Statement>,
}

/// The plans of every operation.
pub(super) struct Plans {
    size: u64,
    found: Vec<Found>,
}

impl Plans {
    /// Looks at the largest store of each technology.
    pub(super) fn of_largest(
        runtime: &Runtime,
        filling: &Filling,
        subjects: &mut [Subject],
    ) -> Result<Self> {
        let size = subjects.iter().map(Subject::size).max().unwrap_or_default();
        let mut found = Vec::new();
        for subject in subjects.iter_mut().filter(|one| one.size() == size) {
            let technology = subject.technology();
            let plans = match (technology, filling.own_server()) {
                (Technology::Sqlite, _) => sqlite::plans(runtime, subject)?,
                (Technology::Postgres, Some(server)) => postgres::plans(runtime, server, subject)?,
                (Technology::Postgres, None) => {
                    println!("plans are in the log of the server, which is not ours to read");
                    continue;
                }
            };
            for (operation, statements) in plans {
                found.push(Found {
                    technology,
                    operation,
                    statements,
                });
            }
        }
        Ok(Self { size, found })
    }

    /// The document that is kept.
    pub(super) fn to_markdown(&self) -> String {
        let mut text = format!(
            "<!-- Made by `cargo xtask bench store --write-plans`; changes by hand are lost. -->\n\n\
             # How operations find their rows\n\n\
             The statements of every measured operation, and how SQLite (`EXPLAIN QUERY PLAN`) and \
             Postgres\n(`auto_explain`) carry them out with {} accounts. Long lists of columns are \
             cut, values are `?`. What\nonly inserts, and reads no table, is left out.\n",
            self.size
        );
        for operation in Operation::ALL {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "\n## {}\n", operation.name());
            for found in self.found.iter().filter(|one| one.operation == operation) {
                let _ = write!(
                    text,
                    "\n### {}: {}\n",
                    found.technology.name(),
                    operation.name()
                );
                if found.statements.is_empty() {
                    text += "\nReads no table.\n";
                }
                for Statement { sql, plan } in &found.statements {
                    let _ = write!(text, "\n```sql\n{sql}\n```\n\n```text\n{plan}\n```\n");
                }
            }
        }
        text
    }

    /// Fails if an operation reads a table from end to end that is not small, be it along an index.
    pub(super) fn refuse_scans(&self) -> Result<()> {
        if self.size < FEWEST {
            println!("plans are judged from {FEWEST} accounts on");
            return Ok(());
        }
        let mut complaints = String::new();
        for found in &self.found {
            for Statement { sql, plan } in &found.statements {
                let stops_early = found.operation.stops_early();
                let scans = match found.technology {
                    Technology::Sqlite => sqlite::scans(plan, stops_early),
                    Technology::Postgres => postgres::scans(plan, stops_early),
                };
                for step in scans {
                    let (store, operation) = (found.technology.name(), found.operation.name());
                    let _ = write!(complaints, "\n{store}, {operation}: {}\n{sql}", step.trim());
                }
            }
        }
        if complaints.is_empty() {
            return Ok(());
        }
        bail!("whole tables are read:{complaints}");
    }
}

/// Calls an operation as often as it takes to see its plan.
fn call(
    runtime: &Runtime,
    store: &dyn users_domain::ports::UserStore,
    subject: &mut Subject,
    operation: Operation,
) -> Result<()> {
    for number in 0..CALLS {
        let (call, expected): (Call, _) = subject.call(operation, FIRST_CALL + number);
        let answer = runtime.block_on(call.make(store))?;
        expected
            .compare(&answer)
            .with_context(|| operation.name())?;
    }
    Ok(())
}

fn is_small(table: &str) -> bool {
    SMALL_TABLES.contains(&table)
}

/// Adds a statement that is not there yet.
fn add(statements: &mut Vec<Statement>, statement: Statement) {
    if !statements.contains(&statement) {
        statements.push(statement);
    }
}
