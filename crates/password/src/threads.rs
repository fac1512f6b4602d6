//! The threads that hash, and the bounded queue in front of them.

use std::io;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tracing::{error, info, warn};
use users_domain::ports::HasherError;

use crate::priority;
use crate::settings::HasherSettings;

mod memory;
mod pace;
mod refusals;

use memory::{Granted, Memory};
use pace::Pace;
use refusals::Refusals;

/// Threads with a queue in common. Dropped, it ends them once they are through with what they do.
pub(crate) struct Threads {
    count: usize,
    max_wait: Duration,
    queue: mpsc::Sender<Job>,
    memory: Arc<Memory>,
    refusals: Arc<Refusals>,
    done: Arc<AtomicU64>,
    pace: Arc<Pace>,
}

/// Something to do, and the bytes that it fills meanwhile; 0 if next to nothing.
struct Job {
    memory: usize,
    work: Work,
}

/// Says whether it was worth doing.
type Work = Box<dyn FnOnce() -> Done + Send>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    Worked,
    /// Nobody waited for it any more, or it had waited too long.
    Skipped,
}

/// The answer to a job that had waited too long when its turn came.
struct Late;

/// The least and the most that a caller who is refused is told to wait.
const RETRY_AFTER: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(30);

/// What a hasher is doing at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HasherStats {
    /// Threads that hash.
    pub threads: usize,
    /// Passwords that wait for a thread, or for memory.
    pub queue_depth: usize,
    /// Passwords that were hashed or compared since the start, those too that were compared with
    /// nothing, for the time it takes.
    pub done: u64,
    /// Passwords that were refused since the start, because too many waited, or they had waited too
    /// long.
    pub refused: u64,
}

impl Threads {
    /// Starts the threads.
    pub(crate) fn start(settings: HasherSettings) -> io::Result<Self> {
        Self::start_with(settings, Memory::for_the_dearest_hash())
    }

    fn start_with(settings: HasherSettings, memory: Memory) -> io::Result<Self> {
        let memory = Arc::new(memory);
        let (queue, jobs) = mpsc::channel(settings.queue);
        let jobs = Arc::new(Mutex::new(jobs));
        let pace = Arc::new(Pace::at_cost(settings.cost));
        let refusals = Arc::<Refusals>::default();
        for number in 0..settings.threads {
            let (jobs, memory) = (jobs.clone(), memory.clone());
            let (pace, refusals) = (pace.clone(), refusals.clone());
            // Where this fails, the queue goes out of scope, and the earlier ones end.
            thread::Builder::new()
                .name(format!("users-password-{number}"))
                .spawn(move || serve(&jobs, &memory, &pace, &refusals))?;
        }
        Ok(Self {
            count: settings.threads,
            max_wait: settings.max_wait,
            queue,
            memory,
            refusals,
            done: Arc::default(),
            pace,
        })
    }

    /// Has something done by the next thread that is free, or refuses it: at once where it would
    /// wait too long, and else where it did.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HasherError> {
        self.run_with(0, work).await
    }

    /// The same for what fills so many bytes while it runs: it waits for them too, and what is
    /// filled at once is bounded.
    pub(crate) async fn run_with<T: Send + 'static>(
        &self,
        memory: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HasherError> {
        self.run_within(self.max_wait, memory, work).await
    }

    async fn run_within<T: Send + 'static>(
        &self,
        max_wait: Duration,
        memory: usize,
        compute: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HasherError> {
        if self.expected_wait() > max_wait {
            return Err(self.refuse());
        }
        // Those that wait for memory have left the queue, and must not become any number.
        if memory > 0 && self.memory.waiting() >= self.queue.max_capacity() {
            return Err(self.refuse());
        }
        let (sender, answer) = oneshot::channel();
        let done = self.done.clone();
        let queued = Instant::now();
        let work = move || {
            if sender.is_closed() {
                return Done::Skipped;
            }
            // Whatever waits behind it is soon as late, and so as soon answered: no wait is longer
            // than the limit and the jobs that the threads are at.
            if queued.elapsed() > max_wait {
                let _ = sender.send(Err(Late));
                return Done::Skipped;
            }
            let result = compute();
            done.fetch_add(1, Ordering::Relaxed);
            // The caller may have gone meanwhile.
            let _ = sender.send(Ok(result));
            Done::Worked
        };
        let work = Box::new(work);
        self.queue
            .try_send(Job { memory, work })
            .map_err(|refusal| match refusal {
                TrySendError::Closed(_) => HasherError::Stopped,
                TrySendError::Full(_) => self.refuse(),
            })?;
        match answer.await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(Late)) => Err(self.refuse()),
            // No answer comes from a job that panicked.
            Err(_) => Err(HasherError::Stopped),
        }
    }

    fn refuse(&self) -> HasherError {
        let retry_after = self
            .expected_wait()
            .clamp(*RETRY_AFTER.start(), *RETRY_AFTER.end());
        if self.refusals.note(Instant::now()) {
            warn!(
                waiting = self.depth(),
                ?retry_after,
                "too many passwords wait to be hashed; more are refused until the queue has emptied"
            );
        }
        HasherError::Busy { retry_after }
    }

    /// How long what is queued now would wait. Nothing is expected of an empty queue: so a job is
    /// let in even after the slowest ones, and the pace can mend. What waits for memory has let the
    /// others pass.
    fn expected_wait(&self) -> Duration {
        self.pace.time_for(self.queued(), self.count)
    }

    fn queued(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    fn depth(&self) -> usize {
        self.queued() + self.memory.waiting()
    }

    pub(crate) fn stats(&self) -> HasherStats {
        HasherStats {
            threads: self.count,
            queue_depth: self.depth(),
            done: self.done.load(Ordering::Relaxed),
            refused: self.refusals.total(),
        }
    }
}

/// One thread's work, until the queue is closed.
fn serve(jobs: &Mutex<mpsc::Receiver<Job>>, memory: &Memory, pace: &Pace, refusals: &Refusals) {
    priority::lower();
    while let Some(granted) = next_granted(jobs, memory, refusals) {
        let begun = Instant::now();
        // Unwind safe: what the job held is gone with it.
        match catch_unwind(AssertUnwindSafe(|| granted.work())) {
            Ok(Done::Worked) => pace.note(begun.elapsed()),
            Ok(Done::Skipped) => {}
            Err(_) => error!("hashing a password panicked; its caller is told so"),
        }
    }
}

/// The next job that has its memory: one that waited for it, or else one from the queue.
fn next_granted<'a>(
    jobs: &Mutex<mpsc::Receiver<Job>>,
    memory: &'a Memory,
    refusals: &Refusals,
) -> Option<Granted<'a>> {
    loop {
        if let Some(granted) = memory.next() {
            return Some(granted);
        }
        if let Some(granted) = memory.grant(next(jobs, refusals)?) {
            return Some(granted);
        }
    }
}

/// Waits for the next job. One thread waits at the queue and the others for the lock, which comes
/// to the same; nothing panics while it holds the lock, so a poisoned one is sound.
fn next(jobs: &Mutex<mpsc::Receiver<Job>>, refusals: &Refusals) -> Option<Job> {
    let mut jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
    if jobs.is_empty()
        && let Some(refused) = refusals.nothing_waits(Instant::now())
    {
        info!(refused, "no password waits to be hashed any more");
    }
    jobs.blocking_recv()
}

#[cfg(test)]
mod tests;
