//! A thread for what blocks, so that no thread of a runtime does.

use std::io;
use std::thread;

use tokio::sync::oneshot;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// The operating system gave no thread; nothing was begun.
    NoThread(io::Error),
    /// The work panicked.
    Panicked,
}

/// Runs something on a thread of its own; it goes on to its end where nobody waits for it any more.
pub(crate) async fn apart<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NoAnswer> {
    let (sender, answer) = oneshot::channel();
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            // The caller may have given up meanwhile.
            let _ = sender.send(work());
        })
        .map_err(NoAnswer::NoThread)?;
    answer.await.map_err(|_| NoAnswer::Panicked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_on_a_thread_of_that_name() {
        let name = apart("users-test", || thread::current().name().map(str::to_owned)).await;
        assert_eq!(name.unwrap().as_deref(), Some("users-test"));
    }

    #[tokio::test]
    async fn work_that_panics_gives_no_answer() {
        let answer = apart("users-test", || panic!("a test panics")).await;
        assert!(matches!(answer, Err::<(), _>(NoAnswer::Panicked)));
    }
}
