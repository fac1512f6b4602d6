//! Runs the long-lived tasks: restarts one that dies, fails the process when that does not help,
//! and waits for all of them at the end.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use super::Shutdown;
use super::restarts::{Failures, MAX_FAILURES, Verdict, WINDOW};
use crate::telemetry::panics;

/// How long a task may take over the second stage of the end before it is dropped where it stands.
const FORCED_GRACE: Duration = Duration::from_secs(1);

/// Runs tasks that should live as long as the process.
#[derive(Debug)]
pub struct Supervisor {
    shutdown: Shutdown,
    tracker: TaskTracker,
    /// The names of the tasks that have not ended.
    alive: Arc<Mutex<Vec<&'static str>>>,
    failed: watch::Sender<Option<TaskFailed>>,
}

/// A task failed again and again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "task `{name}` failed {MAX_FAILURES} times within {} s; the last time it {reason}",
    WINDOW.as_secs()
)]
pub struct TaskFailed {
    /// The task.
    pub name: &'static str,
    /// How its last run ended.
    pub reason: String,
}

/// How the service ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every task came to its own end.
    Cleanly,
    /// These tasks were still at work when time was up or a second signal came.
    Forced {
        /// Their names.
        unfinished: Vec<&'static str>,
    },
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cleanly => f.write_str("stopped"),
            Self::Forced { unfinished } => {
                write!(
                    f,
                    "stopped at once, in the middle of {}",
                    unfinished.join(", ")
                )
            }
        }
    }
}

impl Supervisor {
    /// Supervises tasks that stop when `shutdown` says so.
    pub fn new(shutdown: Shutdown) -> Self {
        Self {
            shutdown,
            tracker: TaskTracker::new(),
            alive: Arc::default(),
            failed: watch::Sender::new(None),
        }
    }

    /// When to stop.
    pub fn shutdown(&self) -> &Shutdown {
        &self.shutdown
    }

    /// Runs a task until shutdown is requested; call it within a tokio runtime.
    ///
    /// `factory` makes one run of it, which should return soon after [`Shutdown::requested`]. A run
    /// that panics, or returns before, is logged and made anew after a delay that doubles from
    /// 100 ms to 10 s; at the fifth failure within a minute the process fails, see
    /// [`Supervisor::run`].
    pub fn spawn<F, Run>(&self, name: &'static str, factory: F)
    where
        F: Fn(Shutdown) -> Run + Send + Sync + 'static,
        Run: Future<Output = ()> + Send + 'static,
    {
        let alive = Alive::enter(name, &self.alive);
        let task = supervise(
            name,
            Arc::new(factory),
            self.shutdown.clone(),
            self.failed.clone(),
        );
        self.tracker.spawn(async move {
            task.await;
            drop(alive);
        });
    }

    /// Returns when a task has failed too often; never, if none does.
    pub async fn failed(&self) -> TaskFailed {
        let mut failed = self.failed.subscribe();
        match failed
            .wait_for(Option::is_some)
            .await
            .map(|failure| failure.clone())
        {
            Ok(Some(failure)) => failure,
            // `self` holds the sender, so the channel does not close before.
            _ => std::future::pending().await,
        }
    }

    /// Waits until shutdown is requested or a task has failed too often, then ends all tasks.
    ///
    /// `grace` is the time they get to finish what they have begun. An error is the reason why the
    /// process must exit with a failure.
    pub async fn run(self, grace: Duration) -> Result<Ended, TaskFailed> {
        let failure = tokio::select! {
            () = self.shutdown.requested() => None,
            failure = self.failed() => Some(failure),
        };
        let ended = self.stop(grace).await;
        failure.map_or(Ok(ended), Err)
    }

    /// Ends all tasks: asks, waits up to `grace` or until somebody forces the end, then forces it.
    async fn stop(self, grace: Duration) -> Ended {
        self.shutdown.request();
        self.tracker.close();
        tokio::select! {
            biased;
            () = self.tracker.wait() => return Ended::Cleanly,
            () = self.shutdown.forced() => {}
            () = sleep(grace) => {
                tracing::warn!(grace_ms = millis(grace), "time to finish is up");
            }
        }
        let unfinished = self
            .alive
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        self.shutdown.force();
        // A task that never yields cannot be dropped; the process ends without it.
        let _ = timeout(FORCED_GRACE * 2, self.tracker.wait()).await;
        tracing::warn!(
            ?unfinished,
            "tasks were stopped in the middle of their work"
        );
        Ended::Forced { unfinished }
    }
}

async fn supervise<F, Run>(
    name: &'static str,
    factory: Arc<F>,
    shutdown: Shutdown,
    failed: watch::Sender<Option<TaskFailed>>,
) where
    F: Fn(Shutdown) -> Run + Send + Sync + 'static,
    Run: Future<Output = ()> + Send + 'static,
{
    let mut failures = Failures::default();
    while !shutdown.is_requested() {
        let started = Instant::now();
        let panic = run_once(Arc::clone(&factory), &shutdown).await;
        let reason = match panic {
            Some(panic) => format!("panicked: {panic}"),
            None if shutdown.is_requested() => return,
            None => "returned before it was asked to".to_owned(),
        };
        match failures.note(started, Instant::now()) {
            _ if shutdown.is_requested() => {
                tracing::error!(task = name, reason, "a task failed while it was stopping");
            }
            Verdict::RestartAfter(delay) => {
                tracing::error!(
                    task = name,
                    reason,
                    restart_in_ms = millis(delay),
                    "a task failed and is started again"
                );
                tokio::select! {
                    () = sleep(delay) => {}
                    () = shutdown.requested() => {}
                }
            }
            Verdict::GiveUp => {
                let failure = TaskFailed { name, reason };
                tracing::error!(task = name, %failure, "a task failed too often: the process ends");
                // The first one is the cause to name.
                failed.send_if_modified(|first| {
                    let is_first = first.is_none();
                    first.get_or_insert(failure);
                    is_first
                });
                return;
            }
        }
    }
}

/// Makes one run on a task of its own, so that a panic ends nothing else; gives the panic's message.
async fn run_once<F, Run>(factory: Arc<F>, shutdown: &Shutdown) -> Option<String>
where
    F: Fn(Shutdown) -> Run + Send + Sync + 'static,
    Run: Future<Output = ()> + Send + 'static,
{
    let stop = shutdown.clone();
    let mut run = AbortOnDropHandle::new(tokio::spawn(async move { factory(stop).await }));
    let result = tokio::select! {
        biased;
        result = &mut run => result,
        () = shutdown.forced() => match timeout(FORCED_GRACE, &mut run).await {
            Ok(result) => result,
            // Dropping the handle ends the run at its next await.
            Err(_) => return None,
        },
    };
    match result.map_err(tokio::task::JoinError::try_into_panic) {
        Ok(()) => None,
        Err(Ok(panic)) => Some(panics::message(&*panic).to_owned()),
        // Only a runtime that shuts down cancels a run from outside.
        Err(Err(cancelled)) => Some(cancelled.to_string()),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Keeps a name among those of the living.
struct Alive {
    name: &'static str,
    all: Arc<Mutex<Vec<&'static str>>>,
}

impl Alive {
    fn enter(name: &'static str, all: &Arc<Mutex<Vec<&'static str>>>) -> Self {
        all.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(name);
        Self {
            name,
            all: Arc::clone(all),
        }
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = all.iter().position(|name| *name == self.name) {
            all.remove(index);
        }
    }
}

#[cfg(test)]
mod tests;
