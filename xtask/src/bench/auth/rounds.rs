//! One kind of request measured in several rounds, and the medians of them.

use std::time::Duration;

use anyhow::{Result, ensure};
use xtask::latencies::milliseconds;
use xtask::process_stat::cpu_time;

use crate::http1::Request;
use crate::running_service::RunningService;

use super::super::load::Load;

/// Enough to keep every core busy, few enough that queueing does not hide latency.
pub(super) const CONNECTIONS: usize = 8;

/// Requests that a service is sent in turn.
pub(super) struct Case<'a> {
    pub(super) name: &'static str,
    pub(super) service: &'a RunningService,
    pub(super) requests: Vec<Request>,
}

/// What one round of a case showed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Round {
    pub(super) per_second: f64,
    /// CPU time of the service for each request, user and system, in microseconds.
    pub(super) cpu: f64,
    /// In milliseconds.
    pub(super) p50: f64,
    /// In milliseconds.
    pub(super) p99: f64,
}

/// The medians of a case's rounds, each figure by itself, in the units of [`Round`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Summary {
    pub(super) name: &'static str,
    pub(super) per_second: f64,
    pub(super) cpu: f64,
    /// The least and the most CPU time that a round showed.
    pub(super) cpu_range: (f64, f64),
    pub(super) p50: f64,
    pub(super) p99: f64,
}

impl Case<'_> {
    /// Sends requests as fast as they are answered. Fails if an answer is not 200.
    #[expect(clippy::cast_precision_loss, reason = "far fewer answers than 2^52")]
    pub(super) fn measure(&self, duration: Duration) -> Result<Round> {
        let load = Load {
            address: self.service.address(),
            connections: CONNECTIONS,
            duration,
            status: 200,
            every: None,
        };
        let next = |number: u64| {
            let number = usize::try_from(number).unwrap_or_default();
            self.requests[number % self.requests.len()].clone()
        };
        let before = cpu_time(self.service.process_id())?;
        let measured = load.run(next)?;
        let cpu = cpu_time(self.service.process_id())?.saturating_sub(before);
        ensure!(
            measured.failed == 0,
            "{}: {} of {} answers were not 200",
            self.name,
            measured.failed,
            measured.answers()
        );
        ensure!(measured.answers() > 0, "{}: no answer came", self.name);
        Ok(Round {
            per_second: measured.per_second(),
            cpu: cpu.as_secs_f64() * 1e6 / measured.answers() as f64,
            p50: milliseconds(measured.percentile(50)),
            p99: milliseconds(measured.percentile(99)),
        })
    }
}

impl Summary {
    /// Of at least one round.
    pub(super) fn of(name: &'static str, rounds: &[Round]) -> Self {
        let ascending = |figure: fn(&Round) -> f64| {
            let mut figures: Vec<_> = rounds.iter().map(figure).collect();
            figures.sort_by(f64::total_cmp);
            figures
        };
        let median = |figure| {
            let figures = ascending(figure);
            let middle = figures.len().saturating_sub(1) / 2;
            figures.get(middle).copied().unwrap_or(f64::NAN)
        };
        let cpus = ascending(|round| round.cpu);
        let end = |cpu: Option<&f64>| cpu.copied().unwrap_or(f64::NAN);
        Self {
            name,
            per_second: median(|round| round.per_second),
            cpu: median(|round| round.cpu),
            cpu_range: (end(cpus.first()), end(cpus.last())),
            p50: median(|round| round.p50),
            p99: median(|round| round.p99),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_has_a_median_of_its_own() {
        let round = |per_second, cpu, p99| Round {
            per_second,
            cpu,
            p50: 1.0,
            p99,
        };
        let rounds = [
            round(10.0, 60.0, 3.0),
            round(30.0, 50.0, 9.0),
            round(20.0, 90.0, 1.0),
        ];
        let summary = Summary::of("a", &rounds);
        assert_eq!(
            (summary.per_second, summary.cpu, summary.p50, summary.p99),
            (20.0, 60.0, 1.0, 3.0)
        );
        assert_eq!(summary.cpu_range, (50.0, 90.0));
    }
}
