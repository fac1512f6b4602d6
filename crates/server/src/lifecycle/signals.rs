//! SIGTERM and SIGINT (Ctrl-C): the first asks for the end, the second forces it.

use std::future::Future;
use std::io;
use std::time::Duration;

use tokio_util::task::AbortOnDropHandle;

use super::Shutdown;

/// A shell or a process manager may signal a process and its whole group: what comes so soon after the
/// first signal is the same wish, not a second one.
const SAME_WISH: Duration = Duration::from_millis(500);

/// Listens until it is dropped; afterwards signals are swallowed.
#[derive(Debug)]
#[must_use = "signals have no effect once the listener is dropped"]
pub struct SignalListener {
    _task: AbortOnDropHandle<()>,
}

/// From now on signals stop the service rather than kill the process.
///
/// Call it within a tokio runtime, before the service says that it is ready. It fails if the
/// system refuses to install a handler.
pub fn listen_for_signals(shutdown: &Shutdown) -> io::Result<SignalListener> {
    let task = tokio::spawn(obey(Signals::install()?, shutdown.clone()));
    Ok(SignalListener {
        _task: AbortOnDropHandle::new(task),
    })
}

/// Where signals come from.
trait SignalSource: Send {
    /// The name of the next signal.
    fn next(&mut self) -> impl Future<Output = &'static str> + Send;
}

async fn obey(mut signals: impl SignalSource, shutdown: Shutdown) {
    let signal = signals.next().await;
    tracing::info!(
        signal,
        "stopping: requests in flight are finished; a second signal ends at once"
    );
    shutdown.request();
    let same_wish = tokio::time::sleep(SAME_WISH);
    let mut same_wish = std::pin::pin!(same_wish);
    loop {
        tokio::select! {
            biased;
            () = &mut same_wish => break,
            _ = signals.next() => {}
        }
    }
    let signal = signals.next().await;
    tracing::warn!(signal, "stopping at once");
    shutdown.force();
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn install() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }
}

#[cfg(unix)]
impl SignalSource for Signals {
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn install() -> io::Result<Self> {
        Ok(Self)
    }
}

#[cfg(not(unix))]
impl SignalSource for Signals {
    async fn next(&mut self) -> &'static str {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without a handler the system's own ends the process.
            std::future::pending::<()>().await;
        }
        "Ctrl-C"
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    impl SignalSource for mpsc::Receiver<&'static str> {
        async fn next(&mut self) -> &'static str {
            self.recv().await.unwrap()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_signal_asks_and_the_second_forces() {
        let shutdown = Shutdown::new();
        let (send, receive) = mpsc::channel(1);
        let obeying = tokio::spawn(obey(receive, shutdown.clone()));
        assert!(!shutdown.is_requested());
        send.send("SIGTERM").await.unwrap();
        shutdown.requested().await;
        assert!(!shutdown.is_forced());
        send.send("SIGINT").await.unwrap();
        tokio::time::sleep(SAME_WISH * 2).await;
        assert!(!shutdown.is_forced(), "the group was signalled, not twice");
        send.send("SIGINT").await.unwrap();
        shutdown.forced().await;
        obeying.await.unwrap();
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_real_signal_asks_for_the_end() {
        let shutdown = Shutdown::new();
        let _listener = listen_for_signals(&shutdown).unwrap();
        let id = std::process::id().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap();
        assert!(sent.success());
        shutdown.requested().await;
        assert!(!shutdown.is_forced());
    }
}
