//! `cargo xtask bench store`: how the stores do at several sizes, and how they find what they find.
//!
//! Runs in the program `bench_store`: the operations are measured through the store's ports in one
//! process, so it must be built with the optimisations that are to be measured.

mod call;
mod filling;
mod operation;
mod plans;
mod rounds;
mod subject;
mod tables;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::accounts::Accounts;
use crate::figures;
use crate::transfer::Program;

use filling::Filling;
use operation::Operation;
use plans::Plans;
use rounds::Effort;
use subject::Subject;
use tables::Tables;

/// Where the snapshot of the plans is, from the root of the workspace.
pub const PLANS: &str = "docs/query-plans.md";

const SIZES: [u64; 3] = [10_000, 100_000, 1_000_000];
const CALLS: usize = 1000;
const SECONDS: u64 = 60;

/// What `cargo xtask bench store` can be told.
#[derive(Args, Clone, Serialize, Deserialize)]
pub struct Options {
    /// Accounts of the stores to fill, ascending; the ratios are those of the last to the first.
    #[arg(long, value_delimiter = ',', default_values_t = SIZES)]
    pub sizes: Vec<u64>,
    /// Measures ten million accounts too: needs some 60 GB of disk and some hours.
    #[arg(long)]
    pub ten_million: bool,
    /// Which stores.
    #[arg(long, value_enum, default_value_t = Which::Both)]
    pub store: Which,
    /// Measured calls of an operation at each size, unless they take too long.
    #[arg(long, default_value_t = CALLS)]
    pub calls: usize,
    /// After so many seconds an operation has been measured enough, all stores and sizes together.
    #[arg(long, default_value_t = SECONDS)]
    pub seconds: u64,
    /// Writes the plans of the last size to `docs/query-plans.md`.
    #[arg(long)]
    pub write_plans: bool,
}

/// Which stores to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
pub enum Which {
    /// The embedded one.
    Sqlite,
    /// The production one.
    Postgres,
    /// Both, side by side.
    Both,
}

/// What `bench_store` reads from its standard input, as JSON.
#[derive(Serialize, Deserialize)]
pub struct Job {
    /// As they were given.
    pub options: Options,
    /// The built `magistrala-users`.
    pub program: PathBuf,
    /// The root of the workspace.
    pub root: PathBuf,
    /// Whether the variable `MG_TEST_POSTGRES_URL` names the server to use. It may not let us read its
    /// log; then its plans are not looked at.
    pub foreign_server: bool,
}

/// One of the stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Technology {
    Sqlite,
    Postgres,
}

impl Technology {
    const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "Postgres",
        }
    }
}

impl Which {
    fn technologies(self) -> &'static [Technology] {
        match self {
            Self::Sqlite => &[Technology::Sqlite],
            Self::Postgres => &[Technology::Postgres],
            Self::Both => &[Technology::Sqlite, Technology::Postgres],
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            sizes: SIZES.to_vec(),
            ten_million: false,
            store: Which::Both,
            calls: CALLS,
            seconds: SECONDS,
            write_plans: false,
        }
    }
}

impl Options {
    fn all_sizes(&self) -> Result<Vec<u64>> {
        let mut sizes = self.sizes.clone();
        sizes.extend(self.ten_million.then_some(10_000_000));
        ensure!(!sizes.is_empty(), "there has to be a size");
        ensure!(sizes.is_sorted(), "sizes have to be ascending");
        ensure!(
            sizes[0] >= Accounts::FEWEST,
            "there have to be {} accounts at least, to hold what is searched for",
            Accounts::FEWEST
        );
        Ok(sizes)
    }
}

/// Fills stores, measures, and prints tables in Markdown.
///
/// # Errors
///
/// Something does not work, an operation gives what it must not, or the plan of an operation goes
/// through a whole table. A figure that is missed is no error.
pub fn run(job: &Job) -> Result<()> {
    let Job { options, .. } = job;
    let sizes = options.all_sizes()?;
    ensure!(
        options.calls > 0,
        "an operation has to be called to be measured"
    );
    ensure!(
        !options.write_plans || (options.store == Which::Both && !job.foreign_server),
        "the plans of both stores are kept, those of a server of our own: leave --store and \
         --postgres-url out"
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let technologies = options.store.technologies();
    let filling = Filling::prepare(technologies, job.foreign_server)?;
    let program = Program::new(&job.program);
    let mut subjects = Vec::new();
    let mut transfers = Vec::new();
    for &size in &sizes {
        for &technology in technologies {
            tell(&format!(
                "filling {} with {size} accounts",
                technology.name()
            ));
            let (filled, measured) = filling
                .fill(&program, technology, Accounts::new(size))
                .with_context(|| format!("{} with {size} accounts", technology.name()))?;
            transfers.push(measured);
            subjects.push(Subject::open(&runtime, filled)?);
        }
    }
    let effort = Effort {
        calls: options.calls,
        limit: std::time::Duration::from_secs(options.seconds),
    };
    let mut measurements = Vec::new();
    for operation in Operation::ALL {
        tell(&format!("measuring: {}", operation.name()));
        measurements.extend(rounds::measure(
            &runtime,
            operation,
            &mut subjects,
            &effort,
        )?);
    }
    let plans = Plans::of_largest(&runtime, &filling, &mut subjects)?;
    let tables = Tables {
        technologies,
        sizes: &sizes,
    };
    Tables::print_head(filling.described().as_deref());
    let missed = tables.print_operations(&measurements) + tables.print_transfers(&transfers);
    figures::print_missed(missed);
    if options.write_plans {
        let path = job.root.join(PLANS);
        std::fs::write(&path, plans.to_markdown())
            .with_context(|| format!("cannot write {}", path.display()))?;
        println!("wrote {PLANS}");
    }
    plans.refuse_scans()
}

#[expect(
    clippy::print_stderr,
    reason = "progress is told beside the result, not in it"
)]
fn tell(what: &str) {
    eprintln!("{what} ...");
}
