//! Sends requests over a few kept connections, a thread each, and notes how long each answer took.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use xtask::latencies::percentile;

use crate::http1::{Connection, Request};

/// What is to be sent.
pub(super) struct Load {
    pub(super) address: SocketAddr,
    pub(super) connections: usize,
    pub(super) duration: Duration,
    /// The status that each answer should have.
    pub(super) status: u16,
    /// The pace on each connection; `None` sends the next request as soon as the answer is there.
    pub(super) every: Option<Duration>,
}

/// What came back.
pub(super) struct Measured {
    /// Ascending.
    latencies: Vec<Duration>,
    elapsed: Duration,
    /// Answers with another status than wanted.
    pub(super) failed: usize,
}

impl Load {
    /// Sends `request(n)`, `n` counting up over all connections.
    pub(super) fn run(&self, request: impl Fn(u64) -> Request + Sync) -> Result<Measured> {
        let counter = AtomicU64::new(0);
        let begun = Instant::now();
        let next = || request(counter.fetch_add(1, Ordering::Relaxed));
        let results: Vec<Result<(Vec<Duration>, usize)>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..self.connections)
                .map(|_| scope.spawn(|| self.run_connection(begun, &next)))
                .collect();
            let stopped = |_| Err(anyhow::anyhow!("a thread of the load generator stopped"));
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(stopped))
                .collect()
        });
        let elapsed = begun.elapsed();
        let mut latencies = Vec::new();
        let mut failed = 0;
        for result in results {
            let (of_connection, failed_there) = result?;
            latencies.extend(of_connection);
            failed += failed_there;
        }
        latencies.sort_unstable();
        Ok(Measured {
            latencies,
            elapsed,
            failed,
        })
    }

    fn run_connection(
        &self,
        begun: Instant,
        next: &impl Fn() -> Request,
    ) -> Result<(Vec<Duration>, usize)> {
        let mut connection = Connection::open(self.address)?;
        let mut latencies = Vec::new();
        let mut failed = 0;
        let mut due = Instant::now();
        while begun.elapsed() < self.duration {
            let request = next();
            // Paced, latency counts from when the request was due: a slow answer must not hide
            // that it held up the next one.
            let from = match self.every {
                Some(every) => {
                    thread::sleep(due.saturating_duration_since(Instant::now()));
                    let from = due;
                    due += every;
                    from
                }
                None => Instant::now(),
            };
            if connection.send(&request)?.status != self.status {
                failed += 1;
            }
            latencies.push(from.elapsed());
        }
        Ok((latencies, failed))
    }
}

impl Measured {
    /// How many answers came.
    pub(super) fn answers(&self) -> usize {
        self.latencies.len()
    }

    /// Answers per second, over all connections.
    #[expect(clippy::cast_precision_loss, reason = "far fewer answers than 2^52")]
    pub(super) fn per_second(&self) -> f64 {
        self.answers() as f64 / self.elapsed.as_secs_f64()
    }

    /// The latency that so many per cent of the answers kept.
    pub(super) fn percentile(&self, percent: usize) -> Duration {
        percentile(&self.latencies, percent)
    }
}
