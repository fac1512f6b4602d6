//! The ways in which a call may be made: together with others, on another runtime, and given up.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread;

use tokio::runtime::Builder;
use tokio::sync::{Barrier, oneshot};
use tokio::task::yield_now;

/// Makes all calls at the same moment, on several threads; the answers in the order of the calls.
pub(super) async fn at_once<T: Send + 'static>(
    calls: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let calls: Vec<_> = calls.into_iter().collect();
    let start = Arc::new(Barrier::new(calls.len()));
    let tasks: Vec<_> = calls
        .into_iter()
        .map(|call| {
            let start = start.clone();
            tokio::spawn(async move {
                start.wait().await;
                call.await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

/// Makes a call on a thread and a runtime of its own: one thread, no timers, no I/O.
pub(super) async fn on_a_bare_runtime<T, F>(call: impl FnOnce() -> F + Send + 'static) -> T
where
    T: Send + 'static,
    F: Future<Output = T>,
{
    let (sender, answer) = oneshot::channel();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().build().unwrap();
        // The suite has failed and gone if nobody listens.
        let _ = sender.send(runtime.block_on(call()));
    });
    answer.await.expect("the call did not panic")
}

/// Runs something that blocks, or needs no runtime, on a thread that knows of none.
pub(super) async fn without_a_runtime<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    let (sender, answer) = oneshot::channel();
    thread::spawn(move || {
        let _ = sender.send(work());
    });
    answer.await.expect("the call did not panic")
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
