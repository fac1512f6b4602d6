//! Everything a contributor runs: `cargo xtask <command>`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool: what it prints is its result"
)]

mod bench;
mod check;
mod check_layers;
mod ci;
mod debian;
mod dev_platform;
mod e2e;
mod fuzz;
mod fuzz_api;
mod r#gen;
mod golden;
mod http1;
mod json_members;
mod mailbox;
mod metadata;
mod postgres;
mod process;
mod running_service;
mod steps;
mod test;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use xtask::store_bench::Options;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Everything a contributor runs", long_about = None)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// All that must hold before a change is merged, tests apart: format, lints, layers, tidiness,
    /// generated files, licences.
    Check,
    /// Proves from `cargo metadata` that dependencies go only where the plan lets them.
    CheckLayers,
    /// What no compiler checks: module docs, file names and lengths, migrations, links.
    Tidy,
    /// Writes the generated files.
    Gen {
        /// Only compares, and fails where a file is not what it should be.
        #[arg(long)]
        check: bool,
    },
    /// Runs every test; needs Rust, a C compiler, bash, curl, Postgres, PgBouncer, npm and Python,
    /// and installs these six on Debian; the first time, PyPI and npm's registry must be in reach.
    ///
    /// A Postgres is started for the run, unless `MG_TEST_POSTGRES_URL` names one.
    Test {
        /// Passed on to the tests: names to run, or options such as `--nocapture`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        filter: Vec<String>,
    },
    /// Asks the running service whatever its OpenAPI document lets one ask, and more; needs Python and
    /// installs it on Debian, and schemathesis from PyPI.
    FuzzApi {
        /// Most generated requests of an operation, in each phase that makes them up.
        #[arg(long, default_value_t = fuzz_api::Search::EXAMPLES)]
        examples: u32,
        /// Makes up other requests.
        #[arg(long, default_value_t = fuzz_api::Search::SEED)]
        seed: u64,
        /// Only the operation with this id, e.g. `create`.
        #[arg(long, value_name = "ID")]
        operation: Option<String>,
    },
    /// Replays recorded facts of the deployed service against ours.
    Golden {
        /// The folder with the records; it holds `database`, `events`, `grpc`, `spicedb` and `tokens`.
        folder: PathBuf,
    },
    /// Follows the links in mails and tries the page at `/docs` with a real browser; installs
    /// Chromium where Debian lets it.
    E2e,
    /// Looks for bytes that break a parser's promises; needs a C++ compiler and cargo-fuzz, and
    /// installs them.
    Fuzz {
        /// How long each target runs.
        #[arg(long, default_value_t = 30)]
        seconds: u64,
        /// Only these targets; all of them if none is named.
        targets: Vec<String>,
    },
    /// Measures the release build, and says which of the figures are not what is wanted.
    ///
    /// A figure that is missed is told, in the last line too, but is no failure: the exit code stays 0,
    /// since a slow or busy machine misses figures as well.
    Bench {
        #[command(subcommand)]
        what: Bench,
    },
    /// Starts a platform in memory, for trying `serve`: auth with its keys, domains and SpiceDB.
    ///
    /// It answers as the deployed services do, prints the settings by which the service finds it, and
    /// a line for each call, until Ctrl-C.
    DevPlatform {
        #[command(flatten)]
        options: dev_platform::Options,
    },
    /// Runs exactly what continuous integration runs.
    Ci,
}

#[derive(Subcommand)]
enum Bench {
    /// Requests per second, latencies, CPU time, memory and start-up of the HTTP API.
    Http {
        /// How long each case runs.
        #[arg(long, default_value_t = 5)]
        seconds: u64,
        /// Accounts that are there before anything is measured, in SQLite.
        #[arg(long, default_value_t = 0)]
        users: u64,
        /// Measures something else: reads of profiles on Postgres, by who verifies their tokens, and
        /// where the CPU time goes. All ways side by side if none is named. Needs Postgres, and fails if
        /// an answer is not 200.
        #[arg(
            long,
            value_enum,
            value_name = "WAY",
            num_args = 0..=1,
            default_missing_value = "all",
            conflicts_with = "users"
        )]
        auth: Option<bench::auth::Which>,
    },
    /// How long the operations of the stores take with few and with many accounts, and how fast
    /// accounts come in and go out; needs Postgres, and some 10 GB of disk.
    ///
    /// Fails if an operation gives something wrong, or its plan goes through a whole table.
    Store {
        #[command(flatten)]
        options: Options,
        /// A server to use instead of one that is started for this; its role must be allowed to make
        /// databases. The plans of its statements are not looked at.
        #[arg(long, value_name = "URL")]
        postgres_url: Option<String>,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    let root = process::workspace_root();
    match command {
        Command::Check => check::run(root)?,
        Command::CheckLayers => check_layers::run(root)?,
        Command::Tidy => tidy::run(root)?,
        Command::Gen { check: false } => r#gen::write(root)?,
        Command::Gen { check: true } => r#gen::check(root)?,
        Command::Test { filter } => return test::run(root, &filter),
        Command::FuzzApi {
            examples,
            seed,
            operation,
        } => fuzz_api::run(
            root,
            &fuzz_api::Search {
                examples,
                seed,
                operation,
            },
        )?,
        Command::Golden { folder } => return golden::run(root, &folder),
        Command::E2e => e2e::run(root)?,
        Command::Fuzz { seconds, targets } => fuzz::run(root, &targets, seconds)?,
        Command::Bench {
            what:
                Bench::Http {
                    seconds,
                    users,
                    auth,
                },
        } => {
            let duration = Duration::from_secs(seconds);
            match auth {
                Some(which) => bench::auth::run(root, duration, which)?,
                None => bench::http::run(root, duration, users)?,
            }
        }
        Command::Bench {
            what:
                Bench::Store {
                    options,
                    postgres_url,
                },
        } => bench::store::run(root, &options, postgres_url.as_deref())?,
        Command::DevPlatform { options } => dev_platform::run(&options)?,
        Command::Ci => return ci::run(root),
    }
    Ok(ExitCode::SUCCESS)
}
