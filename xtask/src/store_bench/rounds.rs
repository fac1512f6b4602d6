//! Measures one operation on all stores and sizes in turns, so that what else the machine does hits
//! all of them alike.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::runtime::Runtime;

use crate::latencies::percentile;

use super::Technology;
use super::operation::Operation;
use super::subject::Subject;

/// Calls before the first that counts: connections, prepared statements and caches are there then.
const WARM_UP: u64 = 20;
/// Calls of one store before the next one has its turn.
const TURN: usize = 10;
/// However long they take.
const LEAST_TURNS: usize = 2;

/// How much to measure.
pub(super) struct Effort {
    /// Calls of each store.
    pub(super) calls: usize,
    /// After this the turn that runs is the last.
    pub(super) limit: Duration,
}

/// How long the calls of one operation took on one store.
pub(super) struct Measurement {
    pub(super) operation: Operation,
    pub(super) technology: Technology,
    pub(super) size: u64,
    /// Ascending.
    latencies: Vec<Duration>,
}

impl Measurement {
    pub(super) fn median(&self) -> Duration {
        percentile(&self.latencies, 50)
    }

    pub(super) fn p99(&self) -> Duration {
        percentile(&self.latencies, 99)
    }

    #[cfg(test)]
    pub(super) fn new(
        operation: Operation,
        technology: Technology,
        size: u64,
        latencies: Vec<Duration>,
    ) -> Self {
        Self {
            operation,
            technology,
            size,
            latencies,
        }
    }
}

pub(super) fn measure(
    runtime: &Runtime,
    operation: Operation,
    subjects: &mut [Subject],
    effort: &Effort,
) -> Result<Vec<Measurement>> {
    let mut measurements: Vec<Measurement> = subjects
        .iter()
        .map(|subject| Measurement {
            operation,
            technology: subject.technology(),
            size: subject.size(),
            latencies: Vec::new(),
        })
        .collect();
    let warm_up = WARM_UP.min(effort.calls as u64);
    for subject in &mut *subjects {
        for number in 0..warm_up {
            call(runtime, operation, subject, number)?;
        }
    }
    let begun = Instant::now();
    let mut made = 0;
    for turn in 0.. {
        let has_enough = turn >= LEAST_TURNS && begun.elapsed() >= effort.limit;
        if made >= effort.calls || has_enough {
            break;
        }
        let calls = TURN.min(effort.calls - made);
        for (subject, measurement) in subjects.iter_mut().zip(&mut measurements) {
            for number in made..made + calls {
                let number = warm_up + number as u64;
                let latency = call(runtime, operation, subject, number)?;
                measurement.latencies.push(latency);
            }
        }
        made += calls;
    }
    for measurement in &mut measurements {
        measurement.latencies.sort_unstable();
    }
    Ok(measurements)
}

/// Makes one call and says how long it took; fails if something else came of it than should.
fn call(
    runtime: &Runtime,
    operation: Operation,
    subject: &mut Subject,
    number: u64,
) -> Result<Duration> {
    let (call, expected) = subject.call(operation, number);
    let store = subject.users();
    let (answer, latency) = runtime.block_on(async {
        let begun = Instant::now();
        let answer = call.make(&*store).await;
        (answer, begun.elapsed())
    });
    answer
        .map_err(anyhow::Error::from)
        .and_then(|answer| expected.compare(&answer))
        .with_context(|| {
            let store = subject.technology().name();
            format!(
                "{} on {store} with {} accounts",
                operation.name(),
                subject.size()
            )
        })?;
    Ok(latency)
}
