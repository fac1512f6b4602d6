//! How loops learn that they shall end.

use std::time::Duration;

use tokio::sync::watch;

/// The loops' end of the signal. Clones share it.
#[derive(Clone)]
pub(super) struct Stop(watch::Receiver<bool>);

/// The end of whoever stops them.
pub(super) struct StopSender(watch::Sender<bool>);

pub(super) fn channel() -> (StopSender, Stop) {
    let (sender, receiver) = watch::channel(false);
    (StopSender(sender), Stop(receiver))
}

impl StopSender {
    pub(super) fn send(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    pub(super) fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when it is asked.
    pub(super) async fn asked(&mut self) {
        // An error says that the sender is gone: that is an end too.
        let _ = self.0.wait_for(|stop| *stop).await;
    }

    /// Waits, but not beyond the end.
    pub(super) async fn pause(&mut self, length: Duration) {
        let _ = tokio::time::timeout(length, self.asked()).await;
    }
}
