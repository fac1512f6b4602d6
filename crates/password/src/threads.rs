//! The threads that hash, and the bounded queue in front of them.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tracing::{error, warn};
use users_domain::ports::HasherError;

use crate::priority;
use crate::settings::HasherSettings;

/// Threads with a queue in common. Dropped, it ends them once they are through with what they do.
pub(crate) struct Threads {
    count: usize,
    queue: mpsc::Sender<Job>,
    refused: AtomicU64,
    done: Arc<AtomicU64>,
    pace: Arc<Pace>,
}

/// Something to do; says whether it was worth doing.
type Job = Box<dyn FnOnce() -> Done + Send>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    Worked,
    /// Nobody waited for it any more.
    Skipped,
}

/// What a hasher is doing at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HasherStats {
    /// Threads that hash.
    pub threads: usize,
    /// Passwords that wait for a thread.
    pub queue_depth: usize,
    /// Passwords that were hashed or compared since the start, those too that were compared with
    /// nothing, for the time it takes.
    pub done: u64,
    /// Passwords that were refused since the start, because too many waited.
    pub refused: u64,
}

impl Threads {
    /// Starts the threads.
    pub(crate) fn start(settings: HasherSettings) -> io::Result<Self> {
        let (queue, jobs) = mpsc::channel(settings.queue);
        let jobs = Arc::new(Mutex::new(jobs));
        let pace = Arc::new(Pace::at_cost(settings.cost));
        for number in 0..settings.threads {
            let (jobs, pace) = (jobs.clone(), pace.clone());
            // Where this fails, the queue goes out of scope, and the earlier ones end.
            thread::Builder::new()
                .name(format!("users-password-{number}"))
                .spawn(move || serve(&jobs, &pace))?;
        }
        Ok(Self {
            count: settings.threads,
            queue,
            refused: AtomicU64::new(0),
            done: Arc::default(),
            pace,
        })
    }

    /// Has something done by the next thread that is free.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HasherError> {
        let (sender, answer) = oneshot::channel();
        let done = self.done.clone();
        let job = move || {
            if sender.is_closed() {
                return Done::Skipped;
            }
            let result = work();
            done.fetch_add(1, Ordering::Relaxed);
            // The caller may have gone meanwhile.
            let _ = sender.send(result);
            Done::Worked
        };
        self.queue
            .try_send(Box::new(job))
            .map_err(|refusal| self.refuse(&refusal))?;
        // No answer comes from a job that panicked.
        answer.await.map_err(|_| HasherError::Stopped)
    }

    fn refuse(&self, refusal: &TrySendError<Job>) -> HasherError {
        match refusal {
            TrySendError::Closed(_) => HasherError::Stopped,
            TrySendError::Full(_) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                let retry_after = self.pace.time_for(self.depth(), self.count);
                warn!(
                    ?retry_after,
                    "too many passwords wait to be hashed; one was refused"
                );
                HasherError::Busy { retry_after }
            }
        }
    }

    fn depth(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    pub(crate) fn stats(&self) -> HasherStats {
        HasherStats {
            threads: self.count,
            queue_depth: self.depth(),
            done: self.done.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }
}

/// One thread's work, until the queue is closed.
fn serve(jobs: &Mutex<mpsc::Receiver<Job>>, pace: &Pace) {
    priority::lower();
    while let Some(job) = next(jobs) {
        let begun = Instant::now();
        // Unwind safe: what the job held is gone with it.
        match catch_unwind(AssertUnwindSafe(job)) {
            Ok(Done::Worked) => pace.note(begun.elapsed()),
            Ok(Done::Skipped) => {}
            Err(_) => error!("hashing a password panicked; its caller is told so"),
        }
    }
}

/// Waits for the next job. One thread waits at the queue and the others for the lock, which comes
/// to the same; nothing panics while it holds the lock, so a poisoned one is sound.
fn next(jobs: &Mutex<mpsc::Receiver<Job>>) -> Option<Job> {
    jobs.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .blocking_recv()
}

/// How long a job takes, by those seen lately.
struct Pace {
    microseconds: AtomicU64,
}

impl Pace {
    /// What bcrypt of cost 10 takes on an ordinary core.
    const AT_COST_10: Duration = Duration::from_millis(60);
    /// How much of the old estimate stays when a new time is seen.
    const MEMORY: u64 = 7;

    /// The estimate before anything was seen: each step of cost doubles the time.
    fn at_cost(cost: u32) -> Self {
        let time = Self::AT_COST_10.mul_f64(2_f64.powi(cost.cast_signed() - 10));
        Self {
            microseconds: AtomicU64::new(microseconds(time)),
        }
    }

    fn note(&self, time: Duration) {
        let old = self.microseconds.load(Ordering::Relaxed);
        let new = old
            .saturating_mul(Self::MEMORY)
            .saturating_add(microseconds(time));
        // Two threads at once may lose one of their times: it is an estimate.
        self.microseconds
            .store(new / (Self::MEMORY + 1), Ordering::Relaxed);
    }

    /// How long it takes until so many jobs are done; never nothing.
    fn time_for(&self, jobs: usize, threads: usize) -> Duration {
        let each = Duration::from_micros(self.microseconds.load(Ordering::Relaxed).max(1));
        let rounds = u32::try_from(jobs.div_ceil(threads).max(1)).unwrap_or(u32::MAX);
        each.saturating_mul(rounds)
    }
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
