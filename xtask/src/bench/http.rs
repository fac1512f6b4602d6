//! `cargo xtask bench http`: what the release build does, measured from outside.

mod large_store;

use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use xtask::figures::{self, Figure, Wanted};
use xtask::latencies::{milliseconds, percentile};
use xtask::process_stat::{self, MemoryWatch};

use crate::http1::Request;
use crate::process::{build, output, program};
use crate::running_service::{ADMIN_PASSWORD, ADMIN_USERNAME, RunningService, wanted_text};

use super::load::{Load, Measured};
use super::report::{self, Case};

/// The cost with which the service hashes.
const BCRYPT_COST: u32 = 10;
/// Enough to keep every core busy, few enough that queueing does not hide latency.
const CONNECTIONS: usize = 8;
/// Starts measured; the median counts.
const STARTS: usize = 5;
/// How long the service is left alone before its memory at rest is read.
const REST: Duration = Duration::from_secs(2);
/// The pace of the requests whose latency is watched while logins run.
const PROBE_EVERY: Duration = Duration::from_millis(5);

/// A p99 of the profile, in milliseconds, that is good enough whatever else the machine does.
const QUICK: f64 = 5.0;

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "secret-12345";

/// Builds, fills the store with `users` accounts, measures for `duration` a case, and prints tables in
/// Markdown.
pub(crate) fn run(root: &Path, duration: Duration, users: u64) -> Result<()> {
    if duration.is_zero() {
        bail!("a case must run for at least a second");
    }
    let [service_binary, hashing_binary] =
        build(root, ["magistrala-users", "bare_hashing"], &["--release"])?;
    let cores = thread::available_parallelism()?.get();
    let folder = tempfile::tempdir()?;
    large_store::fill(&service_binary, folder.path(), users)?;

    let (service, start) = start_repeatedly(&service_binary, folder.path())?;
    let requests = Requests::prepare(&service, users)?;
    thread::sleep(REST);
    let at_rest = process_stat::memory_mib(service.process_id())?;
    let memory = MemoryWatch::start(service.process_id());

    let fixed = |name, request: &Request, status| {
        let request = request.clone();
        measure(&service, name, duration, CONNECTIONS, status, move |_| {
            request.clone()
        })
    };
    let mut cases = vec![
        fixed("health", &requests.health, 200)?,
        fixed("profile", &requests.profile, 200)?,
        fixed("list", &requests.list, 200)?,
    ];
    for (name, request) in &requests.of_a_large_store {
        cases.push(fixed(name, request, 200)?);
    }
    cases.extend([
        measure(
            &service,
            "register",
            duration,
            CONNECTIONS,
            201,
            registration,
        )?,
        fixed("login", &requests.login, 201)?,
    ]);
    let bare = bare_hashing(root, &hashing_binary, cores, duration)?;
    let login = cases
        .last()
        .context("no case was measured")?
        .measured
        .per_second();

    let enumeration = Enumeration::measure(&service, duration)?;
    let idle = probe(&service, &requests, duration)?;
    let beside = thread::scope(|scope| {
        let logins = scope.spawn(|| {
            // A little longer, so that the probe never runs alone.
            let longer = duration + Duration::from_secs(1);
            measure(&service, "", longer, CONNECTIONS, 201, |_| {
                requests.login.clone()
            })
        });
        let beside = probe(&service, &requests, duration)?;
        logins
            .join()
            .map_err(|_| anyhow::anyhow!("the logins stopped"))??;
        anyhow::Ok(beside)
    })?;
    let under_load = memory.peak_mib()?;

    report::print_cases(cores, CONNECTIONS, duration, &cases);
    let missed = figures::print(&[
        Figure::new(
            "start to ready, migrated store",
            "ms",
            start,
            Wanted::AtMost(50.0),
        ),
        Figure::new("memory at rest (RSS)", "MiB", at_rest, Wanted::AtMost(25.0)),
        Figure::new(
            "memory under load (RSS, highest)",
            "MiB",
            under_load,
            Wanted::AtMost(50.0),
        ),
        Figure::new(
            "bare hashing, as many threads as cores",
            "/s",
            bare,
            Wanted::Nothing,
        ),
        Figure::new(
            "logins as a fraction of it",
            "",
            login / bare,
            Wanted::AtLeast(0.90),
        ),
        Figure::new(
            "reset request for an unknown address, p50 as a fraction of that for a known one",
            "",
            enumeration.reset,
            Wanted::Nothing,
        ),
        Figure::new(
            "login of an unknown identity, p50 as a fraction of that with a wrong password",
            "",
            enumeration.login,
            Wanted::Nothing,
        ),
        Figure::new(
            "profile p99, nothing else running",
            "ms",
            idle,
            Wanted::Nothing,
        ),
        Figure::new(
            "profile p99, logins at full load",
            "ms",
            beside,
            Wanted::AtMost(beside_logins_at_most(idle)),
        ),
    ]);
    let failed: usize = cases.iter().map(|case| case.measured.failed).sum();
    if failed > 0 {
        bail!("{failed} requests were not answered as they should be");
    }
    figures::print_missed(missed);
    Ok(())
}

