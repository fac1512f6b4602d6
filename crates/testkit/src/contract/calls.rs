//! The ways in which a call may be made: together with others, on another runtime, and given up.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::yield_now;

/// What was away comes back within this time.
pub(super) const BACK_WITHIN: Duration = Duration::from_mins(1);

/// Makes all calls at the same moment, each on a thread of its own; the answers in the order of the
/// calls.
pub(super) async fn at_once<T: Send + 'static>(
    calls: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let calls: Vec<_> = calls.into_iter().collect();
    let missing = Arc::new(AtomicUsize::new(calls.len()));
    let runtime = Handle::current();
    let threads: Vec<_> = calls
        .into_iter()
        .map(|call| {
            let (missing, runtime) = (missing.clone(), runtime.clone());
            on_a_thread(move || {
                missing.fetch_sub(1, Ordering::SeqCst);
                // To be woken would take longer than many a call: whoever came first would be done
                // before the last begins.
                while missing.load(Ordering::SeqCst) > 0 {
                    thread::yield_now();
                }
                runtime.block_on(call)
            })
        })
        .collect();
    let mut answers = Vec::new();
    for answer in threads {
        answers.push(answer.await);
    }
    answers
}

/// Makes a call on a thread and a runtime of its own: one thread, no timers, no I/O.
pub(super) async fn on_a_bare_runtime<T, F>(call: impl FnOnce() -> F + Send + 'static) -> T
where
    T: Send + 'static,
    F: Future<Output = T>,
{
    on_a_thread(move || {
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(call())
    })
    .await
}

/// Begins something at once on a thread that knows of no runtime; it may block.
pub(super) fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = T> {
    let (sender, answer) = oneshot::channel();
    thread::spawn(move || {
        // Nobody listens any more when the suite has failed.
        let _ = sender.send(work());
    });
    async {
        answer
            .await
            .expect("what runs on the thread does not panic")
    }
}

/// How often [`dropped_after`] lets a call go on, at most, before it is given up.
pub(super) const POLLS: [usize; 6] = [0, 1, 2, 3, 5, 50];

/// Lets a call go on a number of times, then drops it. Gives its answer if it was faster.
pub(super) async fn dropped_after<T>(polls: usize, call: impl Future<Output = T>) -> Option<T> {
    let mut call = pin!(call);
    for _ in 0..polls {
        let polled = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
        if let Poll::Ready(answer) = polled {
            return Some(answer);
        }
        yield_now().await;
    }
    None
}
