//! `cargo xtask bench http --auth`: what a read costs by who verifies its token, and where that goes.

mod breakdown;
mod child;
mod rounds;
mod service;
mod tables;

use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::ValueEnum;
use users_test_postgres::{Server, ServerOptions};
use xtask::auth_bench::{Job, Parts, PartsJob};
use xtask::figures::{self, Figure, Wanted};

use crate::postgres::find_or_install;
use crate::process::build;

use breakdown::Breakdown;
use child::Child;
use rounds::{CONNECTIONS, Case, Summary};
use service::{Log, Service};

/// Each case is measured so often, in turn with the others: the median counts, so that a moment in
/// which the machine is busy falls on all alike.
const ROUNDS: usize = 3;
/// What a read may cost whose token is verified by published keys, in milliseconds of CPU time.
const JWKS_AT_MOST: f64 = 0.10;

/// Which ways to verify tokens are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Which {
    /// By the service itself, with its own key.
    Embedded,
    /// By asking the platform's auth service about each token.
    Grpc,
    /// By the keys that the platform's auth service publishes.
    Jwks,
    /// All three, side by side.
    All,
}

/// Who verifies tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verification {
    Embedded,
    Grpc,
    Jwks,
}

impl Verification {
    fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Grpc => "grpc",
            Self::Jwks => "jwks",
        }
    }
}

impl Which {
    fn verifications(self) -> &'static [Verification] {
        match self {
            Self::Embedded => &[Verification::Embedded],
            Self::Grpc => &[Verification::Grpc],
            Self::Jwks => &[Verification::Jwks],
            Self::All => &[
                Verification::Embedded,
                Verification::Grpc,
                Verification::Jwks,
            ],
        }
    }
}

/// Builds, starts a Postgres, the platform and a service for each way to verify tokens, measures for
/// `duration` a case and round, and prints tables in Markdown.
pub(crate) fn run(root: &Path, duration: Duration, which: Which) -> Result<()> {
    if duration.is_zero() {
        bail!("a case must run for at least a second");
    }
    let binaries = find_or_install()?;
    let [service_binary, beside_binary] =
        build(root, ["magistrala-users", "bench_auth"], &["--release"])?;
    let server = Server::start(&binaries, &ServerOptions::default());
    let (_platform, settings) =
        Child::start::<Vec<(String, String)>>(&beside_binary, &Job::Platform)?;
    let start = |verification, log| {
        Service::start(
            &service_binary,
            server.create_database(),
            &settings,
            verification,
            log,
        )
    };
    let mut services = Vec::new();
    for &verification in which.verifications() {
        services.push((verification, start(verification, Log::Info)?));
    }
    let with_jwks = services
        .iter()
        .find(|(verification, _)| *verification == Verification::Jwks)
        .map(|(_, service)| service);
    let quiet = with_jwks
        .map(|_| start(Verification::Jwks, Log::Error))
        .transpose()?;

    let mut cases: Vec<_> = services
        .iter()
        .map(|(verification, service)| service.reads(verification.name()))
        .collect();
    let compared = cases.len();
    if let Some((loud, quiet)) = with_jwks.zip(quiet.as_ref()) {
        cases.extend([
            quiet.reads("jwks, log off"),
            loud.liveness("`/livez`"),
            quiet.liveness("`/livez`, log off"),
        ]);
    }
    let summaries = measure(&cases, duration)?;
    let parts = with_jwks
        .map(|service| parts(&beside_binary, service, duration))
        .transpose()?;

    tables::print_head(
        thread::available_parallelism()?.get(),
        binaries.major_version(),
        duration,
    );
    let (modes, others) = summaries.split_at(compared);
    tables::print_modes(modes);
    let Some(whole) = modes.iter().find(|summary| summary.name == "jwks") else {
        return Ok(());
    };
    if let ([quiet, alive, alive_quiet], Some(parts)) = (others, parts) {
        tables::print_modes(others);
        tables::print_breakdown(&Breakdown {
            read: whole.cpu,
            read_log_off: quiet.cpu,
            alive: alive.cpu,
            alive_log_off: alive_quiet.cpu,
            parts,
        });
    }
    let missed = figures::print(&[Figure::new(
        "CPU (user and system) of a profile read, tokens verified by published keys",
        "ms",
        whole.cpu / 1000.0,
        Wanted::AtMost(JWKS_AT_MOST),
    )]);
    figures::print_missed(missed);
    Ok(())
}

/// Measures all cases in turn, again and again.
fn measure(cases: &[Case<'_>], duration: Duration) -> Result<Vec<Summary>> {
    for case in cases {
        // Connections to the store and to the platform are opened, and every token has been seen.
        case.measure(Duration::from_secs(1))?;
    }
    let mut rounds = vec![Vec::new(); cases.len()];
    for _ in 0..ROUNDS {
        for (case, rounds) in cases.iter().zip(&mut rounds) {
            rounds.push(case.measure(duration)?);
        }
    }
    let both = cases.iter().zip(&rounds);
    Ok(both
        .map(|(case, rounds)| Summary::of(case.name, rounds))
        .collect())
}

fn parts(binary: &Path, service: &Service, duration: Duration) -> Result<Parts> {
    let database = service.database();
    let job = Job::Parts(PartsJob {
        host: database.host,
        port: database.port,
        user: database.user,
        password: database.password,
        database: database.database,
        accounts: service.accounts().to_vec(),
        callers: CONNECTIONS,
        seconds: duration.as_secs(),
    });
    let (_child, parts) = Child::start(binary, &job)?;
    Ok(parts)
}