/// Makes the store with a first start, then starts again and again; the last service stays.
/// The median of the times is in milliseconds.
fn start_repeatedly(binary: &Path, folder: &Path) -> Result<(RunningService, f64)> {
    let mut service = RunningService::start(binary, folder)?;
    let mut times = Vec::new();
    for _ in 0..STARTS {
        drop(service);
        service = RunningService::start(binary, folder)?;
        times.push(service.started_in);
    }
    times.sort();
    Ok((service, milliseconds(percentile(&times, 50))))
}

struct Requests {
    health: Request,
    profile: Request,
    list: Request,
    login: Request,
    of_a_large_store: Vec<(&'static str, Request)>,
}

impl Requests {
    /// Makes an account and prepares what is asked again and again.
    fn prepare(service: &RunningService, users: u64) -> Result<Self> {
        let mut connection = service.connect()?;
        let registration = Request::new("POST", "/users", None, Some(&account("ada", EMAIL)));
        wanted_text(&connection.send(&registration)?, 201, "id")?;
        let login = login_request(&json!({ "identity": EMAIL, "secret": PASSWORD }));
        let token = wanted_text(&connection.send(&login)?, 201, "access_token")?;
        let admin = json!({ "identity": ADMIN_USERNAME, "secret": ADMIN_PASSWORD });
        let admin = wanted_text(
            &connection.send(&login_request(&admin))?,
            201,
            "access_token",
        )?;
        Ok(Self {
            health: Request::new("GET", "/health", None, None),
            profile: Request::new("GET", "/users/profile", Some(&token), None),
            list: Request::new("GET", "/users?limit=10", Some(&admin), None),
            login,
            of_a_large_store: large_store::requests(service, users, &admin)?,
        })
    }
}

/// Whether the time of an answer tells who has an account: 1 is not at all.
struct Enumeration {
    reset: f64,
    login: f64,
}

impl Enumeration {
    fn measure(service: &RunningService, duration: Duration) -> Result<Self> {
        let reset = |email: &str| {
            let body = json!({ "email": email });
            Request::new("POST", "/password/reset-request", None, Some(&body))
        };
        let login = |identity: &str| {
            login_request(&json!({ "identity": identity, "secret": "not-the-password" }))
        };
        let fraction = |request: &dyn Fn(&str) -> Request, status| {
            let median = |who: &str| {
                let request = request(who);
                let load = Load {
                    address: service.address(),
                    connections: 1,
                    duration,
                    status,
                    every: None,
                };
                let measured = load.run(|_| request.clone())?;
                anyhow::Ok(milliseconds(measured.percentile(50)))
            };
            let known = median(EMAIL)?;
            anyhow::Ok(median("nobody@example.com")? / known)
        };
        Ok(Self {
            reset: fraction(&reset, 201)?,
            login: fraction(&login, 401)?,
        })
    }
}

fn login_request(body: &Value) -> Request {
    Request::new("POST", "/users/tokens/issue", None, Some(body))
}

fn account(username: &str, email: &str) -> Value {
    json!({
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": email,
        "credentials": { "username": username, "secret": PASSWORD },
    })
}

/// The registration with this number; no two are alike.
fn registration(number: u64) -> Request {
    let username = format!("bench-{number}");
    let email = format!("{username}@example.com");
    Request::new("POST", "/users", None, Some(&account(&username, &email)))
}

fn measure(
    service: &RunningService,
    name: &'static str,
    duration: Duration,
    connections: usize,
    status: u16,
    request: impl Fn(u64) -> Request + Sync,
) -> Result<Case> {
    let load = Load {
        address: service.address(),
        connections,
        duration,
        status,
        every: None,
    };
    let before = process_stat::cpu_time(service.process_id())?;
    let measured = load.run(request)?;
    let cpu = process_stat::cpu_time(service.process_id())?.saturating_sub(before);
    Ok(Case {
        name,
        measured,
        cpu,
    })
}

/// The p99 of the profile, asked at a steady pace, in milliseconds.
fn probe(service: &RunningService, requests: &Requests, duration: Duration) -> Result<f64> {
    let load = Load {
        address: service.address(),
        connections: 1,
        duration,
        status: 200,
        every: Some(PROBE_EVERY),
    };
    let measured: Measured = load.run(|_| requests.profile.clone())?;
    if measured.failed > 0 {
        bail!(
            "{} profiles were not answered as they should be",
            measured.failed
        );
    }
    Ok(milliseconds(measured.percentile(99)))
}

fn bare_hashing(root: &Path, binary: &Path, threads: usize, duration: Duration) -> Result<f64> {
    let mut command = program(&binary.to_string_lossy(), root);
    command
        .args(["--cost", &BCRYPT_COST.to_string()])
        .args(["--threads", &threads.to_string()])
        .args(["--seconds", &duration.as_secs().to_string()]);
    output(&mut command)?
        .trim()
        .parse()
        .context("the bare loop printed no number")
}

/// What the profile's p99 may be while logins run, by what it is when nothing else does: three times
/// that. The noise of a busy machine is no fault, so a very quick service need not stay below
/// [`QUICK`]. All in milliseconds.
fn beside_logins_at_most(idle: f64) -> f64 {
    (3.0 * idle).max(QUICK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "these numbers are exact")]
    fn logins_may_slow_a_profile_down_threefold_or_to_what_is_quick_anyway() {
        assert_eq!(beside_logins_at_most(4.0), 12.0);
        assert_eq!(beside_logins_at_most(0.5), QUICK);
    }
}
